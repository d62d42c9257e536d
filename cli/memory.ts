import type { Cluster, KubernetesObject } from './kubectl';
import type { Manifest } from './manifests';

/** One driver and one executor of the default size, which no manifest names. */
const ENGINE_MEBIBYTES = 2 * 1536;

/**
 * Raises an error if the cluster has less memory to give than the lakehouse and one engine ask for.
 *
 * Pods that would never be scheduled are found out in a second this way, not after minutes.
 */
export async function checkMemory(cluster: Cluster, manifests: Manifest[]): Promise<void> {
  const servers = manifests.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Deployment');
  const needed = ENGINE_MEBIBYTES + sum(servers.map(({ spec }) => spec.replicas * requested(spec.template.spec)));
  const nodes = await cluster.list('nodes');
  const pods = (await cluster.list('pods', '-A')).filter(
    ({ metadata, status }) => status.phase === 'Running' && !metadata.labels?.['app.kubernetes.io/part-of'],
  );
  const free = sum(nodes.map(({ status }) => mebibytes(status.allocatable.memory))) - sum(pods.map(({ spec }) => requested(spec)));
  if (free < needed)
    throw new Error(`the cluster has ${free} MiB of memory left, the lakehouse with one engine needs ${needed}: give it more, or make room`);
}

const requested = (pod: KubernetesObject) =>
  sum(pod.containers.map((container: KubernetesObject) => mebibytes(container.resources?.requests?.memory ?? '0')));

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

const UNITS: Record<string, number> = {
  '': 1 / 1024 / 1024,
  k: 1000 / 1024 / 1024,
  Ki: 1 / 1024,
  M: 1e6 / 1024 / 1024,
  Mi: 1,
  G: 1e9 / 1024 / 1024,
  Gi: 1024,
  Ti: 1024 * 1024,
};

export function mebibytes(quantity: string): number {
  const [, number, unit] = /^(\d+)(\D*)$/.exec(quantity) ?? [];
  return Math.floor(Number(number) * (UNITS[unit ?? ''] ?? Number.NaN));
}
