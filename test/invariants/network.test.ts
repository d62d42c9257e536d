import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Edge, edges, isDns, peers, podsIn, policies } from '../edges';
import { invariant, type Manifest, Manifests, type Pod, running } from '../manifests';

const selected = (manifests: Manifests, { metadata, spec }: Manifest) => podsIn(manifests, metadata.namespace, spec.podSelector);

const ports = (pod: Pod): number[] =>
  running(pod.template.spec).flatMap((container) => (container.ports ?? []).map(({ containerPort }: Manifest) => containerPort));

const title = ({ metadata }: Manifest) => `${metadata.namespace}/${metadata.name}`;

const open = (manifests: Manifests) =>
  manifests
    .all('Namespace')
    .map(({ metadata }) => metadata.name)
    .filter((namespace) => {
      const denial = manifests.all('NetworkPolicy').find((one) => title(one) === `${namespace}/default-deny`)?.spec;
      const { podSelector, policyTypes, ...rules } = denial ?? {};
      return JSON.stringify([podSelector, policyTypes, rules]) !== '[{},["Ingress","Egress"],{}]';
    });

invariant('every namespace denies everything by default', open, {
  'one that does not': (broken) => {
    broken.get('NetworkPolicy', 'default-deny', 'tenant-demo').metadata.name = 'default';
  },
  'a denial of ingress only': (broken) => {
    broken.get('NetworkPolicy', 'default-deny', 'lakehouse').spec.policyTypes = ['Ingress'];
  },
  'a denial with an exception': (broken) => {
    broken.get('NetworkPolicy', 'default-deny', 'lakehouse').spec.ingress = [{}];
  },
});

function unpoliced(manifests: Manifests): string[] {
  const policed = policies(manifests).flatMap((policy) => selected(manifests, policy));
  return manifests.pods.filter((pod) => policed.filter((other) => other === pod).length !== 1).map(({ owner }) => owner);
}

invariant('every pod has one policy', unpoliced, {
  'a pod without': (broken) => {
    broken.get('NetworkPolicy', 'hive-metastore').spec.podSelector.matchLabels['app.kubernetes.io/name'] = 'hive';
  },
  'a pod with two': (broken) => {
    broken.get('NetworkPolicy', 'hive-metastore').spec.podSelector.matchLabels['app.kubernetes.io/name'] = 'minio';
  },
});

const idle = (manifests: Manifests) => policies(manifests).flatMap((one) => (selected(manifests, one).length === 0 ? [title(one)] : []));

invariant('every policy selects pods that exist', idle, {
  'one that does not': (broken) => {
    broken.get('NetworkPolicy', 'spark-executor').metadata.namespace = 'lakehouse';
  },
});

const rules = ({ spec }: Manifest): Manifest[] => [...(spec.ingress ?? []), ...(spec.egress ?? [])];

const strangers = (manifests: Manifests) =>
  policies(manifests).flatMap((policy) =>
    rules(policy)
      .flatMap(({ from, to }) => from ?? to ?? [])
      .filter((peer: Manifest) => !peer.ipBlock && !isDns(peer) && peers(manifests, policy.metadata.namespace, peer).length === 0)
      .map((peer: Manifest) => `${title(policy)}: ${JSON.stringify(peer)}`),
  );

invariant('every pod that a policy names exists, in the namespace where it looks for it', strangers, {
  'a peer without a namespace, which stands for pods at home': (broken) => {
    const rule = broken.get('NetworkPolicy', 'spark-driver').spec.egress.find(({ ports: [port] }: Manifest) => port.port === 9083);
    delete rule.to[0].namespaceSelector;
  },
  'a peer of another name': (broken) => {
    broken.get('NetworkPolicy', 'hive-metastore').spec.egress[1].to[0].podSelector.matchLabels['app.kubernetes.io/name'] = 'postgresql';
  },
});

const text = ({ from, to, port = 0 }: Edge) => `${from} → ${to}: ${port || 'all'}`;

/** Between pods of ours: the others have one end only. */
const both = (manifests: Manifests, side: 'ingress' | 'egress') =>
  edges(manifests, side)
    .filter(({ from, to }) => from !== 'anyone' && !to.startsWith('network'))
    .map(text);

function halfOpen(manifests: Manifests): string[] {
  const [inwards, outwards] = [both(manifests, 'ingress'), both(manifests, 'egress')];
  return [...inwards.filter((edge) => !outwards.includes(edge)), ...outwards.filter((edge) => !inwards.includes(edge))];
}

invariant('what may dial a pod may be dialled by it, on the same port', halfOpen, {
  'egress without ingress': (broken) => broken.get('NetworkPolicy', 'minio').spec.ingress.pop(),
  'ingress without egress': (broken) => broken.get('NetworkPolicy', 'libraries').spec.egress.splice(1, 1),
  'another port': (broken) => {
    broken.get('NetworkPolicy', 'minio').spec.ingress[0].ports[0].port = 2888;
  },
});

const closed = (manifests: Manifests) =>
  policies(manifests).flatMap((policy) =>
    selected(manifests, policy).flatMap((pod) =>
      (policy.spec.ingress ?? [])
        .flatMap((rule: Manifest) => rule.ports ?? [])
        .filter(({ port }: Manifest) => !ports(pod).includes(port))
        .map(({ port }: Manifest) => `${title(policy)}: ${port}`),
    ),
  );

invariant('policies let in on ports on which a container listens', closed, {
  'a port of nobody': (broken) => {
    broken.get('NetworkPolicy', 'kyuubi').spec.ingress[0].ports[0].port = 10000;
  },
});

function aimless(manifests: Manifests): string[] {
  const broken = manifests.all('Service').filter(({ metadata, spec }) => {
    const targets = podsIn(manifests, metadata.namespace, { matchLabels: spec.selector });
    const dialled = spec.ports.map(({ port, targetPort }: Manifest) => targetPort ?? port);
    return targets.length === 0 || targets.some((pod) => !dialled.every((port: number) => ports(pod).includes(port)));
  });
  return broken.map(title);
}

invariant('Services select pods that listen on their ports', aimless, {
  'a selector of nothing': (broken) => {
    broken.get('Service', 'minio').spec.selector = { app: 'minio' };
  },
  'another port': (broken) => {
    broken.get('Service', 'kyuubi').spec.ports[1].port = 80;
  },
});

/** `npm run golden` writes the table of the documentation. */
test('docs/network.md says who may dial whom in kind', () => {
  const kind = Manifests.of('kind');
  const found = [...edges(kind, 'egress'), ...edges(kind, 'ingress').filter(({ from }) => from === 'anyone')];
  const rows = found.map(({ from, to, port }) => [from, to, String(port ?? 'all')]).sort();
  const header = ['from', 'to', 'port'];
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)));
  const line = (row: string[], fill = ' ') => `| ${row.map((text, column) => text.padEnd(widths[column]!, fill)).join(' | ')} |\n`;
  const file = join(__dirname, '../../docs/network.md');
  const [before] = readFileSync(file, 'utf8').split(/^\|/m);
  const table = before + line(header) + line(['', '', ''], '-') + rows.map((row) => line(row)).join('');
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, table);
  expect(readFileSync(file, 'utf8')).toBe(table);
  expect(rows.length).toBeGreaterThan(15);
});
