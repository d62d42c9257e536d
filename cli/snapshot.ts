import type { Cluster, KubernetesObject } from './kubectl';

/** Selects what is ours. */
export const OURS = ['-l', 'app.kubernetes.io/part-of=lakehouse'];

/** What the cluster knows of the lakehouse's own namespace at one moment. */
export interface Snapshot {
  /** Workloads and pods. */
  readonly objects: KubernetesObject[];
  /** The newest last. */
  readonly events: KubernetesObject[];
  /** The last line of the containers that run and are not ready, by {@link logOf}. */
  readonly logs: ReadonlyMap<string, string>;
}

export const logOf = (pod: KubernetesObject, container: string) => `${pod.metadata.uid}/${container}`;

/** @param namespace where the workloads are */
export async function snapshotOf(cluster: Cluster, namespace: string): Promise<Snapshot> {
  const [objects, events] = await Promise.all([
    cluster.list('statefulsets,deployments,jobs,pods', '-n', namespace, ...OURS),
    cluster.list('events', '-n', namespace, '--sort-by=.lastTimestamp'),
  ]);
  return { objects, events, logs: await lastLines(cluster, objects) };
}

/** Of init containers, Jobs and sidecars: those that wait for something, and say so. */
async function lastLines(cluster: Cluster, objects: KubernetesObject[]): Promise<Map<string, string>> {
  const running = objects.flatMap((pod) => {
    if (pod.kind !== 'Pod') return [];
    const statuses = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
    return statuses.filter(({ state, ready }) => state.running && !ready).map(({ name }) => ({ pod, name: name as string }));
  });
  const lines = running.map(async ({ pod, name }) => {
    const { namespace, name: podName } = pod.metadata;
    const line = await cluster.kubectl('-n', namespace, 'logs', podName, '-c', name, '--tail=1').catch(() => '');
    return [logOf(pod, name), line] as const;
  });
  return new Map(await Promise.all(lines));
}
