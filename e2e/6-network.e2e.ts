import { edges } from '../test/edges';
import { Manifests } from '../test/manifests';
import { apply, cluster, ENVIRONMENT, eventually, exec, NAMESPACE } from './lakehouse';
import { applyTenants, as, pods, TENANTS } from './tenants';
import { withGateway } from './with-gateway';

const manifests = Manifests.of({ ...ENVIRONMENT, tenants: TENANTS });
const ENGINES = ['analytics', 'science'].flatMap((tenant) => ['spark-driver', 'spark-executor'].map((name) => `tenant-${tenant}/${name}`));

interface Target {
  readonly component: string;
  readonly address: string;
  readonly port: number;
}

/** All that is declared between components, and what is open to anyone. */
const declared = [...edges(manifests, 'egress'), ...edges(manifests, 'ingress')];

/** In a namespace that is not ours. */
const OUTSIDER = 'default/outsider';

const mayDial = (from: string, { component, port }: Target) =>
  declared.some((edge) => [from, 'anyone'].includes(edge.from) && edge.to === component && (edge.port === undefined || edge.port === port)) &&
  // What is open to anyone is closed to a component whose own policy does not name it.
  (from === OUTSIDER || declared.some((edge) => edge.from === from && edge.to === component));

/** Pods that run, with the ports on which they listen. */
async function targets(): Promise<Target[]> {
  const [server] = (await cluster.list('endpointslices', '-n', 'default', '-l', 'kubernetes.io/service-name=kubernetes')) as [
    { endpoints: [{ addresses: [string] }]; ports: [{ port: number }] },
  ];
  const found: Target[] = [{ component: 'network 0.0.0.0/0', address: server.endpoints[0].addresses[0], port: server.ports[0].port }];
  const add = async (component: string, namespace: string, pod: { metadata: { name: string }; status: { podIP: string } }, container: string) => {
    const { stdout } = await exec(pod.metadata.name, container, ['cat', '/proc/net/tcp', '/proc/net/tcp6'], '', namespace);
    // State 0A is LISTEN; the local address ends in the port, in hexadecimal. Not those on 127.0.0.1.
    const ports = [...stdout.matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F:]+ 0A /gm)].filter(([, address]) => address !== '0100007F');
    for (const port of new Set(ports.map(([, , hexadecimal]) => Number.parseInt(hexadecimal!, 16))))
      found.push({ component, address: pod.status.podIP, port });
  };
  for (const [name, container] of [
    ['minio', 'minio'],
    ['postgres', 'postgres'],
    ['hive-metastore', 'metastore'],
    ['kyuubi', 'kyuubi'],
  ] as const) {
    const [pod] = await cluster.list('pods', '-n', NAMESPACE, '-l', `app.kubernetes.io/name=${name}`, '--field-selector=status.phase=Running');
    await add(`${NAMESPACE}/${name}`, NAMESPACE, pod, container);
  }
  for (const tenant of ['analytics', 'science']) {
    for (const role of ['driver', 'executor'] as const) {
      const [pod] = await pods(tenant, role);
      await add(`tenant-${tenant}/spark-${role}`, `tenant-${tenant}`, pod, `spark-kubernetes-${role}`);
    }
  }
  return found;
}

/** A pod with the labels of a component: policies know no more of it. No Service leads to it, since it never gets ready. */
async function standIn(namespace: string, name: string): Promise<string> {
  const pod = `e2e-probe-${name}`;
  const resources = { cpu: '10m', memory: '64Mi', 'ephemeral-storage': '16Mi' };
  apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, namespace, labels: { 'app.kubernetes.io/name': name, 'e2e.lakehouse.dev/probe': 'true' } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 999, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'probe',
          image: manifests.container('StatefulSet postgres').image,
          command: ['sleep', '3600'],
          readinessProbe: { exec: { command: ['false'] } },
          resources: { requests: resources, limits: { memory: resources.memory, 'ephemeral-storage': resources['ephemeral-storage'] } },
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  });
  await eventually(
    `${pod} runs`,
    60,
    async () => (await cluster.kubectl('-n', namespace, 'get', 'pod', pod, '-o', 'jsonpath={.status.phase}')) === 'Running',
  );
  return pod;
}

/** Which of the targets answer. */
async function reached(namespace: string, pod: string, to: Target[]): Promise<Target[]> {
  const dial = to.map(({ address, port }, index) => `(timeout 3 bash -c ': <>/dev/tcp/${address}/${port}' 2>/dev/null && echo ${index}) &`);
  const { stdout } = await exec(pod, 'probe', ['bash', '-c', `${dial.join('\n')}\nwait`], '', namespace);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((index) => to[Number(index)]!);
}

beforeAll(() => applyTenants(TENANTS));

withGateway('every declared edge is open, every other is closed', async () => {
  // With an executor each.
  await Promise.all(['bea', 'cleo'].map((user) => as(user, 'SELECT count(*) FROM range(0, 1000, 1, 2)')));
  const to = await targets();
  const components = manifests.pods.map(({ namespace, template }) => `${namespace}/${template.metadata.labels['app.kubernetes.io/name']}`);
  const ours = [...new Set(components)].filter((name) => name.startsWith(NAMESPACE) || ENGINES.includes(name));
  const sources = [...ours, `${NAMESPACE}/stranger`, OUTSIDER].sort();
  const open = Object.fromEntries(
    await Promise.all(
      sources.map(async (source) => {
        const [namespace, name] = source.split('/') as [string, string];
        return [source, await reached(namespace, await standIn(namespace, name), to)] as const;
      }),
    ),
  );
  const wrong: string[] = [];
  for (const source of sources) {
    // Nothing is ours to say of other namespaces and other networks.
    for (const target of source === OUTSIDER ? to.filter(({ component }) => !component.startsWith('network')) : to) {
      const isOpen = open[source]!.includes(target);
      if (isOpen !== mayDial(source, target)) wrong.push(`${source} → ${target.component}: ${target.port} is ${isOpen ? 'open' : 'closed'}`);
    }
  }
  const rows = sources.map((source) => `${source.padEnd(36)} ${to.map((target) => (open[source]!.includes(target) ? 'o' : '.')).join('')}`);
  console.log([...to.map(({ component, port }, index) => `${' '.repeat(37 + index)}| ${component}: ${port}`), ...rows].join('\n'));
  expect(wrong).toEqual([]);
  expect(sources.length).toBeGreaterThan(10);
  expect(to.length).toBeGreaterThan(10);
});

afterAll(async () => {
  for (const namespace of ['default', NAMESPACE, 'tenant-analytics', 'tenant-science'])
    await cluster.kubectl('-n', namespace, 'delete', 'pods', '-l', 'e2e.lakehouse.dev/probe', '--ignore-not-found');
});
