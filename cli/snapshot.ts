import type { Get, KubernetesObject } from './kubectl';

const PART_OF = 'app.kubernetes.io/part-of=lakehouse';

/** Selects what is ours. */
export const OURS = ['-l', PART_OF];

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
export async function snapshotOf(get: Get, namespace: string): Promise<Snapshot> {
  const list = async (group: string, resource: string, kind: string, selector = `?labelSelector=${PART_OF}`) => {
    const { items } = JSON.parse(await get(`/${group}/namespaces/${namespace}/${resource}${selector}`));
    return items.map((item: KubernetesObject) => ({ kind, ...item })) as KubernetesObject[];
  };
  const [statefulSets, deployments, pods, events] = await Promise.all([
    list('apis/apps/v1', 'statefulsets', 'StatefulSet'),
    list('apis/apps/v1', 'deployments', 'Deployment'),
    list('api/v1', 'pods', 'Pod'),
    list('api/v1', 'events', 'Event', ''),
  ]);
  events.sort((one, other) => timeOf(one) - timeOf(other));
  return { objects: [...statefulSets, ...deployments, ...pods], events, logs: await lastLines(get, pods) };
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: KubernetesObject) => Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp);

/** Of its containers, in the order in which they start. */
export const statusesOf = ({ status }: KubernetesObject): KubernetesObject[] => [
  ...(status.initContainerStatuses ?? []),
  ...(status.containerStatuses ?? []),
];

/** Of init containers and sidecars: those that wait for something, and say so. */
async function lastLines(get: Get, pods: KubernetesObject[]): Promise<Map<string, string>> {
  const running = pods.flatMap((pod) =>
    statusesOf(pod)
      .filter((one) => one.state.running && !one.ready)
      .map(({ name }) => ({ pod, name: name as string })),
  );
  const lines = running.map(async ({ pod, name }) => {
    const { namespace, name: podName } = pod.metadata;
    const line = await get(`/api/v1/namespaces/${namespace}/pods/${podName}/log?container=${name}&tailLines=1`).catch(() => '');
    return [logOf(pod, name), line] as const;
  });
  return new Map(await Promise.all(lines));
}
