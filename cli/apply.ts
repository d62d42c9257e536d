import { COMMON_LABELS } from '../lib/k8s/chart';
import { environmentOf, findCluster, type Target } from './context';
import type { Cluster } from './kubectl';
import { DIST, synthesize } from './manifests';

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
 * Applies what is in `dist/`, and removes what an earlier `kubectl apply` made and is not there any more. In the namespaces that are there: those of a tenant that
 * has gone keep what holds its engines in check.
 */
export function applyDist(cluster: Cluster): Promise<string> {
  const [[label, value]] = Object.entries(COMMON_LABELS) as [[string, string]];
  return cluster.kubectl('apply', '-f', DIST, '--prune', '-l', `${label}=${value}`, ...PRUNED.map((kind) => `--prune-allowlist=${kind}`));
}

/** What `npm start` does, without waiting for it. */
export async function apply(options: Target): Promise<void> {
  const manifests = synthesize(environmentOf(options));
  const cluster = await findCluster(options, { create: false });
  if (typeof cluster === 'string') throw new Error(cluster);
  const said = await applyDist(cluster);
  const changed = said.split('\n').filter((line) => line && !line.endsWith(' unchanged'));
  console.log([...changed, `${manifests.length} objects are applied`].join('\n'));
}
