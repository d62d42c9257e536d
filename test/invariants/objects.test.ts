import { environment } from '../../environments';
import { COMMON_LABELS } from '../../lib/k8s/chart';
import { invariant, type Manifest, Manifests } from '../manifests';

const title = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace ?? '-'}/${metadata.name}`;

const missing = (expected: Record<string, string>, labels: Record<string, string> = {}) =>
  Object.entries(expected).filter(([name, value]) => labels[name] !== value);

function unlabelled(manifests: Manifests): string[] {
  const labelled = [
    ...manifests.all().map((manifest) => ({ what: title(manifest), labels: manifest.metadata.labels })),
    ...manifests.pods.map(({ owner, template }) => ({ what: `pod of ${owner}`, labels: template.metadata.labels })),
  ];
  return labelled.filter(({ labels }) => missing(COMMON_LABELS, labels).length > 0).map(({ what }) => what);
}

invariant('every object and every pod has the common labels', unlabelled, {
  'an object without': (broken) => delete broken.get('Service', 'minio').metadata.labels,
  'a pod without': (broken) => delete broken.get('Deployment', 'hive-metastore').spec.template.metadata.labels['app.kubernetes.io/part-of'],
  'a pod of Spark without': (broken) => {
    const { data } = broken.get('ConfigMap', 'kyuubi-pod-templates');
    data['driver.yaml'] = data['driver.yaml'].replace('part-of', 'whole');
  },
});

function twins(manifests: Manifests): string[] {
  const titles = manifests.all().map(title);
  return titles.filter((one, index) => titles.indexOf(one) !== index);
}

invariant('no two objects have one name', twins, {
  'a second Service': (broken) => broken.files['4-gateway']!.push(broken.get('Service', 'minio')),
});

function outOfWave({ files }: Manifests): string[] {
  return Object.entries(files).flatMap(([file, manifests]) => {
    const wave = file.match(/^(\d)-[a-z]/)?.[1];
    const others = manifests.filter(({ metadata }) => wave === undefined || metadata.annotations?.['argocd.argoproj.io/sync-wave'] !== wave);
    return others.map((manifest) => `${file}: ${title(manifest)}`);
  });
}

invariant('files are named after their wave, which all objects in them state', outOfWave, {
  'an object of another wave': (broken) => {
    broken.get('Deployment', 'libraries').metadata.annotations['argocd.argoproj.io/sync-wave'] = '3';
  },
  'a file without a wave': (broken) => {
    broken.files.storage = broken.files['1-storage']!;
  },
});

function homeless(manifests: Manifests): string[] {
  const namespaces = manifests.all('Namespace').map(({ metadata }) => metadata.name);
  return manifests
    .all()
    .filter(({ kind, metadata }) => (kind === 'Namespace' ? metadata.namespace : !namespaces.includes(metadata.namespace)))
    .map(title);
}

invariant('every object is in a namespace that the first file makes', homeless, {
  'an object without a namespace': (broken) => delete broken.get('ConfigMap', 'hive-metastore').metadata.namespace,
  'an object in an unknown namespace': (broken) => {
    broken.get('ServiceAccount', 'spark-driver').metadata.namespace = 'tenant-other';
  },
});

/** The pods of a StatefulSet get its name and a hash as a label, Services are names in DNS. */
const LONGEST: Record<string, number> = { Namespace: 63, Service: 63, StatefulSet: 52 };

function misnamed(manifests: Manifests): string[] {
  return manifests
    .all()
    .filter(({ kind, metadata: { name } }) => !/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name) || name.length > (LONGEST[kind] ?? 253))
    .map((manifest) => `${title(manifest)} has ${manifest.metadata.name.length} letters`);
}

invariant('names are those that Kubernetes admits', misnamed, {
  'a Service that begins with a digit': (broken) => {
    broken.get('Service', 'minio').metadata.name = '1-storage';
  },
  'a long name of a StatefulSet': (broken) => {
    broken.get('StatefulSet', 'minio').metadata.name = 'a'.repeat(53);
  },
});

test('names are those that Kubernetes admits, for the longest tenant too', () => {
  const name = 'a'.repeat(36);
  expect(misnamed(Manifests.of({ ...environment('kind'), tenants: { [name]: { users: ['ana'] } } }))).toEqual([]);
});

function unselected(manifests: Manifests): string[] {
  return manifests
    .all()
    .filter(({ spec }) => spec?.selector?.matchLabels && missing(spec.selector.matchLabels, spec.template.metadata.labels).length > 0)
    .map(title);
}

invariant('workloads select the pods that they make', unselected, {
  'a pod without the label': (broken) => {
    broken.get('StatefulSet', 'postgres').spec.template.metadata.labels['app.kubernetes.io/name'] = 'keeper';
  },
});

const wild = (manifests: Manifests) =>
  [...manifests.all('Role'), ...manifests.all('ClusterRole')].filter(({ rules }) => JSON.stringify(rules).includes('*')).map(title);

invariant('no Role has a wildcard', wild, {
  'a verb *': (broken) => broken.get('Role', 'spark-driver').rules[0].verbs.push('*'),
});

/** Paths of empty lists below `value`. */
function emptyLists(value: Manifest, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value) && value.length === 0) return [path];
  return Object.entries(value).flatMap(([name, child]) => emptyLists(child, `${path}.${name}`));
}

const empty = (manifests: Manifests) => [
  ...manifests.all().flatMap((manifest) => emptyLists(manifest, title(manifest))),
  ...manifests.pods.flatMap(({ owner, template }) => emptyLists(template, owner)),
];

invariant('no list is empty, which the API server forgets and `kubectl apply` brings back', empty, {
  'an empty list': (broken) => {
    broken.get('Service', 'minio').spec.externalIPs = [];
  },
});
