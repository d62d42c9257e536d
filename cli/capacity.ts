import type { Cluster, KubernetesObject } from './kubectl';
import type { Manifest } from './manifests';

/** What a pod requests and a node has to give. */
interface Amount {
  /** In millis. */
  readonly cpu: number;
  readonly mebibytes: number;
}

interface Request extends Amount {
  readonly name: string;
}

/** A driver and an executor of the default size, which no manifest names. */
const ENGINE: Request[] = ['a driver', 'an executor'].map((name) => ({ name: `${name} of an engine`, cpu: 200, mebibytes: 1536 }));

/**
 * Raises an error if a pod of the lakehouse, or of one engine, finds no node with enough memory and CPU left.
 *
 * Pods that would never be scheduled are found out in a second this way, not after minutes.
 */
export async function checkCapacity(cluster: Cluster, manifests: Manifest[]): Promise<void> {
  const [nodes, pods] = await Promise.all([cluster.list('nodes'), cluster.list('pods', '-A')]);
  const problem = misfit(manifests, nodes, pods);
  if (problem) throw new Error(problem);
}

/** The largest pods first, each where there is most room. */
export function misfit(manifests: Manifest[], nodes: KubernetesObject[], pods: KubernetesObject[]): string | undefined {
  const servers = manifests.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Deployment');
  const wanted = servers.flatMap(({ metadata, spec }) =>
    Array.from({ length: spec.replicas }, () => ({ name: `the pod of '${metadata.name}'`, ...requested(spec.template.spec) })),
  );
  const others = pods.filter(({ metadata, status }) => /^(Running|Pending)$/.test(status.phase) && !metadata.labels?.['app.kubernetes.io/part-of']);
  const free = nodes.filter(takesPods).map((node) => room(node, others));
  const before = describe(free);
  for (const pod of [...wanted, ...ENGINE].sort((one, other) => other.mebibytes - one.mebibytes)) {
    const index = free.reduce((best, node, at) => (fits(pod, node) && (best < 0 || node.mebibytes > free[best]!.mebibytes) ? at : best), -1);
    if (index < 0)
      return `no node has room for ${pod.name}, beside the larger ones: it asks for ${pod.mebibytes} MiB of memory and ${pod.cpu}m of CPU. Left for the lakehouse: ${before}. Give the cluster a larger node, or make room on one`;
    free[index] = { ...free[index]!, cpu: free[index]!.cpu - pod.cpu, mebibytes: free[index]!.mebibytes - pod.mebibytes };
  }
  return undefined;
}

const describe = (nodes: Request[]) =>
  nodes.map(({ name, mebibytes, cpu }) => `${mebibytes} MiB and ${cpu}m on ${name}`).join(', ') || 'no node that is ready and takes pods';

const fits = (pod: Amount, node: Amount) => pod.mebibytes <= node.mebibytes && pod.cpu <= node.cpu;

const takesPods = ({ spec, status }: KubernetesObject) =>
  !spec.unschedulable &&
  !(spec.taints ?? []).some(({ effect }: KubernetesObject) => effect === 'NoSchedule' || effect === 'NoExecute') &&
  status.conditions.some(({ type, status: is }: KubernetesObject) => type === 'Ready' && is === 'True');

function room({ metadata: { name }, status: { allocatable } }: KubernetesObject, pods: KubernetesObject[]): Request {
  const taken = pods.filter(({ spec }) => spec.nodeName === name).map(({ spec }) => requested(spec));
  return {
    name,
    cpu: millis(allocatable.cpu) - sum(taken.map(({ cpu }) => cpu)),
    mebibytes: mebibytes(allocatable.memory) - sum(taken.map((one) => one.mebibytes)),
  };
}

/** As the scheduler reckons: all that run together, or the largest of those that run before them beside those that go on. */
function requested({ containers, initContainers = [] }: KubernetesObject): Amount {
  const of = ({ resources }: KubernetesObject) => ({
    cpu: millis(resources?.requests?.cpu ?? '0'),
    mebibytes: mebibytes(resources?.requests?.memory ?? '0'),
  });
  const goesOn = ({ restartPolicy }: KubernetesObject) => restartPolicy === 'Always';
  const beside = initContainers.filter(goesOn).map(of);
  const before = initContainers.filter((one: KubernetesObject) => !goesOn(one)).map(of);
  const most = (amount: (one: Amount) => number) => sum(beside.map(amount)) + Math.max(sum(containers.map(of).map(amount)), ...before.map(amount));
  return { cpu: most(({ cpu }) => cpu), mebibytes: most((one) => one.mebibytes) };
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

const millis = (cpu: string) => (cpu.endsWith('m') ? Number(cpu.slice(0, -1)) : Number(cpu) * 1000);

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
