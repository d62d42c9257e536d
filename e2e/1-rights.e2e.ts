import { cluster, NAMESPACE, TENANT } from './lakehouse';

/** What each account needs in the namespace of a tenant, and nothing else anywhere but what it watches by name. */
const RIGHTS: Record<string, Record<string, string[]>> = {
  // spark-submit applies a driver with its Service and ConfigMaps; Kyuubi watches drivers and Services, and deletes drivers that have ended.
  [`${NAMESPACE}:kyuubi`]: {
    pods: ['create', 'list', 'watch', 'delete'],
    services: ['create', 'list', 'watch', 'patch'],
    configmaps: ['create', 'patch'],
  },
  // A driver makes its executors and watches them, and removes all that was made for it.
  [`${TENANT}:spark-driver`]: {
    pods: ['create', 'get', 'list', 'watch', 'delete', 'deletecollection'],
    configmaps: ['create', 'deletecollection'],
    services: ['deletecollection'],
    persistentvolumeclaims: ['list', 'deletecollection'],
  },
  // It asks whose driver calls.
  [`${NAMESPACE}:hive-metastore`]: { pods: ['list'] },
  // Its watcher asks who still has a login, there and here.
  [`${NAMESPACE}:minio`]: { pods: ['list'] },
  [`${NAMESPACE}:postgres`]: {},
  [`${TENANT}:spark-executor`]: {},
};

const isToo = (account: string, namespace: string) => account === `${NAMESPACE}:minio` && namespace === NAMESPACE;

const mayI = (account: string, namespace: string, verb: string, resource: string) =>
  cluster.kubectl('auth', 'can-i', verb, resource, '-n', namespace, `--as=system:serviceaccount:${account}`).then(
    (answer) => answer === 'yes',
    () => false,
  );

const each = Object.entries(RIGHTS).flatMap(([account, resources]) =>
  Object.entries(resources).flatMap(([resource, verbs]) => verbs.map((verb) => [account, verb, resource] as const)),
);

test.each(each)('%s may %s %s in the namespace of the tenant, and in no other', async (account, verb, resource) => {
  const namespaces = [TENANT, NAMESPACE, 'default', 'kube-system'];
  const allowed = await Promise.all(namespaces.map((namespace) => mayI(account, namespace, verb, resource)));
  expect(namespaces.filter((_, index) => allowed[index])).toEqual(namespaces.filter((one) => one === TENANT || isToo(account, one)));
});

test.each([
  ['minio', 'configmaps', 'minio-users'],
  ['minio', 'secrets', 'minio-users'],
  ['postgres', 'configmaps', 'postgres-logins'],
  ['postgres', 'secrets', 'postgres-root'],
  ['postgres', 'secrets', 'database-kyuubi'],
  ['postgres', 'secrets', 'database-metastore'],
  ['hive-metastore', 'configmaps', 'schemas'],
  ['kyuubi', 'configmaps', 'kyuubi-tenants'],
  ['kyuubi', 'secrets', 'kyuubi-users'],
])('%s may watch the %s called %s, and no others', async (account, resource, name) => {
  const may = (...what: string[]) => mayI(`${NAMESPACE}:${account}`, NAMESPACE, 'watch', what.join('/'));
  await expect(may(resource, name)).resolves.toBe(true);
  await expect(may(resource)).resolves.toBe(false);
  await expect(may(resource, 'another')).resolves.toBe(false);
});

test.each(Object.entries(RIGHTS))('%s may do nothing else', async (account, resources) => {
  const list = await cluster.kubectl('auth', 'can-i', '--list', '-n', TENANT, `--as=system:serviceaccount:${account}`);
  const [, ...rows] = list.split('\n');
  const found = rows
    .map((row) => /^(\S*)\s+\[.*?\]\s+\[.*?\]\s+\[(.*?)\]$/.exec(row.trim()))
    // What every account may: ask what it may, and read what the API is.
    .flatMap((match) => (match?.[1] && !match[1].startsWith('self') ? [[match[1], match[2]!.split(' ').sort()] as const] : []));
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(Object.entries(resources).map(([resource, verbs]) => [resource, [...verbs].sort()])));
});
