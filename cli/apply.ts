import { environmentOf, findCluster, type Target } from './context';
import type { Cluster } from './kubectl';
import { DIST, type Manifest, synthesize } from './manifests';
import { OURS } from './snapshot';
import { workloadsOf } from './workload';

/** Kinds of which an older version or a larger environment may have left objects behind. Not of what holds data or passwords, and no namespace. */
const PRUNED = [
  'apps/v1/Deployment',
  'apps/v1/StatefulSet',
  'batch/v1/Job',
  'core/v1/ConfigMap',
  'core/v1/Service',
  'core/v1/ServiceAccount',
  'networking.k8s.io/v1/NetworkPolicy',
  'rbac.authorization.k8s.io/v1/Role',
  'rbac.authorization.k8s.io/v1/RoleBinding',
];

/**
 * Applies what is in `dist/`, which are these, and removes what an earlier `kubectl apply` made and is not there any more. In the namespaces that are there: those of a tenant that
 * has gone keep what holds its engines in check. A server whose kind is another one by now serves until the new one does.
 */
export async function applyDist(cluster: Cluster, manifests: Manifest[]): Promise<string> {
  const successors = await successorsOfOtherKind(cluster, manifests);
  if (successors.length > 0) await cluster.kubectl('apply', '-f', DIST);
  for (const { kind, metadata } of successors) {
    console.log(`waits for the ${kind} ${metadata.name}, to remove what it takes the place of`);
    await cluster.kubectl('-n', metadata.namespace!, 'rollout', 'status', `${kind.toLowerCase()}/${metadata.name}`, '--timeout=600s');
  }
  return cluster.kubectl('apply', '-f', DIST, '--prune', ...OURS, ...PRUNED.map((kind) => `--prune-allowlist=${kind}`));
}

async function successorsOfOtherKind(cluster: Cluster, manifests: Manifest[]) {
  const servers = await cluster.list('statefulsets,deployments', '-A', ...OURS);
  return workloadsOf(manifests).filter(({ kind, metadata: { name, namespace } }) =>
    servers.some((server) => server.kind !== kind && server.metadata.name === name && server.metadata.namespace === namespace),
  );
}

/** What `npm start` does, without waiting for it. */
export async function apply(options: Target): Promise<void> {
  const manifests = synthesize(environmentOf(options));
  const cluster = await findCluster(options, { create: false });
  if (typeof cluster === 'string') throw new Error(cluster);
  const said = await applyDist(cluster, manifests);
  const changed = said.split('\n').filter((line) => line && !line.endsWith(' unchanged'));
  console.log([...changed, `${manifests.length} objects are applied`].join('\n'));
}
