import { misfit } from '../../cli/capacity';
import type { KubernetesObject } from '../../cli/kubectl';
import type { Manifest } from '../../cli/manifests';

const node = (name: string, memory: string, cpu = '4', more: KubernetesObject = {}) => ({
  metadata: { name },
  spec: {},
  status: { allocatable: { memory, cpu }, conditions: [{ type: 'Ready', status: 'True' }] },
  ...more,
});
const resources = (memory: string, cpu = '100m') => ({ resources: { requests: { memory, cpu } } });
const server = (name: string, memory: string, cpu?: string): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name },
  spec: { replicas: 1, template: { spec: { containers: [resources(memory, cpu)], initContainers: [resources('64Mi')] } } },
});
const running = (nodeName: string, memory: string, labels: Record<string, string> = {}) => ({
  metadata: { labels },
  spec: { nodeName, containers: [resources(memory)] },
  status: { phase: 'Running' },
});

// An engine is a driver and an executor of 1536 MiB each.
test('a lakehouse has room on one node', () => {
  expect(misfit([server('minio', '512Mi')], [node('one', '4Gi')], [])).toBeUndefined();
});

test('three small nodes are not one that is large enough', () => {
  const nodes = ['one', 'two', 'three'].map((name) => node(name, '2Gi'));
  expect(misfit([server('minio', '512Mi')], nodes, [])).toBeUndefined();
  expect(misfit([server('kyuubi', '3Gi')], nodes, [])).toBe(
    "no node has room for the pod of 'kyuubi', beside the larger ones: it asks for 3072 MiB of memory and 100m of CPU. Left for the lakehouse: 2048 MiB and 4000m on one, 2048 MiB and 4000m on two, 2048 MiB and 4000m on three. Give the cluster a larger node, or make room on one",
  );
});

test('the engine needs room, too', () => {
  expect(misfit([server('minio', '512Mi')], [node('one', '3Gi')], [])).toContain("no node has room for the pod of 'minio', beside the larger ones");
});

test('what an init container asks for counts if it is more', () => {
  const large = server('minio', '512Mi');
  large.spec.template.spec.initContainers[0] = resources('8Gi');
  expect(misfit([large], [node('one', '4Gi')], [])).toContain('8192 MiB');
});

test('an init container that goes on beside the others counts with them', () => {
  const large = server('minio', '512Mi');
  large.spec.template.spec.initContainers.push({ ...resources('2Gi'), restartPolicy: 'Always' });
  expect(misfit([large], [node('one', '2Gi')], [])).toContain('2560 MiB');
});

test('what others have counts, what the lakehouse has does not: it is replaced', () => {
  expect(misfit([server('minio', '512Mi')], [node('one', '4Gi')], [running('one', '1Gi')])).toContain('3072 MiB and 3900m on one');
  expect(
    misfit([server('minio', '512Mi')], [node('one', '4Gi')], [running('one', '1Gi', { 'app.kubernetes.io/part-of': 'lakehouse' })]),
  ).toBeUndefined();
});

test('CPU counts', () => {
  expect(misfit([server('minio', '512Mi', '2')], [node('one', '8Gi', '1')], [])).toContain('2000m of CPU');
});

test.each<[string, KubernetesObject]>([
  ['is cordoned', { spec: { unschedulable: true } }],
  ['is tainted', { spec: { taints: [{ effect: 'NoSchedule' }] } }],
  ['is not ready', { status: { allocatable: { memory: '64Gi', cpu: '8' }, conditions: [{ type: 'Ready', status: 'Unknown' }] } }],
])('a node that %s does not count', (_, more) => {
  expect(misfit([server('minio', '512Mi')], [node('one', '64Gi', '8', more)], [])).toContain(
    'Left for the lakehouse: no node that is ready and takes pods',
  );
});
