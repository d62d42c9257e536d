import { setTimeout as delay } from 'node:timers/promises';
import { environment } from '../environments';
import { mebibytes } from './capacity';
import { consentTo } from './consent';
import { environmentOf, findCluster, type Target, timeoutOf } from './context';
import type { Cluster, KubernetesObject } from './kubectl';
import { OURS } from './snapshot';

export interface StopOptions extends Target {
  readonly deleteData?: boolean;
  readonly yes?: boolean;
  /** Seconds. */
  readonly timeout: string;
}

const WORKLOADS = 'statefulsets,deployments,jobs,replicasets';
const REST = 'services,configmaps,secrets,networkpolicies,roles,rolebindings,serviceaccounts';

/** In seconds, for what a pod has to write down; those that need longer are killed. Less than a gateway gives its sessions: who stops it all does not wait for them. */
const GRACE = { engines: 5, servers: 20 };

/** Removes what was applied and what engines left; volumes, and the namespaces they are in, stay unless their deletion is asked for. */
export async function stop(options: StopOptions): Promise<void> {
  const seconds = timeoutOf(options);
  environment(environmentOf(options));
  const cluster = await findCluster(options, { create: false });
  if (typeof cluster === 'string') {
    console.log(`There is nothing to stop: ${cluster}.`);
    return;
  }
  const namespaces = (await cluster.list('namespaces', ...OURS)).map(({ metadata }) => metadata.name as string);
  if (namespaces.length === 0) console.log(`There is no lakehouse on '${cluster.context}'.`);
  const claims = (await Promise.all(namespaces.map((namespace) => cluster.list('persistentvolumeclaims', '-n', namespace)))).flat();
  const keep = claims.length > 0 && !(options.deleteData && (await consentTo(describe(claims), options.yes)));
  const deadline = Date.now() + seconds * 1000;
  const each = (remove: (namespace: string) => Promise<unknown>) => Promise.all(namespaces.map(remove));
  // Their pods stay, or they would be given all the time that their own description grants them; nothing makes new ones.
  await each((namespace) => cluster.kubectl('-n', namespace, 'delete', WORKLOADS, ...OURS, '--cascade=orphan', '--ignore-not-found'));
  // Engines first: they end their executors, and write what they have begun.
  await each((namespace) => deletePods(cluster, namespace, GRACE.engines, '-l', 'spark-role=driver'));
  await gone(cluster, deadline, '-l', 'spark-role=driver');
  await each((namespace) => deletePods(cluster, namespace, GRACE.servers, ...OURS));
  await each((namespace) => cluster.kubectl('-n', namespace, 'delete', `${REST},controllerrevisions`, ...OURS, '--wait=false', '--ignore-not-found'));
  await gone(cluster, deadline, ...OURS);
  const unused = namespaces.filter((namespace) => !keep || !claims.some(({ metadata }) => metadata.namespace === namespace));
  if (unused.length > 0)
    await cluster.kubectl('delete', 'namespace', ...unused, `--timeout=${Math.max(1, Math.round((deadline - Date.now()) / 1000))}s`);
  console.log(keep ? `Stopped. These volumes are kept, 'npm start' finds them again:\n${describe(claims)}` : 'Stopped, nothing is left.');
}

async function deletePods(cluster: Cluster, namespace: string, grace: number, ...selector: string[]): Promise<void> {
  await cluster.kubectl('-n', namespace, 'delete', 'pods', ...selector, `--grace-period=${grace}`, '--wait=false', '--ignore-not-found');
}

/** Returns when no such pod is left. Raises an error that says why some are. */
async function gone(cluster: Cluster, deadline: number, ...selector: string[]): Promise<void> {
  for (let said = ''; ; await delay(500)) {
    const pods = await cluster.list('pods', '-A', ...selector);
    if (pods.length === 0) return;
    const silent = await silentNodes(cluster, pods);
    if (silent.length > 0)
      throw new Error(
        `the node ${silent.join(', ')} does not answer, so its pods may still run and cannot be removed: ${names(pods)}. Bring it back, or take it out of the cluster with 'kubectl delete node', and stop again`,
      );
    if (Date.now() > deadline)
      throw new Error(`not stopped in time, these pods are still there: ${names(pods)}. Stop again, or look at 'kubectl describe' of one`);
    const waiting = `waits for ${names(pods)}`;
    if (waiting !== said) console.log(waiting);
    said = waiting;
  }
}

async function silentNodes(cluster: Cluster, pods: KubernetesObject[]): Promise<string[]> {
  const nodes = await cluster.list('nodes');
  return nodes
    .filter(({ status }) => status.conditions.some((condition: KubernetesObject) => condition.type === 'Ready' && condition.status !== 'True'))
    .map(({ metadata }) => metadata.name)
    .filter((node) => pods.some(({ spec }) => spec.nodeName === node));
}

const names = (pods: KubernetesObject[]) => pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ');

const describe = (claims: KubernetesObject[]) =>
  claims.map(({ metadata, spec }) => `  ${metadata.namespace}/${metadata.name}  ${mebibytes(spec.resources.requests.storage)} MiB`).join('\n');
