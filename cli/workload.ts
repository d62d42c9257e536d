import type { Cluster, KubernetesObject } from './kubectl';
import type { Manifest } from './manifests';

/** Selects what is ours. */
export const OURS = ['-l', 'app.kubernetes.io/part-of=lakehouse'];

/** What the lakehouse waits for. */
export const workloadsOf = (manifests: Manifest[]) => manifests.filter(({ kind }) => ['StatefulSet', 'Deployment', 'Job'].includes(kind));

/** Without the hash that ends the name of a Job. */
export const titleOf = ({ kind, metadata: { name } }: Manifest) => (kind === 'Job' ? name.replace(/-[0-9a-f]{8}$/, '') : name);

/** The workloads and pods of the lakehouse that the cluster has. */
export const liveObjects = (cluster: Cluster): Promise<KubernetesObject[]> => cluster.list('statefulsets,deployments,jobs,pods', '-A', ...OURS);

/** How far a workload of the lakehouse is. */
export interface State {
  readonly done: boolean;
  /** What it waits for, or why it cannot start. */
  readonly reason: string;
  /** It will not become ready by itself. */
  readonly failed?: boolean;
}

/** @param objects what {@link liveObjects} found */
export function stateOf(manifest: Manifest, objects: KubernetesObject[]): State {
  const live = objects.find(
    ({ kind, metadata }) => kind === manifest.kind && metadata.name === manifest.metadata.name && metadata.namespace === manifest.metadata.namespace,
  );
  if (!live) return { done: false, reason: 'not there yet' };
  const failure = live.status?.conditions?.find((condition: KubernetesObject) => condition.type === 'Failed' && condition.status === 'True');
  const pods = objects.filter((pod) => pod.kind === 'Pod' && belongsTo(pod, live));
  if (failure)
    return {
      done: false,
      failed: true,
      reason: `${failure.message}; see 'kubectl -n ${live.metadata.namespace} logs ${podOf(pods)} --all-containers'`,
    };
  if (isDone(live)) return { done: true, reason: '' };
  return { done: false, reason: pods.map(podReason).find(Boolean) ?? 'waits for its pod' };
}

function isDone({ kind, spec, status, metadata }: KubernetesObject): boolean {
  if (kind === 'Job') return status.succeeded >= 1;
  if (status.observedGeneration !== metadata.generation) return false;
  if (kind === 'StatefulSet') return status.readyReplicas === spec.replicas && status.currentRevision === status.updateRevision;
  // None of the old pods is left.
  return status.updatedReplicas === spec.replicas && status.availableReplicas === spec.replicas && status.replicas === spec.replicas;
}

function belongsTo(pod: KubernetesObject, workload: KubernetesObject): boolean {
  const owner = pod.metadata.ownerReferences?.[0];
  // The owner of a Deployment's pod is its ReplicaSet, which has a suffix.
  return (
    pod.metadata.namespace === workload.metadata.namespace &&
    (owner?.uid === workload.metadata.uid || (workload.kind === 'Deployment' && owner?.name.startsWith(`${workload.metadata.name}-`)))
  );
}

const podOf = (pods: KubernetesObject[]) => pods[0]?.metadata.name ?? '';

/** Why a pod is not ready: the worst that one of its containers has to say. */
function podReason({ metadata, status }: KubernetesObject): string | undefined {
  const unscheduled = status.conditions?.find((condition: KubernetesObject) => condition.type === 'PodScheduled' && condition.status === 'False');
  if (unscheduled) return `${metadata.name} cannot be scheduled: ${unscheduled.message}`;
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  for (const { name, state, lastState } of containers) {
    const crash = lastState?.terminated;
    if (state.waiting?.message) return `${name}: ${state.waiting.reason}: ${state.waiting.message}`;
    if (crash && !state.terminated) return `${name} ended with exit code ${crash.exitCode} (${crash.reason}) and starts again`;
    if (state.terminated && state.terminated.exitCode !== 0) return `${name} ended with exit code ${state.terminated.exitCode}`;
  }
  const running = containers.find(({ state, ready }) => state.running && !ready);
  return running && `${running.name} runs, not ready yet`;
}
