import { Size } from 'cdk8s';
import { environment } from '../../environments';
import { Metastore } from '../../lib/metastore/metastore';
import { type Manifest, Manifests } from '../manifests';

const kind = environment('kind');

describe('the Hive Metastore', () => {
  const hive = Manifests.of({ ...kind, metastore: Metastore.hive({ memory: Size.gibibytes(1) }) });

  test('has half of its memory as heap', () => {
    const { env, resources } = hive.container('Deployment hive-metastore');
    expect(resources.limits.memory).toBe('1Gi');
    expect(env).toContainEqual({ name: 'SERVICE_OPTS', value: '-Xmx512m -XX:+UseSerialGC -Djava.util.concurrent.ForkJoinPool.common.parallelism=4' });
  });

  test('has the database, the warehouse and the store', () => {
    const site = hive.text('hive-site.xml');
    expect(site).toContain('<name>metastore.warehouse.dir</name><value>s3a://lakehouse/warehouse</value>');
    expect(site).toContain('<name>javax.jdo.option.ConnectionURL</name><value>jdbc:postgresql://postgres.lakehouse.svc:5432/metastore</value>');
    expect(hive.text('core-site.xml', 'hive-metastore')).toContain('<value>com.amazonaws.auth.EnvironmentVariableCredentialsProvider</value>');
  });

  test('reads its passwords from the environment, which has them from Secrets', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Hadoop fills it in.
    expect(hive.text('hive-site.xml')).toContain('<name>javax.jdo.option.ConnectionPassword</name><value>${env.DB_PASSWORD}</value>');
    expect(hive.container('Deployment hive-metastore').env).toEqual(
      expect.arrayContaining([
        { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'database-metastore', key: 'password' } } },
        { name: 'AWS_SECRET_ACCESS_KEY', valueFrom: { secretKeyRef: { name: 'object-store-hive-metastore', key: 'password' } } },
      ]),
    );
  });

  test('asks the guard before it changes or deletes anything, which may see whose drivers run', () => {
    const manifests = Manifests.of('kind');
    for (const key of ['metastore.pre.event.listeners', 'metastore.fs.handler.class'])
      expect(manifests.text('hive-site.xml')).toContain(`<name>${key}</name><value>lakehouse.TenantGuard</value>`);
    expect(manifests.container('Deployment hive-metastore').env).toEqual(
      expect.arrayContaining([
        { name: 'GUARD_TENANTS', value: 's3a://lakehouse/tenants' },
        { name: 'GUARD_WAREHOUSE', value: 's3a://lakehouse/warehouse' },
        { name: 'GUARD_WAREHOUSE_OWNER', value: 'demo' },
      ]),
    );
    expect(manifests.get('Role', 'tenant-guard', 'tenant-demo').rules).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]);
    expect(manifests.get('RoleBinding', 'tenant-guard', 'tenant-demo').subjects).toContainEqual({
      kind: 'ServiceAccount',
      name: 'hive-metastore',
      namespace: 'lakehouse',
    });
  });

  test('shows a tenant what it may read, and what that is, it asks for while it runs', () => {
    const { demo } = kind.tenants;
    const tenants = { demo: demo!, other: { users: ['eve'], reads: ['default'] }, third: { users: ['joe'], reads: ['default'] } };
    const manifests = Manifests.of({ ...kind, tenants });
    expect(manifests.text('hive-site.xml')).toContain('<name>metastore.filter.hook</name><value>lakehouse.TenantView</value>');
    expect(manifests.get('ConfigMap', 'schemas').data).toEqual({ owners: 'default demo\n', readers: 'default other third\n' });
    expect(manifests.get('Role', 'tenant-view', 'lakehouse').rules).toContainEqual(expect.objectContaining({ resourceNames: ['schemas'] }));
    expect(manifests.get('Deployment', 'hive-metastore')).toEqual(Manifests.of(kind).get('Deployment', 'hive-metastore'));
  });

  test('or all names to all', () => {
    const manifests = Manifests.of({ ...kind, metastore: Metastore.hive({ discoverable: true }) });
    expect(manifests.text('hive-site.xml')).not.toContain('metastore.filter.hook');
    expect(manifests.get('Deployment', 'hive-metastore').spec.template.spec.containers[0].env).toContainEqual({
      name: 'GUARD_DISCOVERABLE',
      value: 'true',
    });
  });

  test('has on its class path what its release says', () => {
    const { env } = Manifests.of('kind').container('Deployment hive-metastore');
    const path = env.find(({ name }: { name: string }) => name === 'HADOOP_CLASSPATH').value.split(':');
    expect(path).toEqual([
      '/libraries/postgresql-42.7.11.jar',
      '/libraries/lakehouse-tenant-guard.jar',
      expect.stringMatching(/hadoop-aws-3\.3\.6\.jar$/),
      expect.stringMatching(/aws-java-sdk-bundle-1\.12\.367\.jar$/),
    ]);
  });

  const { initContainers } = hive.get('Deployment', 'hive-metastore').spec.template.spec;
  const schema = initContainers.find(({ name }: Manifest) => name === 'schema');

  test('starts on the schema of its release only, which a container makes that goes on beside it', () => {
    expect(schema).toMatchObject({ image: kind.release.images.postgres, restartPolicy: 'Always' });
    expect(schema.command.at(-1)).toContain('\\i /scripts/hive-schema-4.0.0.postgres.sql');
    expect(schema.command.at(-1)).toContain('[ "$found" = 4.0.0 ] ||');
    expect(schema.startupProbe.exec.command.at(-1)).toContain('stat /schema/made');
  });

  test('says by its exit code that a schema of another release needs a hand', () => {
    expect(schema.command.at(-1)).toMatch(/upgrade it with that release's schematool.*exit 65/);
  });

  // What it wrote when it started is gone.
  test('starts anew on a schema that was made while it ran', () => {
    const { startupProbe, readinessProbe, livenessProbe } = hive.container('Deployment hive-metastore');
    expect(startupProbe.exec.command.at(-1)).toContain('cp /schema/made /tmp/schema-made');
    expect(livenessProbe.exec.command.at(-1)).toContain('cmp -s /schema/made /tmp/schema-made');
    expect(readinessProbe.exec.command.at(-1)).not.toContain('cmp');
  });

  test('serves until the next one does', () => {
    expect(hive.get('Deployment', 'hive-metastore').spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } });
  });

  test('is the one that Spark asks', () => {
    expect(hive.properties('spark-defaults.conf')).toMatchObject({
      'spark.sql.catalogImplementation': 'hive',
      'spark.hadoop.hive.metastore.uris': 'thrift://hive-metastore.lakehouse.svc:9083',
    });
  });
});

describe('an existing metastore', () => {
  const existing = Manifests.of({ ...kind, metastore: Metastore.existing({ host: 'hms.example.com', port: 9084, cidr: '10.1.2.3/32' }) });

  test('has no pods, no login and no database', () => {
    expect(existing.pods.filter(({ owner }) => /metastore/.test(owner))).toEqual([]);
    expect(JSON.stringify(existing.files)).not.toMatch(/database-metastore|object-store-hive/);
    expect(Object.keys(existing.files)).not.toContain('2-catalog');
  });

  test('is the one that Spark asks, and drivers may dial', () => {
    expect(existing.properties('spark-defaults.conf')).toMatchObject({ 'spark.hadoop.hive.metastore.uris': 'thrift://hms.example.com:9084' });
    expect(existing.get('NetworkPolicy', 'spark-driver').spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '10.1.2.3/32' } }],
      ports: [{ port: 9084, protocol: 'TCP' }],
    });
  });

  test.each(['thrift://hms', 'hms:9083', ''])("fails for the host '%s'", (host) => {
    expect(() => Manifests.of({ ...kind, metastore: Metastore.existing({ host }) })).toThrow(`'${host}' is no host name`);
  });

  test('fails for a port and a network that are none', () => {
    const of = (props: { port?: number; cidr?: string }) => Manifests.of({ ...kind, metastore: Metastore.existing({ host: 'hms', ...props }) });
    expect(() => of({ port: 99999 })).toThrow("'hms' has the port 99999");
    expect(() => of({ cidr: 'hms.example.com' })).toThrow("'metastore' has the network 'hms.example.com': write it as address and mask length");
  });
});
