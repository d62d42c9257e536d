import { createInterface } from 'node:readline/promises';
import { findCluster, type Target } from './context';
import type { Cluster, KubernetesObject } from './kubectl';
import { mebibytes } from './memory';
import { OURS } from './workload';

export interface StopOptions extends Target {
  readonly deleteData?: boolean;
  readonly yes?: boolean;
}

const KINDS = 'statefulsets,deployments,jobs,services,configmaps,secrets,networkpolicies,roles,rolebindings,serviceaccounts';

/** Removes what was applied and what engines left; volumes, and the namespaces they are in, stay unless their deletion is asked for. */
export async function stop(options: StopOptions): Promise<void> {
  const cluster = await findCluster(options, { create: false });
  if (typeof cluster === 'string') {
    console.log(`There is nothing to stop: ${cluster}.`);
    return;
  }
  const namespaces = (await cluster.list('namespaces', ...OURS)).map(({ metadata }) => metadata.name as string);
  if (namespaces.length === 0) console.log(`There is no lakehouse on '${cluster.context}'.`);
  const claims = (await Promise.all(namespaces.map((namespace) => cluster.list('persistentvolumeclaims', '-n', namespace)))).flat();
  const keep = claims.length > 0 && !(options.deleteData && (await confirmed(claims, options)));
  // Engines first: they sign off at the discovery while it is there. Else the next gateway looks for them until their sessions there expire.
  await Promise.all(namespaces.map((namespace) => deletePods(cluster, namespace, '-l', 'spark-role=driver')));
  await Promise.all(namespaces.map((namespace) => empty(cluster, namespace)));
  const unused = namespaces.filter((namespace) => !keep || !claims.some(({ metadata }) => metadata.namespace === namespace));
  if (unused.length > 0) await cluster.kubectl('delete', 'namespace', ...unused, '--timeout=180s');
  console.log(keep ? `Stopped. These volumes are kept, 'npm start' finds them again:\n${describe(claims)}` : 'Stopped, nothing is left.');
}

/** Everything of ours but the namespace and its volumes. */
async function empty(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.kubectl('-n', namespace, 'delete', KINDS, ...OURS, '--wait=false', '--ignore-not-found');
  await deletePods(cluster, namespace, ...OURS);
}

/** With less time than the gateway gives its sessions: who stops it all does not wait for them, nor does the deletion of a namespace that comes after. */
async function deletePods(cluster: Cluster, namespace: string, ...selector: string[]): Promise<void> {
  await cluster.kubectl('-n', namespace, 'delete', 'pods', ...selector, '--grace-period=30', '--ignore-not-found');
}

async function confirmed(claims: KubernetesObject[], { yes }: StopOptions): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) throw new Error('nobody is there to confirm that the data may be deleted: add --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`This deletes for ever:\n${describe(claims)}\nType 'delete' to go on: `);
  terminal.close();
  if (answer !== 'delete') console.log('The data stays.');
  return answer === 'delete';
}

const describe = (claims: KubernetesObject[]) =>
  claims.map(({ metadata, spec }) => `  ${metadata.namespace}/${metadata.name}  ${mebibytes(spec.resources.requests.storage)} MiB`).join('\n');
