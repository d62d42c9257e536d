import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { environment } from '../../environments';
import type { LakehouseProps } from '../../lib/lakehouse';
import { type Manifest, Manifests } from '../manifests';

const kind = environment('kind');
const withProps = (props: Partial<LakehouseProps>) => Manifests.of({ ...kind, ...props });
const tenants = {
  analytics: { users: ['ana', 'bob'], engine: { executors: { memory: Size.gibibytes(4), cores: 2, max: 5 } } },
  science: { users: ['cleo'], engine: { driver: { cpu: Cpu.units(1) } } },
};

describe('the server', () => {
  const gateway = withProps({
    tenants,
    gateway: { memory: Size.gibibytes(3), engineIdleTimeout: Duration.minutes(7), drainTimeout: Duration.minutes(20) },
  });
  const conf = gateway.properties('kyuubi-defaults.conf');

  test('has a third of its memory as heap, the rest is for spark-submit', () => {
    const { env, resources } = gateway.container('Deployment kyuubi');
    expect(resources.limits.memory).toBe('3Gi');
    expect(env).toContainEqual({ name: 'KYUUBI_JAVA_OPTS', value: expect.stringMatching(/^-Xmx1024m /) });
  });

  test('has the timeouts that were asked for', () => {
    expect(conf['kyuubi.session.engine.idle.timeout']).toBe('PT420S');
    expect(gateway.get('Deployment', 'kyuubi').spec.template.spec.terminationGracePeriodSeconds).toBe(1230);
    expect(gateway.text('core-site.xml', 'kyuubi')).toContain('<name>hadoop.service.shutdown.timeout</name><value>1200s</value>');
  });

  test.each([
    [0, 'gateway.engineIdleTimeout is 0 ms: give more than nothing'],
    [-1, 'Duration amounts cannot be negative'],
  ])('fails for an idle timeout of %d s', (seconds, message) => {
    expect(() => withProps({ gateway: { engineIdleTimeout: Duration.seconds(seconds) } })).toThrow(message);
  });

  test('fails for more users than Kubernetes can store the settings of', () => {
    const users = Array.from({ length: 5000 }, (_, index) => `user-with-a-rather-long-name-${index}`);
    expect(() => withProps({ tenants: { analytics: { users } } })).toThrow(
      /the ConfigMap 'tenants' of '.*' has \d+ bytes, Kubernetes stores at most 1048576/,
    );
  });

  test('works in the namespaces of all tenants, and in no other', () => {
    const tenantConf = gateway.properties('tenants.conf');
    expect(tenantConf).toMatchObject({
      'kyuubi.kubernetes.namespace.allow.list': 'tenant-analytics,tenant-science',
      'kyuubi.kubernetes.client.initialize.list': ':tenant-analytics,:tenant-science',
    });
    expect(tenantConf['kyuubi.kubernetes.namespace']).toBe('tenant-analytics');
  });

  test('launches one engine for each user, from a jar that is in their pod', () => {
    const { volumeMounts } = gateway.pods.find(({ owner }) => owner === 'driver.yaml')!.template.spec.containers[0];
    expect(conf).toMatchObject({ 'kyuubi.engine.share.level': 'USER' });
    expect(conf['kyuubi.session.engine.spark.main.resource']).toMatch(/^local:\/\/\/opt\/kyuubi-engine\//);
    expect(volumeMounts).toContainEqual({ name: 'engine', mountPath: '/opt/kyuubi-engine' });
  });

  test('asks the database for passwords, as hashes of users that are declared', () => {
    expect(conf['kyuubi.authentication.jdbc.query']).toMatch(
      /AND declared AND \(valid_until IS NULL OR valid_until > now\(\)\) AND password_hash = crypt\(/,
    );
  });

  test('gets its own passwords from memory, where an init container puts them', () => {
    const { initContainers, volumes } = gateway.get('Deployment', 'kyuubi').spec.template.spec;
    const init = initContainers.find(({ name }: Manifest) => name === 'database');
    expect(init.command.at(-1)).toContain('> /passwords/java.options');
    expect(volumes).toContainEqual({ name: 'passwords', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } });
    expect(Object.keys(conf).filter((key) => key.includes('password'))).toEqual([]);
  });

  test('may be dialled from anywhere, for SQL and REST', () => {
    expect(gateway.get('NetworkPolicy', 'kyuubi').spec.ingress).toEqual([
      {
        ports: [
          { port: 10009, protocol: 'TCP' },
          { port: 10099, protocol: 'TCP' },
        ],
      },
    ]);
  });
});

describe('the defaults of a user', () => {
  const conf = withProps({ tenants }).properties('tenants.conf');

  test.each(['ana', 'bob'])('%s has engines of the size of the tenant', (user) => {
    expect(conf).toMatchObject({
      [`___${user}___.spark.kubernetes.namespace`]: 'tenant-analytics',
      [`___${user}___.spark.executor.memory`]: '3632m',
      [`___${user}___.spark.dynamicAllocation.maxExecutors`]: '5',
    });
  });

  test('follow from the size of their engine in how many parts it works, but for what the environment tunes', () => {
    const parts = (spark: LakehouseProps['spark']) => {
      const settings = withProps({ tenants, spark }).properties('tenants.conf');
      return ['shuffle.partitions', 'sources.parallelPartitionDiscovery.parallelism'].map((key) => settings[`___ana___.spark.sql.${key}`]);
    };
    expect(parts({})).toEqual(['80', '40']);
    expect(parts({ 'spark.sql.shuffle.partitions': 64 })).toEqual([undefined, '40']);
  });

  test('have a place for results in the folder of the tenant', () => {
    expect(conf['___ana___.kyuubi.operation.result.saveToFile.dir']).toBe('s3a://lakehouse/tenants/analytics/_results');
  });

  test('say only what differs from the defaults of all', () => {
    expect(Object.keys(conf).filter((key) => key.startsWith('___cleo___'))).toEqual([
      '___cleo___.spark.kubernetes.namespace',
      '___cleo___.spark.sql.warehouse.dir',
      '___cleo___.kyuubi.operation.result.saveToFile.dir',
      '___cleo___.spark.kubernetes.driver.request.cores',
      '___cleo___.kyuubi.batchConf.spark.spark.kubernetes.namespace',
    ]);
    expect(withProps({ tenants }).properties('spark-defaults.conf')).toMatchObject({
      'spark.executor.memory': '1072m',
      'spark.dynamicAllocation.maxExecutors': '2',
    });
  });

  test('are those of the users that are declared', () => {
    const users = Object.keys(conf).flatMap((key) => key.match(/^___(.*)___\./)?.[1] ?? []);
    expect(new Set(users)).toEqual(new Set(['ana', 'bob', 'cleo']));
  });
});

describe('spark-defaults.conf', () => {
  const conf = (spark: LakehouseProps['spark']) => withProps({ spark }).properties('spark-defaults.conf');

  test('has the tuning in place of the defaults', () => {
    expect(conf({})).toMatchObject({ 'spark.sql.shuffle.partitions': '16' });
    expect(conf({ 'spark.sql.shuffle.partitions': 64, 'spark.network.timeout': Duration.minutes(3) })).toMatchObject({
      'spark.sql.shuffle.partitions': '64',
      'spark.network.timeout': '180s',
      'spark.dynamicAllocation.enabled': 'true',
    });
  });

  test('has the same class path in driver and executor', () => {
    expect(conf({})['spark.driver.extraClassPath']).toBe('/opt/libraries/*');
    expect(conf({})['spark.executor.extraClassPath']).toBe('/opt/libraries/*');
  });

  test('names pod templates that are mounted', () => {
    const { volumeMounts } = withProps({}).container('Deployment kyuubi');
    expect(volumeMounts).toContainEqual({ name: 'pod-templates', mountPath: '/etc/pod-templates' });
    expect(conf({})['spark.kubernetes.driver.podTemplateFile']).toBe('/etc/pod-templates/driver.yaml');
    expect(conf({})['spark.kubernetes.executor.podTemplateFile']).toBe('/etc/pod-templates/executor.yaml');
  });

  test('fails for a tuning that is wired', () => {
    expect(() => conf({ 'spark.hadoop.fs.s3a.endpoint': 'http://other' })).toThrow(
      "spark: 'spark.hadoop.fs.s3a.endpoint' is set by the lakehouse to 'http://minio.lakehouse.svc:9000' and cannot be changed: remove it",
    );
  });

  test('fails for an unknown key, naming the nearest', () => {
    expect(() => conf({ 'spark.sql.shuffle.partitons': 1 })).toThrow(/'spark\.sql\.shuffle\.partitons'.*'spark\.sql\.shuffle\.partitions'/);
  });

  test('does not compile with a key that is none of Spark', () => {
    // @ts-expect-error: 'sprak'
    expect(() => conf({ 'sprak.sql.shuffle.partitions': 1 })).toThrow("'sprak.sql.shuffle.partitions' is not a key");
  });

  // The defaults of each user have all sizes, and win: the tuning would be without effect.
  test.each([
    'spark.executor.memory',
    'spark.driver.memory',
    'spark.executor.cores',
    'spark.dynamicAllocation.maxExecutors',
    'spark.kubernetes.namespace',
  ] as const)('fails for the tuning of %s', (key) => {
    expect(() => conf({ [key]: 4 })).toThrow(key);
  });

  test.each([
    ['claimName', 'OnDemand'],
    ['claimName', 'shuffle-OnDemand'],
    ['claimName', 'shuffle-SPARK_EXECUTOR_ID'],
    ['options.storageClass', 'fast'],
    ['options.sizeLimit', '1Gi'],
  ])('fails for a volume that each executor would have to make: %s=%s', (option, value) => {
    const volume = 'spark.kubernetes.executor.volumes.persistentVolumeClaim.spark-local-dir-1';
    expect(() => conf({ [`${volume}.${option}`]: value })).toThrow(`'${value}': an engine may not create volumes`);
    expect(conf({ [`${volume}.options.claimName`]: 'shared' })).toMatchObject({ [`${volume}.options.claimName`]: 'shared' });
  });

  // It would stand in a ConfigMap.
  test.each(['spark.hadoop.fs.s3a.secret.key', 'spark.hadoop.fs.s3a.access.key'] as const)('fails for a login in %s', (key) => {
    expect(() => conf({ [key]: 'x' })).toThrow(key);
  });
});

describe('with TLS', () => {
  const tls = withProps({ gateway: { tls: { secretName: 'kyuubi-tls' } } });

  test('both ways in have it, from the Secret', () => {
    const { initContainers, volumes } = tls.get('Deployment', 'kyuubi').spec.template.spec;
    const { volumeMounts } = initContainers.find(({ name }: Manifest) => name === 'proxy');
    expect(volumes).toContainEqual({ name: 'tls', secret: { secretName: 'kyuubi-tls', defaultMode: 0o440 } });
    expect(volumeMounts).toContainEqual({ name: 'tls', mountPath: '/tls' });
    expect(tls.text('haproxy.cfg', 'kyuubi').match(/bind :\d+.*/g)).toEqual([
      'bind :10009 ssl crt /tls/tls.crt',
      'bind :10099 ssl crt /tls/tls.crt alpn http/1.1',
      'bind :10098',
    ]);
  });

  test('nobody but its proxy reads the key', () => {
    const { initContainers, containers } = tls.get('Deployment', 'kyuubi').spec.template.spec;
    const readers = [...initContainers, ...containers].filter(({ volumeMounts = [] }) => volumeMounts.some(({ name }: Manifest) => name === 'tls'));
    expect(readers.map(({ name }) => name)).toEqual(['proxy', 'certificate']);
  });

  test.each(['', 'Kyuubi TLS'])("fails for a Secret of the name '%s'", (secretName) => {
    expect(() => withProps({ gateway: { tls: { secretName } } })).toThrow(`gateway.tls.secretName is '${secretName}': a Secret's name has`);
  });

  test('an environment that lasts fails without', () => {
    const { gateway, ...production } = environment('production');
    expect(gateway?.tls).toBeDefined();
    expect(() => Manifests.of(production)).toThrow(
      "the gateway of this environment would take passwords in clear from the network, which only a throw-away cluster's may: set gateway.tls",
    );
  });
});

describe('the network policies', () => {
  const database = (props: Partial<LakehouseProps>) =>
    withProps(props)
      .get('Deployment', 'kyuubi')
      .spec.template.spec.initContainers.find(({ name }: Manifest) => name === 'database').command[2];

  test('are proven before the gateway opens: it dials what none of them lets it dial', () => {
    expect(database({})).toContain('exec 3<>/dev/tcp/minio.lakehouse.svc/9101');
    const rules = withProps({}).all('NetworkPolicy');
    expect(JSON.stringify(rules)).not.toContain('9101');
    const { ports } = withProps({}).get('Service', 'minio').spec;
    expect(ports).toContainEqual({ name: 'closed', port: 9101 });
  });

  test('are not asked for where it is known that there are none', () => {
    expect(database({ networkPolicies: 'not enforced' })).not.toContain('9101');
  });
});

describe('starts of engines', () => {
  const submits = (mebibytes: number) =>
    withProps({ gateway: { memory: Size.mebibytes(mebibytes) } })
      .container('Deployment kyuubi')
      .env.find(({ name }: Manifest) => name === 'SUBMITS').value;

  test.each([
    [1024, '1'],
    [1536, '2'],
    [4096, '5'],
  ])('with %d MiB there are at most %s at once', (memory, most) => {
    expect(submits(memory)).toBe(most);
  });
});

test('nobody but the proxy is dialled from outside, and Kyuubi listens to its own pod', () => {
  const gateway = Manifests.of(kind);
  const { initContainers, containers } = gateway.get('Deployment', 'kyuubi').spec.template.spec;
  const ports = [...initContainers, ...containers].flatMap(({ name, ports = [] }) =>
    ports.map(({ containerPort }: Manifest) => [name, containerPort]),
  );
  expect(ports.filter(([, port]) => [10009, 10099].includes(port))).toEqual([
    ['proxy', 10009],
    ['proxy', 10099],
  ]);
  expect(gateway.properties('kyuubi-defaults.conf')['kyuubi.frontend.bind.host']).toBe('127.0.0.1');
});
