import { Size } from 'cdk8s';
import { environment } from '../../environments';
import type { LakehouseProps } from '../../lib/lakehouse';
import type { ExternalObjectStoreProps } from '../../lib/object-store/external';
import { ObjectStore } from '../../lib/object-store/object-store';
import { policy } from '../../lib/object-store/policy';
import { type Manifest, Manifests } from '../manifests';

const withStore = (objectStore: ObjectStore): LakehouseProps => ({ ...environment('kind'), objectStore });

describe('MinIO', () => {
  const minio = Manifests.of(withStore(ObjectStore.minio({ storage: Size.gibibytes(7), bucket: 'tables', memory: Size.gibibytes(1) })));

  test('keeps its data on a volume of the size that was asked for', () => {
    expect(minio.get('StatefulSet', 'minio').spec.volumeClaimTemplates).toMatchObject([
      { metadata: { name: 'data' }, spec: { resources: { requests: { storage: '7Gi' } } } },
    ]);
  });

  test('has the memory that was asked for, or 640 MiB', () => {
    expect(minio.container('StatefulSet minio').resources.limits.memory).toBe('1Gi');
    expect(Manifests.of('kind').container('StatefulSet minio').resources.limits.memory).toBe('640Mi');
  });

  test('is the store of all who use one', () => {
    expect(minio.text('core-site.xml', 'hive-metastore')).toContain('<name>fs.s3a.endpoint</name><value>http://minio.lakehouse.svc:9000</value>');
    expect(minio.properties('spark-defaults.conf')).toMatchObject({
      'spark.hadoop.fs.s3a.endpoint': 'http://minio.lakehouse.svc:9000',
      'spark.hadoop.fs.s3a.connection.ssl.enabled': 'false',
      'spark.hadoop.fs.s3a.path.style.access': 'true',
    });
    expect(minio.properties('tenants.conf')).toMatchObject({ '___ana___.spark.sql.warehouse.dir': 's3a://tables/tenants/demo' });
  });

  const { data: policies } = minio.get('ConfigMap', 'minio-users');
  const { data: passwords } = minio.get('Secret', 'minio-users');
  const CONSUMERS = ['libraries', 'hive-metastore', 'tenant-demo'];

  test('has a user for each who uses it, with a policy and a password of its own', () => {
    expect(Object.keys(policies).sort()).toEqual([...CONSUMERS].sort());
    expect(Object.keys(passwords).sort()).toEqual([...CONSUMERS].sort());
    expect(policies['tenant-demo']).toContain('arn:aws:s3:::tables/tenants/demo/*');
    expect(policies.libraries).not.toContain('tenants');
  });

  test('is watched from within its pod, which alone has the login of its administrator', () => {
    const { containers } = minio.get('StatefulSet', 'minio').spec.template.spec;
    const watcher = containers.find(({ name }: Manifest) => name === 'store');
    expect(watcher.env).toEqual(
      expect.arrayContaining([
        { name: 'STORE', value: 'http://127.0.0.1:9000' },
        { name: 'BUCKET', value: 'tables' },
        { name: 'USERS', value: 'minio-users' },
      ]),
    );
    const owners = minio.pods.filter(({ template }) => JSON.stringify(template).includes('minio-root')).map(({ owner }) => owner);
    expect(owners).toEqual(['StatefulSet minio']);
  });

  test('may read what it follows, and which pods there are, and nothing else', () => {
    expect(minio.get('Role', 'minio-store-watcher').rules).toEqual([
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['minio-users'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['minio-users'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    ]);
  });

  test('gives a tenant its login in its own namespace', () => {
    const { data } = minio.get('Secret', 'object-store', 'tenant-demo');
    expect(data.password).toEqual(passwords['tenant-demo']);
    expect(Buffer.from(data.username, 'base64').toString()).toBe('tenant-demo');
  });

  test.each(['Tables', 'ab', 'a'.repeat(64), '-tables', 'tables-', 'my_tables', ''])("fails for the bucket '%s'", (bucket) => {
    expect(() => Manifests.of(withStore(ObjectStore.minio({ storage: Size.gibibytes(1), bucket })))).toThrow(
      `the bucket is called '${bucket}': use 3 to 63 lower-case letters, digits and hyphens`,
    );
  });

  test('fails for a size that is no whole number of mebibytes', () => {
    expect(() => Manifests.of(withStore(ObjectStore.minio({ storage: Size.kibibytes(100) })))).toThrow("'100 kibibytes' cannot be converted");
  });

  // Kubernetes refuses the claim, long after the review.
  test('fails for a volume without a size', () => {
    expect(() => Manifests.of(withStore(ObjectStore.minio({ storage: Size.mebibytes(0) })))).toThrow("the volume 'data' of minio has no size");
  });
});

describe('an external store', () => {
  const of = (props: Partial<ExternalObjectStoreProps> = {}) =>
    Manifests.of(withStore(ObjectStore.external({ url: 'https://s3.example.com', bucket: 'tables', ...props })));

  test('has no pods but the watcher that proves that it creates an object once, who asks nobody else', () => {
    const owners = of().pods.map(({ owner }) => owner);
    expect(owners.filter((owner) => /minio|object-store/.test(owner))).toEqual(['Deployment object-store-watcher']);
    expect(of().container('Deployment object-store-watcher').env).toEqual([
      { name: 'STORE', value: 'https://s3.example.com:443' },
      { name: 'REGION', value: 'us-east-1' },
      { name: 'BUCKET', value: 'tables' },
      { name: 'FOLDER', value: 'conditional-writes' },
    ]);
    expect(JSON.stringify(of().get('Deployment', 'object-store-watcher'))).not.toContain('serviceAccount');
  });

  test.each([
    ['https://s3.example.com', 'https://s3.example.com:443', 443, 'true'],
    ['https://s3.example.com/', 'https://s3.example.com:443', 443, 'true'],
    ['http://10.1.2.3', 'http://10.1.2.3:80', 80, 'false'],
    ['http://s3.example.com:8080', 'http://s3.example.com:8080', 8080, 'false'],
  ])('%s is dialled as %s', (url, endpoint, port, secure) => {
    const manifests = of({ url, cidr: '10.1.2.0/24' });
    expect(manifests.properties('spark-defaults.conf')).toMatchObject({
      'spark.hadoop.fs.s3a.endpoint': endpoint,
      'spark.hadoop.fs.s3a.connection.ssl.enabled': secure,
    });
    expect(manifests.get('NetworkPolicy', 'spark-executor').spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '10.1.2.0/24' } }],
      ports: [{ port, protocol: 'TCP' }],
    });
  });

  test.each(['', 'us east'])("fails for the region '%s'", (region) => {
    expect(() => of({ region })).toThrow(`the object store's region is '${region}'`);
  });

  test('is in the region that is named, or in us-east-1', () => {
    const region = 'spark.hadoop.fs.s3a.endpoint.region';
    expect(of({ region: 'eu-west-1' }).properties('spark-defaults.conf')[region]).toBe('eu-west-1');
    expect(of().properties('spark-defaults.conf')[region]).toBe('us-east-1');
  });

  test.each(['s3.example.com', 'ftp://s3.example.com', 'https://s3.example.com/path', 'https://', 'https://s3.example.com:port', ''])(
    "fails for the URL '%s'",
    (url) => {
      expect(() => of({ url })).toThrow(`the object store has the URL '${url}': write it as https://host or https://host:port, without a path`);
    },
  );

  test('fails for a port and a host that are none', () => {
    expect(() => of({ url: 'https://s3.example.com:70000' })).toThrow(
      "'s3.example.com' has the port 70000: a port is a whole number from 1 to 65535",
    );
    expect(() => of({ url: 'https://s3_example' })).toThrow("'s3_example' is no host name");
  });

  test('fails for a network that is none', () => {
    expect(() => of({ cidr: '10.1.2.3' })).toThrow("'object-store' has the network '10.1.2.3': write it as address and mask length");
  });

  // A slash would make a folder of it, in another bucket.
  test.each(['', 'tables/warehouse', 'Tables!'])("fails for the bucket '%s'", (bucket) => {
    expect(() => of({ bucket })).toThrow(`'${bucket}'`);
  });
});

describe('a policy', () => {
  const { Statement } = JSON.parse(policy('bucket', { read: ['jars'], readWrite: ['tables', 'views'] }));
  const allowing = (action: string) => Statement.filter(({ Action }: { Action: string[] }) => Action.includes(action));

  test('allows to read all folders, and to write to some', () => {
    const resources = (action: string) => allowing(action).flatMap(({ Resource }: { Resource: string[] }) => Resource);
    expect(resources('s3:GetObject').sort()).toEqual(['arn:aws:s3:::bucket/jars/*', 'arn:aws:s3:::bucket/tables/*', 'arn:aws:s3:::bucket/views/*']);
    expect(resources('s3:PutObject')).toEqual(['arn:aws:s3:::bucket/tables/*', 'arn:aws:s3:::bucket/views/*']);
    expect(resources('s3:DeleteObject')).toEqual(resources('s3:PutObject'));
  });

  test('allows to list these folders only', () => {
    const prefixes = ['jars', 'jars/', 'jars/*', 'tables', 'tables/', 'tables/*', 'views', 'views/', 'views/*'];
    expect(allowing('s3:ListBucket')).toMatchObject([{ Condition: { StringLike: { 's3:prefix': prefixes } } }]);
  });

  test('allows, and names each action', () => {
    const actions = Statement.flatMap(({ Effect, Action }: { Effect: string; Action: string[] }) => [Effect, ...Action]);
    expect(actions.filter((action: string) => action.includes('*') || action === 'Deny')).toEqual([]);
  });

  test('says nothing of what is not granted', () => {
    expect(policy('bucket', { read: ['jars'] })).not.toContain('PutObject');
  });
});
