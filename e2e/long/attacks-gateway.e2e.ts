import { request as http } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesObject } from '../../cli/kubectl';
import { asCleo, BATCH, OWN, onRest, restarts, scala, stateOf, submitted, unfinished } from '../attacker';
import { cluster, eventually, exec, gateway, gatewayLog, NAMESPACE, passwordOf, python, rest, TENANT, USER } from '../lakehouse';
import { as, pods } from '../tenants';

asCleo();

// 1. Handles.
test('no path of REST without a handle tells her of another or ends what is theirs, nor does one that is spelled otherwise', () =>
  onRest(async (port) => {
    await as(USER, 'SELECT 1');
    const [{ metadata }] = (await pods('demo', 'driver')) as [KubernetesObject];
    const cleo = await rest(port, 'cleo');
    const ana = await rest(port, USER);
    const session = JSON.parse((await ana('POST', '/sessions', { configs: {} })).text).identifier;
    const engine = '/admin/engine?type=SPARK_SQL&sharelevel=USER';
    const asked: [string, string, unknown?][] = [
      ['GET', '/admin/sessions'],
      ['GET', '/admin/operations'],
      ['GET', '/admin/server'],
      ['GET', '/admin/batch/count?batchType=SPARK'],
      ...['hadoop_conf', 'user_defaults_conf', 'kubernetes_conf', 'unlimited_users', 'deny_users', 'deny_ips'].map((what): [string, string] => [
        'POST',
        `/admin/refresh/${what}`,
      ]),
      ...['GET', 'DELETE'].flatMap((method) =>
        ['proxyUser', 'hive.server2.proxy.user'].map((key): [string, string] => [method, `${engine}&${key}=${USER}`]),
      ),
      ['POST', '/batches/reassign', { kyuubiInstance: '10.0.0.1:10099' }],
      ['POST', '/sessions', { configs: { 'hive.server2.proxy.user': USER } }],
      ['POST', '/sessions', { configs: { 'kyuubi.session.proxy.user': USER } }],
    ];
    const open: string[] = [];
    for (const [method, path, body] of asked) {
      const { ok, text } = await cleo(method, path, body);
      if (ok) open.push(`${method} ${path}: ${text.slice(0, 200)}`);
    }
    // Her own is hers to see.
    const own = await cleo('GET', engine);
    expect(own).toMatchObject({ ok: true, text: expect.stringContaining('/cleo/') });
    expect(own.text).not.toContain(`/${USER}/`);
    // Nobody has logged in for these.
    const paths = [
      '/api//v1',
      '//api/v1',
      '/api/v1;a=b',
      '/api/;a=b/v1',
      '/api/%76%31',
      '/api/./v1',
      '/API/v1',
      '/api/v1%3b',
      '/api/v1%00',
      '/api/%20v1',
    ];
    for (const path of paths) {
      for (const what of ['/sessions', '/admin/sessions', `/sessions/${session}`]) {
        const status = await new Promise<string>((resolve, reject) => {
          const asking = http({ port, host: '127.0.0.1', path: path + what }, async (response) => {
            let text = '';
            for await (const chunk of response) text += chunk;
            resolve(`${response.statusCode} ${text}`);
          });
          asking.on('error', reject).end();
        });
        if (/^2\d\d [[{]/.test(status)) open.push(`${path}${what}: ${status.slice(0, 200)}`);
      }
    }
    expect(await cleo('GET', '/sessions')).toMatchObject({ ok: true });
    // A handle that is asked for is not given.
    for (const key of ['kyuubi.session.handle', 'set:hiveconf:kyuubi.session.handle', 'set:kyuubi.session.handle']) {
      const taken = JSON.parse((await cleo('POST', '/sessions', { configs: { [key]: session } })).text).identifier;
      if (taken === session) open.push(key);
      await cleo('DELETE', `/sessions/${taken}`);
    }
    expect(open).toEqual([]);
    expect(await ana('DELETE', `/sessions/${session}`)).toMatchObject({ ok: true });
    const now = (await pods('demo', 'driver')) as KubernetesObject[];
    expect(now.map((one) => one.metadata.name)).toContain(metadata.name);
  }));

// 4. Thrift.
test('no place of the Thrift protocol for a name makes her another user, and structures in structures end her own connection alone', async () => {
  const before = await restarts();
  const told: Record<string, string> = JSON.parse(
    await cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10009, async (port) =>
      python('impostor.py', { PORT: String(port), USER_NAME: 'cleo', PASSWORD: await passwordOf('cleo'), OTHER: USER }),
    ),
  );
  expect(told.herself).toBe(OWN);
  expect(told['as a proxy for herself']).toBe(OWN);
  expect(told['three structures']).toContain('OpenSession');
  expect(Object.entries(told).filter(([, answer]) => answer.includes(TENANT))).toEqual([]);
  expect(told['two million structures']).toBe('ended');
  expect(await restarts()).toBe(before);
  await expect(as('bea', 'SELECT 1')).resolves.toEqual([[1]]);
});

// 7. Logs and UIs.
test('no UI shows her what is not hers: neither through the gateway nor from her engine', async () => {
  const [[theirs], [own]] = (await Promise.all([pods('analytics', 'driver'), pods('science', 'driver')])) as [[KubernetesObject], [KubernetesObject]];
  const address = JSON.parse(await cluster.kubectl('-n', NAMESPACE, 'get', 'pod', await gateway(), '-o', 'json')).status.podIP as string;
  const seen = /kyuubi_|Spark Jobs|"attempts"|PONG|pong/;
  // They are there.
  const inside = await exec(await gateway(), 'kyuubi', [
    'bash',
    '-c',
    "exec 3<>/dev/tcp/127.0.0.1/10019; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
  ]);
  expect(inside.stdout).toMatch(seen);
  const open = await onRest(async (port) => {
    const authorization = `Basic ${Buffer.from(`cleo:${await passwordOf('cleo')}`).toString('base64')}`;
    const found: string[] = [];
    const targets = ['127.0.0.1:10019/metrics', 'localhost:11099/api/v1/ping', `${theirs.status.podIP}:4040/jobs/`, `${own.status.podIP}:4040/jobs/`];
    for (const path of [
      ...targets.map((target) => `/engine-ui/${target}`),
      '/metrics',
      '/ui/../metrics',
      '/ui/metrics',
      '/api/metrics',
      '/proxy/metrics',
    ])
      for (const headers of [undefined, { Authorization: authorization }]) {
        const text = await fetch(`http://127.0.0.1:${port}${path}`, { headers }).then((response) => response.text(), String);
        if (seen.test(text)) found.push(path);
      }
    await expect(fetch(`http://127.0.0.1:${port}/ui/`).then(({ status }) => status)).resolves.toBe(200);
    return found;
  });
  const urls = {
    own: `http://${own.status.podIP}:4040/api/v1/applications`,
    'of another tenant': `http://${theirs.status.podIP}:4040/api/v1/applications`,
    "the gateway's metrics": `http://${address}:10019/metrics`,
    "the store's metrics": 'http://minio.lakehouse.svc:9000/minio/v2/metrics/cluster',
    "the store's console": 'http://minio.lakehouse.svc:9001/',
  };
  const answers = JSON.parse(
    await scala(`Seq(${Object.values(urls)
      .map((url) => `"${url}"`)
      .join(', ')}).map { url =>
        scala.util.Try {
          val connection = new java.net.URL(url).openConnection()
          connection.setConnectTimeout(3000)
          connection.setReadTimeout(30_000)
          scala.io.Source.fromInputStream(connection.getInputStream).mkString
        }.fold(error => "refused", text => if (text.isEmpty) "nothing" else "seen")
      }.mkString("[\\"", "\\",\\"", "\\"]")`),
  );
  expect(Object.fromEntries(Object.keys(urls).map((name, index) => [name, answers[index]]))).toEqual({
    own: 'seen',
    ...Object.fromEntries(
      Object.keys(urls)
        .slice(1)
        .map((name) => [name, 'refused']),
    ),
  });
  expect(open).toEqual([]);
});

// 8. Batches.
test("a batch brings no file of the gateway's, and runs as nobody else and nowhere else, whatever it is called", () =>
  onRest(async (port) => {
    const cleo = await rest(port, 'cleo');
    const accepted: string[] = [];
    for (const key of ['hive.server2.proxy.user', 'kyuubi.session.proxy.user'])
      if ((await cleo('POST', '/batches', { ...BATCH, conf: { ...BATCH.conf, [key]: USER } })).ok) accepted.push(key);
    const moved = {
      'kyuubi.batchConf.spark.spark.kubernetes.namespace': TENANT,
      'kyuubi.session.real.user': USER,
      'kyuubi.session.user': USER,
      'kyuubi.batch.resource.uploaded': 'true',
    };
    const name = `e2e\n--conf spark.kubernetes.namespace=${TENANT}`;
    const ids = {
      moved: await submitted(cleo, { name, conf: { ...BATCH.conf, ...moved }, args: ['--conf', `spark.kubernetes.namespace=${TENANT}`] }),
      file: await submitted(cleo, { resource: '/passwords/java.options', conf: {} }),
    };
    const tagged = async (id: string) =>
      (await cluster.list('pods', '-A', '-l', `kyuubi-unique-tag=${id}`)).map(({ metadata }) => metadata.namespace);
    await eventually('the one has a driver', 120, async () => (await tagged(ids.moved)).length > 0);
    expect(await tagged(ids.moved)).toEqual([OWN]);
    expect(await stateOf(cleo, ids.moved)).toMatchObject({ user: 'cleo' });
    await eventually('the other one has ended', 120, async () => (await stateOf(cleo, ids.file)).state === 'ERROR');
    expect(await tagged(ids.file)).toEqual([]);
    expect((await cleo('GET', `/batches/${ids.file}/localLog?from=0&size=1000`)).text).toContain('spark.kubernetes.file.upload.path');
    await cleo('DELETE', `/batches/${ids.moved}`);
    expect(accepted).toEqual([]);
  }));

// 10. Memory and threads of the gateway.
test('what her requests hold of the gateway has an end: as many as one user may, however she writes her name, and no more memory than there is', () =>
  onRest(async (port) => {
    const before = await restarts();
    // Else her query would wait for an executor: one that has had nothing to do for two minutes is gone.
    await as('bea', 'SELECT 1');
    const login = Buffer.from(`cleo:${await passwordOf('cleo')}`).toString('base64');
    const path = `/sessions/${crypto.randomUUID()}/operations/tables`;
    const open: string[] = [];
    const atOnce = async (schemes: string[]) => {
      const all = Array.from({ length: 60 }, (_, index) => unfinished(port, path, `${schemes[index % schemes.length]} ${login}`, Buffer.from('{')));
      await delay(4000);
      const statuses = all.map(({ status }) => status());
      for (const { end } of all) end();
      await delay(2000);
      return (refusal: number) => statuses.filter((status) => status === refusal).length;
    };
    expect((await atOnce(['Basic']))(429)).toBeGreaterThanOrEqual(9);
    // There is one spelling.
    expect((await atOnce(['Basic', 'basic', 'BASIC']))(400)).toBe(40);

    const tooLarge = unfinished(port, path, `Basic ${login}`, Buffer.alloc(16 << 20, ' '));
    await eventually('what is too large is refused', 10, async () => tooLarge.status() === 413);
    tooLarge.end();
    // Kyuubi makes a text of each of them.
    const large = Buffer.from(`{"tableTypes":["a"${',"a"'.repeat(250_000)}]`);
    const held = Array.from({ length: 60 }, () => unfinished(port, path, `Basic ${login}`, large));
    await Promise.race([Promise.all(held.map(({ sent }) => sent)), delay(40_000)]);
    const asked: string[] = [];
    for (let count = 0; count < 4; count++) {
      const from = Date.now();
      const answer = await Promise.race([as('bea', 'SELECT 1').then(String, String), delay(20_000, 'no answer in 20 s')]);
      asked.push(`${answer.slice(0, 200)} after ${Date.now() - from} ms`);
      if (answer !== '1' || Date.now() - from > 5000) open.push(`with sixty large requests another user's query: ${asked.at(-1)}`);
    }
    console.log(asked.join('\n'));
    for (const { end } of held) end();
    if ((await restarts()) !== before) open.push('the gateway has started anew');
    const log = await gatewayLog('kyuubi', '--since=3m');
    if (log.includes('OutOfMemoryError'))
      open.push(
        log
          .split('\n')
          .find((line) => line.includes('OutOfMemoryError'))!
          .slice(0, 300),
      );
    expect(open).toEqual([]);
  }));

test('logs that her engine writes without end keep nobody from starting an engine', () =>
  onRest(async (port) => {
    const cleo = await rest(port, 'cleo');
    const free = async (folder: string) => {
      const { stdout } = await exec(await gateway(), 'kyuubi', ['df', '--output=avail', folder]);
      return Number(stdout.split('\n')[1]);
    };
    const [starts, statements] = ['/work', '/work/server_operation_logs'];
    const { identifier } = JSON.parse((await cleo('POST', '/sessions', { configs: { 'kyuubi.operation.language': 'SCALA' } })).text);
    const statement = 'val log = org.slf4j.LoggerFactory.getLogger("x"); for (i <- 1 to 4000) log.warn("x" * 60000)';
    await expect(cleo('POST', `/sessions/${identifier}/operations/statement`, { statement, runAsync: true })).resolves.toMatchObject({ ok: true });
    await eventually('no log of a statement has room', 120, async () => (await free(statements)) < 64);
    expect(await free(starts)).toBeGreaterThan(32 * 1024);
    await cluster.kubectl('-n', 'tenant-analytics', 'delete', 'pods', '-l', 'spark-role=driver', '--grace-period=1');
    await expect(as('bea', 'SELECT 1')).resolves.toEqual([[1]]);
    expect(await free(statements)).toBeLessThan(64);
    await cleo('DELETE', `/sessions/${identifier}`);
    await eventually('there is room again', 60, async () => (await free(statements)) > 32 * 1024);
  }));
