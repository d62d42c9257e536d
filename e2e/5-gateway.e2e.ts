import { mkdtempSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Refusal, SqlSession } from '../cli/sql/session';
import { shellLines } from '../test/pages';
import {
  atTerminal,
  beeline,
  client,
  cluster,
  eventually,
  exec,
  gateway,
  gatewayLog,
  inSession,
  NAMESPACE,
  passwordOf,
  python,
  rest,
  run,
  TENANT,
  USER,
  withStore,
} from './lakehouse';
import { withGateway } from './with-gateway';

const SCRIPT = `
CREATE SCHEMA IF NOT EXISTS e2e;
DROP TABLE IF EXISTS e2e.sales;
CREATE TABLE e2e.sales (id INT, city STRING, amount INT) USING delta;
INSERT INTO e2e.sales VALUES (1, 'Bern', 10), (2, 'Rome', 20);
MERGE INTO e2e.sales AS s USING (SELECT 2 AS id, 'Rome' AS city, 25 AS amount UNION ALL SELECT 3, 'Oslo', 30) AS n ON s.id = n.id
  WHEN MATCHED THEN UPDATE SET amount = n.amount WHEN NOT MATCHED THEN INSERT *;
SELECT 'now', count(*), sum(amount) FROM e2e.sales;
SELECT 'before', count(*), sum(amount) FROM e2e.sales VERSION AS OF 1;
CREATE TABLE e2e.gone (id INT) USING delta;
DROP TABLE e2e.gone;
SHOW TABLES IN e2e;
`;
const ROWS = [
  [1, 'Bern', 10],
  [2, 'Rome', 25],
  [3, 'Oslo', 30],
];

describe('through the gateway', () => {
  withGateway('Beeline creates, inserts, merges, travels in time, reads history and drops', async () => {
    const lines = (await beeline(SCRIPT)).split('\n');
    expect(lines).toEqual(expect.arrayContaining(['now,3,65', 'before,2,30', 'e2e,sales,false']));
    expect(lines.some((line) => line.includes('gone'))).toBe(false);
  });

  withGateway('history says what was done', async () => {
    const history = await inSession((session) => session.run('DESCRIBE HISTORY e2e.sales'));
    expect(history.map((row) => row[4])).toEqual(['MERGE', 'WRITE', 'CREATE TABLE']);
  });

  withGateway('pandas reads the same over PyHive', async () => {
    expect(JSON.parse(await client('pandas_reads.py', { QUERY: 'SELECT * FROM e2e.sales ORDER BY id' }))).toEqual(ROWS);
  });

  withGateway('pandas writes tables of all types and reads them back, many rows in one commit', async () => {
    const told = JSON.parse(await client('pandas_writes.py', { ROWS: '350000' }));
    console.log(`350,000 rows written in ${Math.round(told.written)} s`);
    expect(told).toMatchObject({
      format: ['delta'],
      tables: ['from_pandas_multi', 'select'],
      columns: {
        i: 'BIGINT',
        s: 'VARCHAR',
        f: 'FLOAT',
        b: 'BOOLEAN',
        t: 'TIMESTAMP',
        d: 'DATE',
        m: 'DECIMAL(10, 2)',
        n: 'FLOAT',
        nothing: 'TIMESTAMP',
      },
      commits: ['WRITE', 'CREATE TABLE'],
      sum: [350_000, 61_249_825_000],
      left: [],
      odd: [
        ['None', '01:02:00', '2024-01-01 03:04:05.000006', 'None'],
        ['1267650600228229401496703205376', '00000000-0000-0000-0000-000000000001', '2024-01-01 00:00:00', "b'\\x00a'"],
        ['-1', '7', 'None', "b''"],
      ],
    });
    const read = JSON.parse(await client('pandas_counts.py'));
    expect(read.rows).toBe(350_000);
    expect(read.memory).toBeLessThan(350);
  });

  withGateway('the page about Python shows what works', async () => {
    await expect(client('documented.py')).resolves.toContain("[('Köln',)]");
  });

  withGateway('Python runs in an engine and its functions on executors, and SQL reads what it wrote', () =>
    inSession(async (session) => {
      await session.run('SET kyuubi.operation.language=PYTHON');
      await session.run('from pyspark.sql.functions import udf\n@udf("long")\ndef twice(number):\n    return 2 * number');
      const write = 'spark.range(0, 10, 1, 2).select(twice("id").alias("n")).write.mode("overwrite").saveAsTable("e2e.from_python")';
      await expect(session.run(`${write}\nprint("written")`)).resolves.toEqual([['written', 'ok', '', '', '[]']]);
      await expect(session.run('1 / 0')).rejects.toThrow('ZeroDivisionError');
      await session.run('spark.conf.set("kyuubi.operation.language", "SQL")');
      await expect(session.run('SELECT sum(n) FROM e2e.from_python')).resolves.toEqual([[90]]);
      await session.run('DROP TABLE e2e.from_python');
    }),
  );

  withGateway('the page about the terminal shows what works', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lakehouse-terminal-'));
    const said = shellLines('docs/terminal.md').map((line) => run(line.replace('> squares.csv', `> ${folder}/squares.csv`)));
    expect(said).toEqual([expect.stringMatching(/│ ana.*│ e2e /s), expect.stringContaining('│   1 │'), '', '{"long":9223372036854775807}\n']);
    expect(readFileSync(join(folder, 'squares.csv'), 'utf8')).toBe('id,square\n0,0\n1,1\n2,4\n3,9\n4,16\n');
    expect(() => run('LAKEHOUSE_PASSWORD=guessed-in-vain npm run lakehouse -- sql --context test -e "SELECT 1"')).toThrow(
      "the gateway does not let 'ana' in: not with this password",
    );
    expect(() => run('npm run lakehouse -- sql --context test -e "SELECT 1/0"')).toThrow(/\[DIVIDE_BY_ZERO\](?!.*\tat )/s);
  });

  withGateway('at the prompt there are names, a history, progress, and an end to what runs', async () => {
    const shown = await atTerminal(
      'npm run --silent lakehouse -- sql --context test',
      ['see', 'ana> '],
      ['type', 'SELECT 1 AS one;\r'],
      ['see', '1 row'],
      ['type', 'SELECT max(city) FROM e2e.sa'],
      ['type', '\t'],
      ['see', 'sales'],
      ['type', ' WHERE am'],
      ['type', '\t'],
      ['see', 'amount'],
      ['type', ' = 25;\r'],
      ['see', 'Rome'],
      ['type', "SELECT count(*) FROM range(0, 200, 1, 2) WHERE java_method('java.lang.Thread', 'sleep', 1000L + 0 * id) = 'null';\r"],
      ['see', '\\d of \\d tasks in \\d stages, [1-9] running'],
      ['type', '\x03'],
      ['see', 'cancelled'],
      ['type', '\x1b[A'],
      ['type', '\x1b[A'],
      ['see', 'amount = 25'],
      ['type', '\r'],
      ['see', 'Rome'],
      ['type', "SELECT 'not this\r"],
      ['type', '\x03'],
      ['type', '\\timing\r'],
      ['see', 'timing is on'],
      ['type', "SELECT 'a\r"],
      ['type', "b';\r"],
      ['see', '1 row, \\d'],
      ['type', '\x04'],
    );
    expect(shown).not.toContain('not this│');
  });

  withGateway('deltalake reads the same straight from the store', async () => {
    const table = await withStore((environment) =>
      python('deltalake_reads.py', { ...environment, TABLE: 's3://lakehouse/tenants/demo/e2e.db/sales' }),
    );
    expect(JSON.parse(table)).toEqual({ rows: ROWS, versions: [0, 1, 2] });
  });

  withGateway('the driver and its executors are pods of the tenant, under its accounts', async () => {
    await inSession((session) => session.run('SELECT count(*) FROM e2e.sales'));
    const pods = await cluster.list('pods', '-n', TENANT, '-l', 'spark-role');
    const accounts = pods.map(({ metadata, spec }) => [metadata.labels['spark-role'], spec.serviceAccountName]);
    expect(accounts).toEqual(
      expect.arrayContaining([
        ['driver', 'spark-driver'],
        ['executor', 'spark-executor'],
      ]),
    );
    expect(new Set(accounts.map(([role, account]) => account === `spark-${role}`))).toEqual(new Set([true]));
  });

  withGateway.each([
    ['a wrong password', USER, 'guessed-in-vain'],
    ['no password', USER, ''],
    ['an unknown user', 'mallory', 'guessed-in-vain'],
    ['an attempt to end the query', "ana' OR '1'='1", 'guessed-in-vain'],
  ])('%s is refused, and the log does not show it', async (_, user, password) => {
    await expect(client('pandas_reads.py', { QUERY: 'SELECT 1' }, user, password)).rejects.toThrow(/Error validating the login|Bad status/);
    const log = await gatewayLog('kyuubi', '--tail=-1');
    expect(log).not.toContain('guessed-in-vain');
  });
});

describe('users', () => {
  const PASSWORD = 'another-password';
  const attempt = (port: number, password: string) =>
    SqlSession.with(port, USER, password, async () => true).catch((error: Refusal) => {
      if (error.status === 403) return false;
      throw error;
    });
  const logsIn = (password: string) => cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, (port) => attempt(port, password));
  const lakehouse = (command: string, password = '') => run(`printf '%s\\n' '${password}' | ${command}`);

  afterAll(async () => {
    lakehouse('npm run lakehouse -- user remove ana --context test');
    lakehouse('npm run lakehouse -- user add ana --context test', await passwordOf(USER));
  });

  withGateway('are listed, without the gateway itself', () => {
    const list = lakehouse('npm run lakehouse -- user list --context test');
    expect(list).toMatch(/^user +can log in$/m);
    expect(list).toMatch(/^ana +yes$/m);
    expect(list).not.toContain('_gateway');
  });

  withGateway('get another password, and the one before no longer counts', async () => {
    lakehouse('npm run lakehouse -- user password ana --context test', PASSWORD);
    expect([await logsIn(PASSWORD), await logsIn(await passwordOf(USER))]).toEqual([true, false]);
  });

  withGateway('that are removed cannot log in, nor after the gateway starts anew', async () => {
    lakehouse('npm run lakehouse -- user remove ana --context test');
    await expect(logsIn(PASSWORD)).resolves.toBe(false);
    const state = () => stateOf('tenants');
    const { restartCount } = await state();
    // It ends with the container in which it kills; that there is another one is what counts.
    await exec(await gateway(), 'tenants', ['kill', '1']).catch(() => undefined);
    await eventually('users are declared anew', 180, async () => {
      const now = await state();
      return now.restartCount > restartCount && now.ready;
    });
    await expect(logsIn(PASSWORD)).resolves.toBe(false);
    expect(lakehouse('npm run lakehouse -- user list --context test')).toContain('no: was removed');
  });

  withGateway('can log in until they expire', async () => {
    lakehouse(`npm run lakehouse -- user add ana --context test --until ${new Date(Date.now() + 20_000).toISOString()}`, PASSWORD);
    await expect(logsIn(PASSWORD)).resolves.toBe(true);
    await delay(20_000);
    await expect(logsIn(PASSWORD)).resolves.toBe(false);
    expect(lakehouse('npm run lakehouse -- user list --context test')).toContain('no: expired');
  });

  withGateway.each([
    ['nobody', 'long-enough', "no tenant has a user 'nobody', there are ana: declare users in the environment and apply it"],
    ['_gateway', 'long-enough', "no tenant has a user '_gateway', there are ana"],
    ["x' OR true --", 'long-enough', 'no tenant has a user'],
    ['ana', 'short', 'the password has 5 characters: give at least 8'],
  ])('%s with the password %s: an error that says what to do', (user, password, message) => {
    const refused = () => lakehouse(`npm run lakehouse -- user password "${user}" --context test`, password);
    expect(refused).toThrow(message);
  });

  withGateway.each([
    ['2020-01-01', 'is past'],
    ['2999-02-30', 'is no date'],
    ['foo 1', 'is no date'],
  ])('%s as the end of a password: an error', (until, message) => {
    expect(() => lakehouse(`npm run lakehouse -- user add ana --until "${until}" --context test`, PASSWORD)).toThrow(`'${until}' ${message}`);
  });

  withGateway('fifty wrong passwords a second are refused, and the one whose name they are for logs in meanwhile', async () => {
    lakehouse('npm run lakehouse -- user add ana --context test', PASSWORD);
    await inSession((session) => session.run('SELECT 1'), USER, PASSWORD);
    const answers: number[] = [];
    const guesses: Promise<unknown>[] = [];
    await cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, async (port) => {
      const guessing = setInterval(() => guesses.push(attempt(port, 'guessed-in-vain').catch((error) => error.status ?? error)), 20);
      for (let count = 0; count < 4; count++) {
        await delay(1500);
        const from = Date.now();
        await inSession((session) => session.run('SELECT 1'), USER, PASSWORD);
        answers.push(Date.now() - from);
      }
      clearInterval(guessing);
      // Or too many at once.
      expect(new Set((await Promise.all(guesses)).filter((answer) => answer !== 429))).toEqual(new Set([false]));
    });
    console.log(`${guesses.length} wrong passwords, a login and a query meanwhile: ${answers.map((ms) => `${ms} ms`).join(', ')}`);
    expect(guesses.length).toBeGreaterThan(250);
    expect(Math.max(...answers)).toBeLessThan(5000);
    const log = await gatewayLog('kyuubi', '--tail=-1');
    expect(log).not.toContain('guessed-in-vain');
  });
});

/** With each of them a session could leave its tenant, or write without the log store. */
const SETTINGS = {
  'spark.master': 'local[1]',
  'spark.submit.deployMode': 'client',
  'spark.kubernetes.namespace': 'lakehouse',
  'spark.kubernetes.authenticate.driver.serviceAccountName': 'kyuubi',
  'spark.kubernetes.driver.podTemplateFile': '/tmp/template.yaml',
  'spark.kubernetes.executor.podTemplateFile': '/tmp/template.yaml',
  'spark.kubernetes.container.image': 'example.com/evil:1',
  'spark.kubernetes.driver.secretKeyRef.AWS_ACCESS_KEY_ID': 'minio-root:username',
  'spark.kubernetes.driver.secrets.minio-root': '/tmp/secret',
  'spark.kubernetes.file.upload.path': 's3a://lakehouse/tenants/demo',
  'spark.kubernetes.executor.limit.cores': '64',
  'spark.driver.memory': '64g',
  'spark.driver.extraJavaOptions': '-Dx=y',
  'spark.driver.extraClassPath': '/tmp/evil.jar',
  'spark.executor.memory': '64g',
  'spark.executor.instances': '100',
  'spark.executor.extraJavaOptions': '-Dx=y',
  'spark.executor.extraClassPath': '/tmp/evil.jar',
  'spark.executorEnv.AWS_ACCESS_KEY_ID': 'minio-root',
  'spark.dynamicAllocation.maxExecutors': '100',
  // Kyuubi's own, as an engine has them and as a session writes them.
  'spark.kyuubi.engine.share.level': 'CONNECTION',
  'spark.kyuubi.ha.namespace': 'another',
  'spark.kyuubi.operation.result.format': 'arrow',
  'spark.fs.s3a.endpoint': 'http://example.com',
  'spark.jars': 's3a://lakehouse/tenants/demo/evil.jar',
  'spark.jars.packages': 'example:evil:1',
  'spark.files': 'file:///etc/passwd',
  'spark.plugins': 'no.such.Plugin',
  'spark.hadoop.fs.s3a.endpoint': 'http://example.com',
  'spark.hadoop.fs.s3a.access.key': 'minio-root',
  'spark.hadoop.hive.metastore.uris': 'thrift://example.com:9083',
  'spark.sql.extensions': 'no.such.Extension',
  'spark.sql.catalog.spark_catalog': 'no.such.Catalog',
  'spark.sql.warehouse.dir': 's3a://lakehouse/tenants/science',
  'spark.delta.logStore.s3a.impl': 'no.such.Store',
  'spark.delta.logStore.class': 'no.such.Store',
};
/** Kyuubi adds what is missing in the second of them, after it has compared the first with its list. */
const spellings = (key: string) => [key, key.replace('spark.', '')];
const REFUSED = ' is a restrict key according to the server-side configuration';

describe('a session that wants settings which are not its to choose', () => {
  withGateway.each(['?', '#'])('is refused by Beeline with the JDBC URL …/default%skey=value', async (separator) => {
    const refused = beeline('SELECT 1;', `${separator}spark.delta.logStore.s3a.impl=no.such.Store`);
    await expect(refused).rejects.toThrow(`spark.delta.logStore.s3a.impl${REFUSED}`);
  });

  withGateway('is refused over Thrift for each of them in each spelling, as JDBC drivers send them', async () => {
    const settings = Object.entries(SETTINGS).flatMap(([key, value]) => spellings(key).map((spelling) => [spelling, value]));
    const answers = await client('sessions_with.py', { SETTINGS: JSON.stringify(settings) });
    const accepted = Object.entries<string>(JSON.parse(answers)).filter(([key, answer]) => !answer.includes(`${key}${REFUSED}`));
    expect(accepted).toEqual([]);
    expect(settings.length).toBeGreaterThan(60);
  });

  withGateway('is refused over REST for each of them in each spelling, as a session and as a batch', async () => {
    const accepted: string[] = [];
    await cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, async (port) => {
      const ask = await rest(port, USER);
      for (const [key, value] of Object.entries(SETTINGS)) {
        for (const spelling of spellings(key)) {
          const conf = { [spelling]: value };
          const session = await ask('POST', '/sessions', { configs: conf });
          const batch = await ask('POST', '/batches', {
            batchType: 'SPARK',
            name: 'e2e',
            resource: 'local:///no/such.jar',
            className: 'no.such.Main',
            conf,
          });
          if (!session.text.includes(`${spelling}${REFUSED}`)) accepted.push(`a session with ${spelling}`);
          if (!batch.text.includes(`${spelling}${REFUSED}`)) accepted.push(`a batch with ${spelling}`);
        }
      }
    });
    expect(accepted).toEqual([]);
  });

  withGateway('does not get them by SET, nor by a jar that brings them: it goes on as before', async () => {
    const engines = async () =>
      (await cluster.list('pods', '-A', '-l', 'spark-role')).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    const xml = Object.entries(SETTINGS).map(
      ([key, value]) => `<property><name>${key.replace('spark.hadoop.', '')}</name><value>${value}</value></property>`,
    );
    await uploadJar('tenants/demo/settings.jar', {
      'core-site.xml': `<configuration>${xml.join('')}</configuration>`,
      'spark-defaults.conf': 'spark.master local',
    });
    await inSession(async (session) => {
      await session.run('SELECT count(*) FROM range(0, 1000, 1, 2)');
      const before = await engines();
      // A session may choose another catalog for itself, and see no Delta tables then, and another form for its results, which not every client reads.
      const own = /^spark\.(sql\.catalog|kyuubi\.operation\.result\.format)/;
      for (const [key, value] of Object.entries(SETTINGS).filter(([name]) => !own.test(name)))
        for (const spelling of spellings(key)) await session.run(`SET ${spelling}=${value}`).catch(() => undefined);
      await session.run('ADD JAR s3a://lakehouse/tenants/demo/settings.jar');
      await session.run("CREATE OR REPLACE TABLE default.settings USING delta AS SELECT 'ours' AS store");
      await expect(session.run('SELECT store FROM default.settings')).resolves.toEqual([['ours']]);
      await expect(session.run('CREATE SCHEMA IF NOT EXISTS e2e_settings')).resolves.toBeDefined();
      await expect(session.run("SELECT java_method('java.lang.System', 'getenv', 'AWS_ACCESS_KEY_ID')")).resolves.toEqual([['tenant-demo']]);
      await expect(engines()).resolves.toEqual(before);
    });
    const history = await inSession((session) => session.run('DESCRIBE SCHEMA e2e_settings'));
    expect(JSON.stringify(history)).toContain('s3a://lakehouse/tenants/demo/e2e_settings.db');
  });

  withGateway.each(['s3a://lakehouse/tenants/science/evil.jar', 's3a://lakehouse/tenants/demo/../science/evil.jar'])(
    'does not get the jar %s, which only the log says',
    async (jar) => {
      const jars = inSession(async (session) => {
        await session.run(`ADD JAR ${jar}`);
        return session.run('LIST JARS');
      });
      await expect(jars).resolves.not.toContainEqual([expect.stringContaining('evil.jar')]);
    },
  );
});

/** What becomes words of spark-submit, in the gateway's own pod. */
describe('words that are no settings and no files', () => {
  const BATCH = { batchType: 'SPARK', name: 'e2e', resource: 'local:///no/such.jar', className: 'no.such.Main', conf: {} };
  const asked = <T>(use: (ask: Awaited<ReturnType<typeof rest>>) => Promise<T>) =>
    cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, async (port) => use(await rest(port, USER)));

  withGateway.each([
    [
      'a batch whose resource is an option',
      { ...BATCH, resource: '--conf', args: ['spark.master=local', 'local:///x.jar'] },
      'cannot have the resource',
    ],
    ['a batch whose resource is an option with a value', { ...BATCH, resource: '--conf=spark.master=local' }, 'cannot have the resource'],
    ['a batch without a resource', { ...BATCH, resource: ' ' }, 'cannot have the resource'],
    ['a batch with another setting in the name of one', { ...BATCH, conf: { 'master=local[1]': 'x' } }, 'A setting cannot be called'],
    ['a batch with another spelling of an identifier', { ...BATCH, conf: { 'kyuubi.batch.id': 'A-B-C-D-E' } }, 'identifier'],
  ])('%s: refused', async (_, body, message) => {
    const answer = await asked((ask) => ask('POST', '/batches', body));
    expect(answer.ok).toBe(false);
    expect(answer.text).toContain(message);
  });

  withGateway.each(['master=local[1]', 'spark.master=local[1]', '-master', 'a\nb'])('a session with a setting called %j: refused', async (name) => {
    const answer = await asked((ask) => ask('POST', '/sessions', { configs: { [name]: 'x' } }));
    expect(answer.text).toContain('A setting cannot be called');
  });

  withGateway('a batch runs in the tenant of its user, who can look at it, read its log and end it', () =>
    asked(async (ask) => {
      const submit = async (conf = {}) => JSON.parse((await ask('POST', '/batches', { ...BATCH, conf })).text).id as string;
      const [id, other] = [await submit(), await submit()];
      const look = async (batch: string) => JSON.parse((await ask('GET', `/batches/${batch}`)).text);
      await eventually('it has ended', 180, async () => (await look(id)).state === 'ERROR');
      const { appId, appState } = await look(id);
      expect({ appId, appState }).toEqual({ appId: expect.stringMatching(/^spark-/), appState: 'FAILED' });
      const log = await ask('GET', `/batches/${id}/localLog?from=0&size=1000`);
      expect(log.text).toContain('submission ID tenant-demo:kyuubi-');
      expect(await ask('DELETE', `/batches/${other}`)).toMatchObject({ ok: true });
      await eventually('the other one has ended', 60, async () => ['CANCELED', 'ERROR'].includes((await look(other)).state));
    }),
  );
});

withGateway('a connection that does not begin a login ends within ten seconds, and one with a message that is too large at once', async () => {
  const { restartCount } = await stateOf('kyuubi');
  const answers: Record<string, number> = JSON.parse(await client('frames.py'));
  for (const [what, seconds] of Object.entries(answers)) {
    const most = what.startsWith('a message') ? 5 : 15;
    if (seconds < 0 || seconds > most) throw new Error(`${what}: ended after ${seconds} s`);
  }
  expect((await stateOf('kyuubi')).restartCount).toBe(restartCount);
});

/** Of a container of the gateway that takes new sessions. */
async function stateOf(container: string) {
  const pod = await cluster.kubectl('-n', NAMESPACE, 'get', 'pod', await gateway(), '-o', 'json');
  return JSON.parse(pod).status.containerStatuses.find(({ name }: { name: string }) => name === container);
}

withGateway.each([
  ['without a length', { 'Transfer-Encoding': 'chunked' }, '/api/v1/sessions', 411],
  ['larger than the gateway has room for', { 'Content-Length': String((1 << 20) + 1) }, '/api/v1/sessions', 413],
  ['with files', { 'Content-Type': 'multipart/form-data; boundary=x', 'Content-Length': '0' }, '/api/v1/batches', 415],
  ['with a login in another spelling', { Authorization: `basic ${btoa('ana:x')}`, 'Content-Length': '0' }, '/api/v1/sessions', 400],
  ["with the gateway's own login", { Authorization: `Basic ${btoa('_gateway:x')}`, 'Content-Length': '0' }, '/api/v1/sessions', 403],
  ['of a path that can be read in two ways', { 'Content-Length': '0' }, '/api/v1%2fsessions', 400],
])('a request of REST %s: refused before Kyuubi reads it', async (_, headers, path, status) => {
  const answer = await cluster.forwarded(
    NAMESPACE,
    'svc/kyuubi',
    10099,
    (port) =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = request({ port, host: '127.0.0.1', method: 'POST', path, headers: { ...headers } as Record<string, string> }, (response) => {
          resolve(response.statusCode);
          asked.destroy();
        });
        asked.on('error', reject).flushHeaders();
      }),
  );
  expect(answer).toBe(status);
});

/** Puts a jar with these files where the tenant may read it. */
async function uploadJar(key: string, files: Record<string, string>): Promise<void> {
  await withStore((environment) => python('upload_jar.py', { ...environment, KEY: key, FILES: JSON.stringify(files) }));
}

test('no password is in a ConfigMap, a pod, a log or an event', async () => {
  const secrets = (await Promise.all([NAMESPACE, TENANT].map((namespace) => cluster.list('secrets', '-n', namespace)))).flat();
  const passwords = secrets.flatMap(({ metadata, data }) =>
    Object.entries<string>(data ?? {})
      .filter(([key]) => key !== 'username')
      .map(([key, value]) => ({ of: `${metadata.name}/${key}`, value: Buffer.from(value, 'base64').toString() })),
  );
  expect(passwords.length).toBeGreaterThan(5);
  const objects = await Promise.all(
    [NAMESPACE, TENANT].map((namespace) =>
      cluster.kubectl('-n', namespace, 'get', 'configmaps,pods,jobs,events,statefulsets,deployments', '-o', 'json'),
    ),
  );
  const pods = (await Promise.all([NAMESPACE, TENANT].map((namespace) => cluster.list('pods', '-n', namespace)))).flat();
  const logs = await Promise.all(
    pods.map(({ metadata }) => cluster.kubectl('-n', metadata.namespace, 'logs', metadata.name, '--all-containers', '--tail=-1').catch(() => '')),
  );
  for (const { of, value } of passwords) {
    for (const text of [...objects, ...logs])
      if (text.includes(value)) throw new Error(`the value of ${of} is in clear in: …${around(text, value)}…`);
  }
});

const around = (text: string, value: string) => text.slice(Math.max(0, text.indexOf(value) - 200), text.indexOf(value)).trim();
