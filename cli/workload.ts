import type { KubernetesObject } from './kubectl';
import type { Manifest } from './manifests';
import { type Obstacle, obstacleOf } from './reasons';
import type { Snapshot } from './snapshot';

/** What the lakehouse waits for. */
export const workloadsOf = (manifests: Manifest[]) => manifests.filter(({ kind }) => ['StatefulSet', 'Deployment'].includes(kind));

/** How far a workload of the lakehouse is. */
export interface State extends Obstacle {
  readonly title: string;
  readonly done: boolean;
}

export function stateOf(manifest: Manifest, snapshot: Snapshot): State {
  const title = manifest.metadata.name;
  const live = snapshot.objects.find(
    ({ kind, metadata }) => kind === manifest.kind && metadata.name === manifest.metadata.name && metadata.namespace === manifest.metadata.namespace,
  );
  if (!live) return { title, done: false, reason: 'not there yet', progress: 'works' };
  if (isDone(live)) return { title, done: true, reason: '', progress: 'works' };
  const pods = snapshot.objects.filter((pod) => pod.kind === 'Pod' && belongsTo(pod, live));
  return { title, done: false, ...obstacleOf(live, pods, snapshot) };
}

function isDone({ kind, spec, status, metadata }: KubernetesObject): boolean {
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
