import { Duration, Size } from 'cdk8s';
import { environment } from '../../environments';
import type { LakehouseProps } from '../../lib/lakehouse';
import { Libraries } from '../../lib/libraries/libraries';
import { Metastore } from '../../lib/metastore/metastore';
import { ObjectStore } from '../../lib/object-store/object-store';
import { Secrets } from '../../lib/secrets/secrets';
import { LIVE, type Manifest, Manifests, type Pod } from '../manifests';

const kind = environment('kind');
const before = Manifests.of('kind');

const sameOwner = (pod: Pod, pods: Pod[]) => pods.find(({ owner, namespace }) => owner === pod.owner && namespace === pod.namespace);

/** Those that are made anew when `after` is applied. */
const rolled = (after: Manifests) =>
  after.pods
    .filter((pod) => JSON.stringify(pod.template) !== JSON.stringify(sameOwner(pod, before.pods)?.template))
    .map(({ owner, namespace }) => (namespace === 'lakehouse' ? owner : `${owner} in ${namespace}`))
    .sort();

/** Checksums that are not different exactly if the ConfigMaps are. */
function wrongChecksums(after: Manifests): string[] {
  return after.pods.flatMap((pod) => {
    const old = sameOwner(pod, before.pods);
    const configured: Manifest[] = old ? (pod.template.spec.volumes ?? []).filter(({ configMap }: Manifest) => configMap) : [];
    return configured
      .filter(({ name, configMap }) => {
        if (configMap.name === LIVE) return pod.template.metadata.annotations[`checksum/${name}`] !== undefined;
        const [text, oldText] = [after, before].map((manifests) => JSON.stringify(manifests.get('ConfigMap', configMap.name).data));
        const [checksum, oldChecksum] = [pod, old!].map(({ template }) => template.metadata.annotations[`checksum/${name}`]);
        return (text === oldText) !== (checksum === oldChecksum);
      })
      .map(({ name }) => `${name} of ${pod.owner}`);
  });
}

interface Change {
  readonly props: Partial<LakehouseProps>;
  readonly rolls: string[];
}

const CHANGES: Record<string, Change> = {
  nothing: { props: {}, rolls: [] },
  'a setting of Spark': { props: { spark: { 'spark.sql.shuffle.partitions': 32 } }, rolls: ['Deployment kyuubi'] },
  'a setting of Kyuubi': { props: { gateway: { engineIdleTimeout: Duration.minutes(1) } }, rolls: ['Deployment kyuubi'] },
  'the size of an engine': {
    props: { tenants: { demo: { schemas: ['default'], users: ['ana'], engine: { executors: { max: 3 } } } } },
    rolls: [],
  },
  'the memory of the metastore': { props: { metastore: Metastore.hive({ memory: Size.gibibytes(1) }) }, rolls: ['Deployment hive-metastore'] },
  'the Maven repository': {
    props: { libraries: Libraries.maven({ repository: 'https://maven.example.com/' }) },
    rolls: ['Deployment libraries'],
  },
  'a further user': {
    props: { tenants: { demo: { schemas: ['default'], users: ['ana', 'bob'] } } },
    rolls: [],
  },
  'a further tenant': {
    props: { tenants: { ...kind.tenants, other: { users: ['bob'] } } },
    rolls: ['driver.yaml in tenant-other', 'executor.yaml in tenant-other'],
  },
  'the revision of the Secrets': {
    props: { secrets: Secrets.development({ revision: '2' }) },
    rolls: ['Deployment hive-metastore', 'Deployment kyuubi', 'Deployment libraries', 'driver.yaml in tenant-demo', 'executor.yaml in tenant-demo'],
  },
  'the bucket': {
    props: { objectStore: ObjectStore.minio({ storage: Size.gibibytes(5), bucket: 'other' }) },
    rolls: [
      'Deployment hive-metastore',
      'Deployment kyuubi',
      'Deployment libraries',
      'StatefulSet minio',
      'driver.yaml in tenant-demo',
      'executor.yaml in tenant-demo',
    ],
  },
};

describe.each(Object.entries(CHANGES))('%s', (_, { props, rolls }) => {
  const after = Manifests.of({ ...kind, ...props });

  test('rolls the pods that read it, and no other', () => {
    expect(rolled(after)).toEqual(rolls);
  });

  test('changes the checksums of the ConfigMaps that it changes, and no other', () => {
    expect(wrongChecksums(after)).toEqual([]);
  });
});

test('notices a checksum that stays when the ConfigMap changes', () => {
  const broken = before.copy();
  broken.get('ConfigMap', 'hive-metastore').data['core-site.xml'] += ' ';
  expect(wrongChecksums(broken)).toEqual(['config-map of Deployment hive-metastore']);
  expect(rolled(broken)).toEqual([]);
});

test('notices a checksum that changes for nothing', () => {
  const broken = before.copy();
  broken.get('Deployment', 'hive-metastore').spec.template.metadata.annotations['checksum/config-map'] = '00000000';
  expect(wrongChecksums(broken)).toEqual(['config-map of Deployment hive-metastore']);
  expect(rolled(broken)).toEqual(['Deployment hive-metastore']);
});
