import { invariant, type Manifest, Manifests, type Pod, running } from '../manifests';

/** What an address looks like in a configuration: after `//`, in a list, or at the beginning. */
const ADDRESS = /(?:\/\/|^|[,>=])([a-z0-9-]+(?:\.[a-z0-9-]+)+):(\d+)/gm;

/** Read by drivers and executors, although the gateway mounts them. */
const OF_ENGINES = ['kyuubi-spark-config', 'kyuubi-pod-templates'];

/** The addresses that a pod finds in its environment and in the files that it reads. */
function dials({ owner, template: { spec } }: Pod, manifests: Manifests): [string, number][] {
  const containers: Manifest[] = [...(spec.initContainers ?? []), ...spec.containers];
  const environment = containers.flatMap(({ env = [] }) => env.map(({ value = '' }: Manifest) => value));
  const hosts = containers.flatMap(({ env = [] }) => {
    const value = (name: string) => env.find((variable: Manifest) => variable.name === name)?.value;
    return value('PGHOST') ? [`${value('PGHOST')}:${value('PGPORT')}`] : [];
  });
  const maps = (spec.volumes ?? []).flatMap(({ configMap }: Manifest) => (configMap && !OF_ENGINES.includes(configMap.name) ? [configMap.name] : []));
  const files = maps.flatMap((name: string) => Object.values(manifests.get('ConfigMap', name).data));
  const text = [...environment, ...hosts, ...files, ...engineFiles(owner, manifests)].join('\n');
  return [...text.matchAll(ADDRESS)].map(([, host, port]) => [host!, Number(port)]);
}

/** What Spark and Kyuubi hand to the pods of an engine. */
function engineFiles(owner: string, manifests: Manifests): (string | undefined)[] {
  const spark = manifests.properties('spark-defaults.conf');
  const store = spark['spark.hadoop.fs.s3a.endpoint'];
  if (owner === 'executor.yaml') return [store];
  if (owner !== 'driver.yaml') return [];
  return [store, spark['spark.hadoop.hive.metastore.uris']];
}

function blocked(pod: Pod, host: string, port: number, manifests: Manifests): boolean {
  // What one container dials of another one in its pod, no policy holds.
  if (host === '127.0.0.1') return !running(pod.template.spec).some(({ ports = [] }) => ports.some((one: Manifest) => one.containerPort === port));
  const { labels } = pod.template.metadata;
  const policy = manifests
    .all('NetworkPolicy')
    .find(
      ({ metadata, spec }) =>
        metadata.namespace === pod.namespace && spec.podSelector.matchLabels?.['app.kubernetes.io/name'] === labels['app.kubernetes.io/name'],
    );
  const [name, namespace, svc] = host.split('.');
  const service =
    svc === 'svc' ? manifests.all('Service').find(({ metadata }) => metadata.name === name && metadata.namespace === namespace) : undefined;
  if (svc === 'svc' && !service?.spec.ports.some((one: Manifest) => one.port === port)) return true;
  const leads = (peer: Manifest) =>
    service
      ? peer.namespaceSelector?.matchLabels['kubernetes.io/metadata.name'] === namespace &&
        JSON.stringify(peer.podSelector.matchLabels) === JSON.stringify(service.spec.selector)
      : peer.ipBlock;
  return !policy?.spec.egress.some(({ to, ports }: Manifest) => to.some(leads) && (!ports || ports.some((one: Manifest) => one.port === port)));
}

const unreachable = (manifests: Manifests) =>
  manifests.pods.flatMap((pod) =>
    dials(pod, manifests)
      .filter(([host, port]) => blocked(pod, host, port, manifests))
      .map(([host, port]) => `${pod.owner} in ${pod.namespace} → ${host}:${port}`),
  );

invariant('every address in a configuration can be dialled by the pods that read it', unreachable, {
  'a Service of another name': (broken) => {
    broken.get('Service', 'minio').metadata.name = 'store';
  },
  'a Service with another port': (broken) => {
    broken.get('Service', 'hive-metastore').spec.ports[0].port = 80;
  },
  'a policy without a rule': (broken) => {
    const { spec } = broken.get('NetworkPolicy', 'spark-executor');
    spec.egress = spec.egress.filter(({ ports }: Manifest) => ports?.[0].port !== 9000);
  },
  'a rule for the pods of another component': (broken) => {
    const { egress } = broken.get('NetworkPolicy', 'hive-metastore').spec;
    const rule = egress.find(({ ports }: Manifest) => ports[0].port === 5432);
    rule.to[0].podSelector.matchLabels['app.kubernetes.io/name'] = 'minio';
  },
  'a port that no container of the pod listens on': (broken) => {
    broken.get('StatefulSet', 'minio').spec.template.spec.initContainers[0].ports[0].containerPort = 9001;
  },
  'an address outside of the cluster': (broken) => {
    broken.get('ConfigMap', 'hive-metastore').data['core-site.xml'] = '<value>https://s3.example.com:443</value>';
  },
});

test('the addresses that kind dials', () => {
  const kind = Manifests.of('kind');
  const found = (owner: string) => new Set(dials(kind.pods.find((pod) => pod.owner === owner)!, kind).map((address) => address.join(':')));
  expect(found('Deployment kyuubi')).toEqual(new Set(['postgres.lakehouse.svc:5432']));
  expect(found('executor.yaml')).toEqual(new Set(['minio.lakehouse.svc:9000']));
});
