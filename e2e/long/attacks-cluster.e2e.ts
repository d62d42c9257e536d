import { setTimeout as delay } from 'node:timers/promises';
import { asCleo, asDriver, at, BATCH, driver, OURS, OWN, onRest, pod, refusedByTheNode, s3, stateOf, submitted } from '../attacker';
import { cluster, eventually, loginOf, mc, NAMESPACE, rest, secretValue, TENANT, USER } from '../lakehouse';
import { pods } from '../tenants';

asCleo();

// 2. Discovery.
test("a pod of hers with the tag of another's batch changes nothing of it", () =>
  onRest(async (port) => {
    const [ana, cleo] = [await rest(port, USER), await rest(port, 'cleo')];
    const api = await asDriver();
    const one = await driver(api);
    const batches = { theirs: await submitted(ana), own: await submitted(cleo) };
    try {
      const look = { theirs: () => stateOf(ana, batches.theirs), own: () => stateOf(cleo, batches.own) };
      await eventually('both run', 120, async () => (await Promise.all([look.theirs(), look.own()])).every(({ appState }) => appState === 'RUNNING'));
      // Nothing more happens to their pods.
      await delay(3000);
      const before = await look.theirs();
      for (const [name, tag] of Object.entries(batches)) {
        const labels = { 'kyuubi-unique-tag': tag, 'spark-app-selector': 'spark-hers', 'spark-app-name': 'hers', 'spark-role': 'driver' };
        expect(await api('POST', at(OWN, 'pods'), pod(one, { name, labels, spec: refusedByTheNode(one) }))).toMatchObject({ status: 201 });
      }
      await eventually('her own batch has what her pod says', 60, async () => (await look.own()).state === 'ERROR');
      await delay(10_000);
      const after = await look.theirs();
      expect({ state: after.state, appId: after.appId }).toEqual({ state: 'RUNNING', appId: before.appId });
      await expect(ana('DELETE', `/batches/${batches.theirs}`)).resolves.toMatchObject({ ok: true, text: expect.stringContaining('"success":true') });
    } finally {
      await ana('DELETE', `/batches/${batches.theirs}`);
      await cleo('DELETE', `/batches/${batches.own}`);
      for (const [namespace, tag] of [[TENANT, batches.theirs] as const, [OWN, batches.own] as const])
        await cluster.kubectl('-n', namespace, 'delete', 'pods', '-l', `kyuubi-unique-tag=${tag}`, '--grace-period=0', '--force');
    }
  }));

// 3. Network.
test('a pod that her driver makes reaches no more by the labels of another component, from its first moment on', async () => {
  const api = await asDriver();
  const one = await driver(api);
  const [[theirs], nodes] = [await pods('analytics', 'driver'), await cluster.list('nodes')];
  const addressOf = async (name: string) => {
    const [found] = await cluster.list('pods', '-n', NAMESPACE, '-l', `app.kubernetes.io/name=${name}`, '--field-selector=status.phase=Running');
    return found.status.podIP as string;
  };
  const [kyuubi, minio, metastore, postgres] = await Promise.all(['kyuubi', 'minio', 'hive-metastore', 'postgres'].map(addressOf));
  const node = nodes[0].status.addresses.find(({ type }: { type: string }) => type === 'InternalIP').address;
  const targets: Record<string, string> = {
    [`${minio}:9000`]: 'store',
    [`${metastore}:9083`]: 'metastore',
    [`${postgres}:5432`]: 'database',
    [`${node}:10250`]: 'kubelet',
    '169.254.169.254:80': "the cloud's metadata",
    ...Object.fromEntries([10009, 4040, 7078, 7079].map((port) => [`${theirs.status.podIP}:${port}`, `driver of another tenant, ${port}`])),
    ...Object.fromEntries([10009, 10099, 10019, 10098].map((port) => [`${kyuubi}:${port}`, `gateway, ${port}`])),
  };
  const allowed: Record<string, string[]> = { 'spark-driver': ['metastore', 'store'], 'spark-executor': ['store'] };
  const names = ['', 'kyuubi', 'postgres', 'minio', 'hive-metastore', 'spark-driver', 'spark-executor'];
  const dial = Object.keys(targets).map((target) => `(timeout 1 bash -c ': <>/dev/tcp/${target.replace(':', '/')}' 2>/dev/null && echo ${target}) &`);
  const script = `for round in 1 2 3 4; do\n${dial.join('\n')}\nwait\ndone | sort -u > /dev/termination-log`;
  for (const name of names) {
    const labels = name ? { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'lakehouse' } : undefined;
    expect(await api('POST', at(OWN, 'pods'), pod(one, { name: `dials-${name || 'unlabelled'}`, labels, script }))).toMatchObject({ status: 201 });
  }
  const reached: Record<string, string[]> = {};
  await eventually('all have dialled', 120, async () => {
    for (const name of names) {
      const { body } = await api('GET', at(OWN, `pods/e2e-dials-${name || 'unlabelled'}`));
      const ended = body.status.containerStatuses?.[0].state.terminated;
      if (!ended) return false;
      reached[name] = (ended.message ?? '')
        .split('\n')
        .filter(Boolean)
        .map((target: string) => targets[target]!)
        .sort();
    }
    return true;
  });
  expect(reached).toEqual(Object.fromEntries(names.map((name) => [name, allowed[name] ?? []])));
});

// 5. Store.
test("the store lists no other tenant's files, by whatever name the request has for a folder", async () => {
  await mc('minio-root', 'cp /tmp/one store/lakehouse/tenants/analytics/e2e.db/people/name=private/one');
  await mc('minio-root', 'cp /tmp/one store/lakehouse/tenants/science/e2e.db/own/one');
  const login = await loginOf('object-store', OWN);
  const [theirs, own] = ['tenants/analytics/e2e.db/', 'tenants/science/e2e.db/'];
  const told = await cluster.forwarded(NAMESPACE, 'svc/minio', 9000, async (port) => {
    const list = (query: [string, string][], headers?: Record<string, string>) =>
      s3(port, login, '/lakehouse', [['list-type', '2'], ...query], headers);
    return {
      'her own folder': await list([['prefix', own]]),
      'a folder of another': await list([['prefix', theirs]]),
      'no folder': await list([]),
      'two folders': await list([
        ['prefix', theirs],
        ['prefix', own],
      ]),
      'two folders the other way round': await list([
        ['prefix', own],
        ['prefix', theirs],
      ]),
      'a folder in capitals': await list([
        ['prefix', theirs],
        ['Prefix', own],
      ]),
      'a folder in a header': await list([['prefix', theirs]], { Prefix: own }),
      'all by a folder in a header': await list([], { Prefix: own }),
      'by the first version of the call': await s3(port, login, '/lakehouse', [['prefix', theirs]], { Prefix: own }),
      'versions by a folder in a header': await s3(
        port,
        login,
        '/lakehouse',
        [
          ['prefix', theirs],
          ['versions', ''],
        ],
        { Prefix: own },
      ),
    };
  });
  expect(told['her own folder']).toContain(`${own}own/one`);
  expect(
    Object.entries(told)
      .filter(([, text]) => text.includes('name=private'))
      .map(([how]) => how),
  ).toEqual([]);
});

// 6. The API of Kubernetes.
test('her driver cannot make what takes the place of others: pods of a priority, pods and ConfigMaps without number', async () => {
  const api = await asDriver();
  const one = await driver(api);
  const made = (name: string, spec?: object) => api('POST', at(OWN, 'pods'), pod(one, { name, spec }));
  expect(await made('usual')).toMatchObject({ status: 201 });
  const open: string[] = [];
  for (const priorityClassName of ['system-node-critical', 'system-cluster-critical'])
    if ((await made(priorityClassName, { priorityClassName })).status === 201) open.push(`a pod of ${priorityClassName}`);
  for (const [what, spec] of Object.entries({
    'the network of the node': { hostNetwork: true },
    'the processes of the node': { hostPID: true },
    'a folder of the node': { volumes: [{ name: 'host', hostPath: { path: '/' } }] },
  }))
    if ((await made('host', spec)).status === 201) open.push(`a pod with ${what}`);
  const { hard } = JSON.parse(await cluster.kubectl('-n', OWN, 'get', 'resourcequota', 'engines', '-o', 'json')).spec;
  /** Makes one after the other. @returns whether as many as the quota has are refused in the end */
  const hasAnEnd = async (most: string, make: (name: string) => Promise<{ status: number }>) => {
    for (let index = 0; index < Number(most); index++) if ((await make(`many-${index}`)).status !== 201) return index > 0;
    return false;
  };
  const ended = await hasAnEnd(hard['count/pods'], async (name) => {
    const { status } = await made(name, refusedByTheNode(one));
    if (status === 201)
      await eventually('it has ended', 10, async () => (await api('GET', at(OWN, `pods/e2e-${name}`))).body.status.phase === 'Failed');
    return { status };
  });
  const data = { text: 'x'.repeat(900_000) };
  const maps = await hasAnEnd(hard['count/configmaps'], (name) =>
    api('POST', at(OWN, 'configmaps'), { metadata: { name: `e2e-${name}`, labels: OURS }, data }),
  );
  expect({ ended, maps }).toEqual({ ended: true, maps: true });
  expect(open).toEqual([]);
});

// 9. Secrets.
test("a keytab makes no Secret of the gateway's passwords, and a pod mounts no Secret of another namespace", async () => {
  const api = await asDriver();
  const one = await driver(api);
  const statuses = await Promise.all([OWN, NAMESPACE, TENANT].map(async (namespace) => (await api('GET', at(namespace, 'secrets'))).status));
  expect(statuses).toEqual([403, 403, 403]);
  const mounts = (name: string, secretName: string) => {
    const reads = pod(one, {
      name,
      script: 'cat /secret/* | wc -c > /dev/termination-log',
      spec: { volumes: [{ name: 'secret', secret: { secretName } }] },
    });
    reads.spec.containers[0].volumeMounts = [{ name: 'secret', mountPath: '/secret' }];
    return api('POST', at(OWN, 'pods'), reads);
  };
  await mounts('mounts-own', 'object-store');
  await mounts('mounts-users', 'kyuubi-users');
  await onRest(async (port) => {
    const cleo = await rest(port, 'cleo');
    const logs: string[] = [];
    for (const keytab of ['/passwords/java.options', '/no/such.keytab']) {
      const answer = await cleo('POST', '/batches', {
        ...BATCH,
        conf: { ...BATCH.conf, 'spark.yarn.keytab': keytab, 'spark.yarn.principal': 'cleo@EXAMPLE.COM' },
      });
      if (!answer.ok) {
        expect(answer.text).toContain('is a restrict key');
        continue;
      }
      const { id } = JSON.parse(answer.text);
      await eventually('it has ended, or has a driver', 120, async () => /ERROR|RUNNING/.test((await stateOf(cleo, id)).state));
      await delay(3000);
      logs.push((await cleo('GET', `/batches/${id}/localLog?from=0&size=1000`)).text);
      await cleo('DELETE', `/batches/${id}`);
    }
    // Spark takes it for one, and Kyuubi says for whom the batch is.
    for (const log of logs) expect(log).toContain('Only one of --proxy-user or --principal can be provided');
  });
  const password = await secretValue(NAMESPACE, 'database-kyuubi', 'password');
  const secrets = await cluster.list('secrets', '-n', OWN);
  const held = secrets.filter(({ data }) =>
    Object.values<string>(data ?? {}).some((value) => Buffer.from(value, 'base64').toString().includes(password)),
  );
  expect(held.map(({ metadata }) => metadata.name)).toEqual([]);
  const ended = async (name: string) => (await api('GET', at(OWN, `pods/e2e-${name}`))).body.status.containerStatuses?.[0].state.terminated?.message;
  await eventually('her own is mounted', 60, async () => Number(await ended('mounts-own')) > 10);
  expect(await ended('mounts-users')).toBeUndefined();
});
