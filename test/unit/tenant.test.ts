import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { environment } from '../../environments';
import type { LakehouseProps } from '../../lib/lakehouse';
import { EngineShare, type TenantProps } from '../../lib/tenants/tenant';
import { type Manifest, Manifests } from '../manifests';

const withTenants = (tenants: LakehouseProps['tenants']) => Manifests.of({ ...environment('kind'), tenants });
const two = withTenants({ analytics: { users: ['ana'] }, science: { users: ['bob'] } });

describe.each(['analytics', 'science'])('the tenant %s', (name) => {
  const namespace = `tenant-${name}`;

  test('has a namespace, which admits restricted pods only', () => {
    expect(two.get('Namespace', namespace).metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });

  test('has a file', () => {
    expect(two.files[`3-${name}`]!.map(({ metadata }) => metadata.namespace)).toEqual(expect.arrayContaining([namespace]));
    expect(two.files[`3-${name}`]!.filter(({ metadata }) => metadata.namespace !== namespace)).toEqual([]);
  });

  test('has accounts for its pods, without tokens unless a pod asks', () => {
    for (const account of ['spark-driver', 'spark-executor'])
      expect(two.get('ServiceAccount', account, namespace)).toMatchObject({ automountServiceAccountToken: false });
  });

  test('lets the gateway launch engines, and drivers make executors', () => {
    expect(two.get('RoleBinding', 'engine-launcher', namespace)).toMatchObject({
      roleRef: { kind: 'Role', name: 'engine-launcher' },
      subjects: [{ kind: 'ServiceAccount', name: 'kyuubi', namespace: 'lakehouse' }],
    });
    expect(two.get('RoleBinding', 'spark-driver', namespace)).toMatchObject({
      roleRef: { kind: 'Role', name: 'spark-driver' },
      subjects: [{ kind: 'ServiceAccount', name: 'spark-driver', namespace }],
    });
  });

  test('has a login of its own for the store, in a Secret that is called the same for all', () => {
    const { data } = two.get('Secret', 'object-store', namespace);
    expect(Buffer.from(data.username, 'base64').toString()).toBe(namespace);
  });

  test('is closed to the pods of others', () => {
    const peers = ['spark-driver', 'spark-executor'].flatMap((policy) => {
      const { ingress, egress } = two.get('NetworkPolicy', policy, namespace).spec;
      return [...ingress, ...egress].flatMap(({ from, to }: Manifest) => from ?? to);
    });
    const others = peers.map(({ namespaceSelector }) => namespaceSelector?.matchLabels['kubernetes.io/metadata.name']).filter(Boolean);
    expect(new Set(others)).toEqual(new Set([namespace, 'lakehouse', 'kube-system']));
  });
});

test('a component has one rule for the drivers of all tenants, which names their namespaces', () => {
  expect(two.get('NetworkPolicy', 'hive-metastore').spec.ingress).toEqual([
    {
      from: [
        {
          namespaceSelector: {
            matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['tenant-analytics', 'tenant-science'] }],
          },
          podSelector: { matchLabels: { 'app.kubernetes.io/name': 'spark-driver' } },
        },
      ],
      ports: [{ port: 9083, protocol: 'TCP' }],
    },
  ]);
});

test('nobody may read Secrets but those who make the logins that are in them, or run commands in pods', () => {
  const rules: [string, Manifest][] = two.all('Role').flatMap(({ metadata, rules }) => rules.map((rule: Manifest) => [metadata.name, rule]));
  const resources = rules.flatMap(([, rule]) => rule.resources);
  expect([...new Set(resources)].sort()).toEqual(['configmaps', 'persistentvolumeclaims', 'pods', 'secrets', 'services']);
  const secrets = rules.filter(([, rule]) => rule.resources.includes('secrets')).map(([name, { resourceNames }]) => [name, resourceNames]);
  expect(Object.fromEntries(secrets)).toEqual({
    'kyuubi-live-watcher': ['kyuubi-users'],
    'minio-store-watcher': ['minio-users'],
    'postgres-live-watcher': ['postgres-root', 'database-metastore', 'database-kyuubi'],
  });
  expect(two.all('ClusterRole')).toEqual([]);
});

test('nothing that holds its pods in check goes because a smaller environment is applied', () => {
  const pruned = two
    .all()
    .filter(({ metadata }) => /^tenant-/.test(metadata.namespace ?? metadata.name))
    .filter(
      ({ metadata: { annotations } }) =>
        !/Prune=false/.test(annotations['argocd.argoproj.io/sync-options']) || annotations['kustomize.toolkit.fluxcd.io/prune'] !== 'disabled',
    );
  expect(pruned.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
});

test.each(['', 'Analytics', '1st', '-analytics', 'analytics-', 'data_science', 'a.b', 'a'.repeat(43)])("fails for the tenant '%s'", (name) => {
  expect(() => withTenants({ [name]: { users: ['ana'] } })).toThrow(
    `the tenant '${name}' has a bad name: use at most 36 lower-case letters, digits and hyphens, beginning with a letter`,
  );
});

test('fails without tenants, showing one', () => {
  expect(() => withTenants({})).toThrow("'tenants' is empty: name at least one, as in { analytics: { users: ['ana'] } }");
});

test('a tenant may be called as an object of another', () => {
  const deny = withTenants({ x: { users: ['ana'] }, 'x-default-deny': { users: ['bob'] } }).all('NetworkPolicy');
  expect(deny.filter(({ metadata }) => metadata.name === 'default-deny')).toHaveLength(3);
});

test('fails for a tenant without users', () => {
  expect(() => withTenants({ analytics: { users: [] } })).toThrow("the tenant 'analytics' has no users: name at least one");
});

test.each(['', 'Ana', '1st', 'ana@example.com', 'ana b', 'ana_b', "ana'", '-ana'])("fails for the user '%s'", (user) => {
  expect(() => withTenants({ analytics: { users: [user] } })).toThrow(
    `the user '${user}' has a bad name: use at most 63 lower-case letters, digits and hyphens, beginning with a letter`,
  );
});

// The message says which number is wrong, but not in which of the tenants.
test('fails for a size, naming the tenant', () => {
  const tenants = { analytics: { users: ['ana'] }, science: { users: ['bob'], engine: { executors: { max: 0 } } } };
  expect(() => withTenants(tenants)).toThrow(/science.*executors\.max is 0/);
});

describe('the quota', () => {
  const engine = { driver: { memory: Size.gibibytes(2), cpu: Cpu.units(1) }, executors: { memory: Size.gibibytes(3), cpu: Cpu.millis(500), max: 4 } };
  const quota = (tenant: Partial<TenantProps>) =>
    withTenants({ analytics: { users: ['ana', 'bob'], engine, ...tenant } }).get('ResourceQuota', 'engines').spec.hard;

  test('is an engine at its largest for each user, and for four batches', () => {
    expect(quota({})).toEqual({
      'requests.cpu': '18',
      'requests.memory': '84Gi',
      'limits.memory': '84Gi',
      pods: '30',
      'count/services': '6',
      'count/pods': '90',
      'count/configmaps': '70',
    });
  });

  test('is one engine for a team that shares it, and as many batches as it says', () => {
    const hard = quota({ share: EngineShare.TEAM, batches: 1 });
    expect(hard).toEqual({
      'requests.cpu': '6',
      'requests.memory': '28Gi',
      'limits.memory': '28Gi',
      pods: '10',
      'count/services': '2',
      'count/pods': '30',
      'count/configmaps': '30',
    });
  });

  test('goes by the usual size of an engine', () => {
    const hard = quota({ engine: {}, batches: 0 });
    expect(hard).toEqual({
      'requests.cpu': '1200m',
      'requests.memory': '9Gi',
      'limits.memory': '9Gi',
      pods: '6',
      'count/services': '2',
      'count/pods': '18',
      'count/configmaps': '30',
    });
  });

  test('has no place for pods that drive others out', () => {
    const { spec } = withTenants({ analytics: { users: ['ana'], engine } }).get('ResourceQuota', 'no-critical-pods');
    expect(spec.hard).toEqual({ pods: '0' });
    expect(spec.scopeSelector.matchExpressions).toEqual([
      { scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical', 'system-cluster-critical'] },
    ]);
  });

  test.each([-1, 1.5])('fails for %s batches', (batches) => {
    expect(() => quota({ batches })).toThrow(`tenants.analytics.batches is ${batches}: give a whole number, at least 0`);
  });

  test('admits no container larger than those of an engine', () => {
    const { spec } = withTenants({ analytics: { users: ['ana'], engine } }).get('LimitRange', 'engines');
    const limit = { memory: '3Gi' };
    expect(spec.limits).toEqual([{ type: 'Container', max: limit, default: limit, defaultRequest: limit }]);
  });
});

describe('the engine', () => {
  const conf = (tenants: LakehouseProps['tenants']) => withTenants(tenants).properties('tenants.conf');

  test("is each user's own by default", () => {
    const settings = conf({ analytics: { users: ['ana'] } });
    expect(Object.keys(settings).filter((key) => key.startsWith('___ana___.kyuubi.engine.'))).toEqual([]);
  });

  test('is one for a team that shares it', () => {
    expect(conf({ analytics: { users: ['ana', 'bob'], share: EngineShare.TEAM }, science: { users: ['cleo'] } })).toMatchObject({
      '___bob___.kyuubi.engine.share.level': 'SERVER',
      '___bob___.kyuubi.engine.share.level.subdomain': 'analytics',
    });
  });

  test("creates the team's schemas, in the team's folder", () => {
    expect(conf({ analytics: { users: ['ana'], schemas: ['sales', 'web', 'default'] } })).toMatchObject({
      '___ana___.kyuubi.engine.initialize.sql': 'CREATE SCHEMA IF NOT EXISTS `sales`;CREATE SCHEMA IF NOT EXISTS `web`',
      '___ana___.spark.sql.warehouse.dir': 's3a://lakehouse/tenants/analytics',
    });
  });
});

describe('in the store', () => {
  const tenants = { analytics: { users: ['ana'], schemas: ['default', 'web'] }, science: { users: ['cleo'], reads: ['web'] } };
  const folders = (tenant: string, verb: string, from = tenants) => {
    const { Statement } = JSON.parse(withTenants(from).get('ConfigMap', 'minio-users').data[`tenant-${tenant}`]);
    const found = Statement.filter(({ Action }: Manifest) => Action.includes(verb)).flatMap(({ Resource }: Manifest) => Resource);
    return found.map((resource: string) => resource.replace('arn:aws:s3:::lakehouse/', ''));
  };

  test('a tenant writes to its own folder, and to that of the schema default if it owns it', () => {
    expect(folders('analytics', 's3:PutObject')).toEqual(['warehouse/*', 'tenants/analytics/*']);
    expect(folders('science', 's3:PutObject')).toEqual(['tenants/science/*']);
  });

  test('a tenant reads the schemas of others that it names, and nothing else of theirs', () => {
    expect(folders('science', 's3:GetObject')).toEqual(['libraries/*', 'tenants/analytics/web.db/*', 'tenants/science/*']);
    expect(folders('science', 's3:GetObject', { ...tenants, science: { users: ['cleo'], reads: ['default'] } })).toContain('warehouse/*');
  });

  test.each([
    ["tenants.science: 'reads' names the schema 'logs', which no tenant has: use one of default, web", { reads: ['logs'] }],
    ["tenants.science: 'reads' names the schema 'own', which is its own: use one of default, web", { reads: ['own'], schemas: ['own'] }],
    ["the schema 'web' belongs to the tenants 'analytics' and 'science': let one own it and the other name it in 'reads'", { schemas: ['web'] }],
    ["tenants.science: the schema 'Web' has a bad name: use at most 128 lower-case letters, digits and underscores", { schemas: ['Web'] }],
    ["tenants.science: the schema 'a;b' has a bad name", { schemas: ['a;b'] }],
    ["tenants.science: the schema 'global_temp' is Spark's own", { schemas: ['global_temp'] }],
    ["tenants.science: 'schemas' names 'own' twice", { schemas: ['own', 'own'] }],
  ])('fails: %s', (message, science) => {
    expect(() => withTenants({ ...tenants, science: { users: ['cleo'], ...science } })).toThrow(message);
  });
});

test.each([
  ['spark.kubernetes.namespace', "is each tenant's own: remove it"],
  ['spark.sql.warehouse.dir', "is each tenant's own: remove it"],
  ['spark.executor.memory', "is each tenant's: set its size in tenants.<name>.engine"],
  ['spark.executor.instances', "is each tenant's: set its size"],
  ['spark.memory.offHeap.size', "is each tenant's: set its size"],
  ['spark.dynamicAllocation.enabled', "is each tenant's: set its size"],
  ['spark.hadoop.fs.s3a.secret.key', 'would stand in clear in a ConfigMap'],
  ['spark.hadoop.fs.s3a.encryption.key', 'would stand in clear in a ConfigMap'],
  ['spark.hadoop.fs.s3a.bucket.b.server-side-encryption.key', 'would stand in clear in a ConfigMap'],
  ['spark.executorEnv.AWS_SECRET_ACCESS_KEY', 'would stand in clear in a ConfigMap'],
  ['spark.kubernetes.driverEnv.SOME_PASSWORD', 'would stand in clear in a ConfigMap'],
  ['spark.hive.metastore.uris', 'is set by the lakehouse'],
  ['spark.hadoop.fs.s3a.bucket.lakehouse.endpoint', 'is set by the lakehouse'],
  ['spark.hadoop.fs.s3a.bucket.lakehouse.aws.credentials.provider', 'is set by the lakehouse'],
  ['spark.kubernetes.driver.label.app.kubernetes.io/name', 'is by what network policies'],
  ['spark.kubernetes.executor.container.image', 'is wired by the lakehouse'],
  ['spark.kubernetes.driver.secretKeyRef.AWS_ACCESS_KEY_ID', 'is wired by the lakehouse'],
  ['spark.kubernetes.driver.pod.name', 'would be the name of the pods of all engines'],
])('fails for the tuning of %s, which %s', (key, message) => {
  expect(() => Manifests.of({ ...environment('kind'), spark: { [key]: 'x' } })).toThrow(`spark: '${key}' ${message}`);
});

test.each(['spark.kubernetes.driver.label.cost-center', 'spark.kubernetes.driver.secretKeyRef.LICENSE', 'spark.hadoop.fs.s3a.bucket.other.endpoint'])(
  'admits the tuning of %s',
  (key) => {
    expect(Manifests.of({ ...environment('kind'), spark: { [key]: 'x' } }).properties('spark-defaults.conf')).toHaveProperty([key], 'x');
  },
);

describe('the time of a statement', () => {
  const conf = (queryTimeout?: Duration) =>
    withTenants({ analytics: { users: ['ana'], queryTimeout }, science: { users: ['bob'] } }).properties('tenants.conf');

  test('is limited for the users of a tenant, as the gateway writes times', () => {
    expect(conf(Duration.minutes(90))).toMatchObject({ '___ana___.kyuubi.operation.query.timeout': 'PT5400S' });
    expect(Object.keys(conf(Duration.minutes(90)))).not.toContain('___bob___.kyuubi.operation.query.timeout');
  });

  test('is not limited by default', () => {
    expect(Object.keys(conf())).not.toContain('___ana___.kyuubi.operation.query.timeout');
  });

  test('fails below a second', () => {
    expect(() => conf(Duration.millis(999))).toThrow('tenants.analytics.queryTimeout is 999 ms: give at least a second');
  });
});
