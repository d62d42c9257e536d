import { environmentNames } from '../environments';
import { Cluster, command, isInstalled } from './kubectl';

export interface Target {
  /** @default - the cluster of kind, made if need be */
  readonly context?: string;
  /** @default - the environment that is called as the context, or `kind` */
  readonly environment?: string;
}

/** Raises an error if it is no number of seconds. */
export function timeoutOf({ timeout }: { readonly timeout: string }): number {
  const seconds = Number(timeout);
  if (!(seconds > 0)) throw new Error(`--timeout is '${timeout}': give a number of seconds`);
  return seconds;
}

const KIND_CLUSTER = 'lakehouse';

/** Which environment a target means. */
export function environmentOf({ context, environment }: Target): string {
  if (environment) return environment;
  return context && environmentNames.includes(context) ? context : 'kind';
}

/**
 * The cluster to use, or what is missing on this machine to have one.
 *
 * Only kind's own contexts are taken unasked: whoever means another cluster names it. Raises an error for a context that does not exist, and for a
 * current one that is not kind's.
 */
export async function findCluster({ context }: Target, options: { create: boolean }): Promise<Cluster | string> {
  if (!(await isInstalled('kubectl'))) return 'kubectl, the Kubernetes client, is not installed';
  const contexts = (await command('kubectl', 'config', 'get-contexts', '-o', 'name')).split('\n').filter(Boolean);
  if (context) {
    if (contexts.includes(context)) return new Cluster(context);
    throw new Error(`kubectl knows no context '${context}': use one of ${contexts.join(', ') || '(it knows none)'}`);
  }
  const current = await command('kubectl', 'config', 'current-context').catch(() => '');
  if (current.startsWith('kind-')) return new Cluster(current);
  const ours = `kind-${KIND_CLUSTER}`;
  if (contexts.includes(ours)) return new Cluster(ours);
  if (options.create && (await isInstalled('kind'))) {
    console.log(`creating the kind cluster '${KIND_CLUSTER}'`);
    await command('kind', 'create', 'cluster', '--name', KIND_CLUSTER);
    return new Cluster(ours);
  }
  if (current)
    throw new Error(`the current context is '${current}', which is not kind's: name it, as in 'npm start -- --context ${current}', if you mean it`);
  return 'kubectl knows no cluster, and kind, which could make one, is not installed';
}
