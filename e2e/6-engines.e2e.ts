import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlSession } from '../cli/sql/session';
import { restrictedKeys } from '../lib/gateway/settings/restricted-keys';
import { cluster, eventually, exec, gatewayLog, inSession, NAMESPACE, passwordOf, python, TENANT, USER } from './lakehouse';
import { SparkPod } from './spark-pod';
import { applyTenants, as, driversOf, pods, TENANTS } from './tenants';
import { withGateway } from './with-gateway';

beforeAll(() => applyTenants(TENANTS));

const withoutEngine = (tenant: string) => cluster.kubectl('-n', `tenant-${tenant}`, 'delete', 'pods', '-l', 'spark-role=driver');

/** A program that speaks Thrift, as users. */
const client = async (program: string, users: string[], environment: Record<string, string> = {}) => {
  const passwords = Object.fromEntries(await Promise.all(users.map(async (user) => [`PASSWORD_${user.toUpperCase()}`, await passwordOf(user)])));
  return cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10009, (port) => python(program, { PORT: String(port), ...environment, ...passwords }));
};

withGateway('the settings of the session that starts an engine are not those of its colleagues', async () => {
  await withoutEngine('analytics');
  const answers = await client('first_session.py', ['bea', 'bob'], { FIRST: 'bea', SECOND: 'bob' });
  expect(answers.split('\n')).toEqual([
    "SELECT current_timezone() [('Etc/UTC',)]",
    "SET spark.sql.shuffle.partitions [('spark.sql.shuffle.partitions', '4')]",
    'SELECT id FROM range(10) [(0,), (1,), (2,), (3,), (4,), (5,), (6,), (7,), (8,), (9,)]',
  ]);
});

interface Key {
  readonly scope?: string;
  readonly type?: string;
  readonly default?: string;
  readonly values?: string[];
}

/** Each key of Spark, Delta and Kyuubi that a session may bring, with a value that is not its default. */
function everySetting(): Record<string, string> {
  const load = (file: string): Record<string, Key> => JSON.parse(readFileSync(join(__dirname, '../lib/config/catalogs', file), 'utf8'));
  const all = Object.assign({}, ...['spark-4.1.2.json', 'delta-4.3.1.json', 'kyuubi-1.12.0.json'].map(load)) as Record<string, Key>;
  const restricted = ['kyuubi.session.proxy.user', ...String(restrictedKeys['kyuubi.session.conf.restrict.list']).split(',')];
  const mayBring = (key: string) => !restricted.some((one) => (one.endsWith('.*') ? key.startsWith(one.slice(0, -2)) : key === one));
  const other = ({ type, default: usual, values }: Key, key: string) => {
    if (type === 'boolean') return String(usual !== 'true');
    if (values) return values.find((value) => value !== usual)!;
    if (type === 'duration') return key.startsWith('kyuubi.') ? 'PT7M' : '7m';
    return { int: '7', long: '7', double: '0.7', size: '7m' }[type ?? ''] ?? 'another';
  };
  const scopes = ['sql', 'session', 'any', 'spark'];
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key, { scope }]) => scopes.includes(scope!) && mayBring(key))
      .map(([key, one]) => [key, other(one, key)]),
  );
}

withGateway('the language of the first session is its own', async () => {
  await withoutEngine('science');
  const scala = inSession((session) => session.run('1 + 1'), 'cleo', undefined, { 'kyuubi.operation.language': 'SCALA' });
  await expect(scala).resolves.toEqual([[expect.stringContaining('2')]]);
  await expect(as('cleo', 'SELECT 1 + 1')).resolves.toEqual([[2]]);
});

withGateway('whatever settings the first session brings, the next one has those of the environment', async () => {
  const settings = () => as('cleo', 'SET -v');
  const usual = await settings();
  await withoutEngine('science');
  const brought = everySetting();
  // With all of that it need not work.
  const first = inSession((session) => session.run('SELECT 1'), 'cleo', undefined, brought).catch(() => undefined);
  await eventually('it starts an engine', 120, async () => (await pods('science', 'driver')).length === 1);
  const [driver] = await driversOf('science');
  await first;
  await expect(settings()).resolves.toEqual(usual);
  expect(await driversOf('science')).toEqual([driver]);
  expect(Object.keys(brought).length).toBeGreaterThan(1000);
});

/** Without the numbers that a plan gives its columns. */
const plain = (rows: unknown[][]): unknown[][] => JSON.parse(JSON.stringify(rows).replace(/#\d+/g, ''));

describe('of two sessions on one engine', () => {
  /** docs/sql.md has them. */
  const cases = (seen: boolean, ...rows: [statement: string, probe: string, otherwise: RegExp | unknown[][]][]) =>
    withGateway(seen ? "the one sees what is the engine's" : "the one does not see what is the other's", () =>
      inSession(
        (one) =>
          inSession(async (other) => {
            for (const [statement, probe, otherwise] of rows) {
              await one.run(statement);
              const answer = (session: SqlSession) => session.run(probe).then(plain, (error: Error) => error.message);
              const [here, there] = await Promise.all([one, other].map(answer));
              expect([statement, here]).toEqual([statement, expect.any(Array)]);
              const expected = seen ? here : otherwise instanceof RegExp ? expect.stringMatching(otherwise) : otherwise;
              expect([statement, there]).toEqual([statement, expected]);
            }
          }, 'bob'),
        'bea',
      ),
    );

  cases(
    false,
    ['SET spark.sql.shuffle.partitions = 777', 'SET spark.sql.shuffle.partitions', [['spark.sql.shuffle.partitions', '4']]],
    ["SET TIME ZONE 'Asia/Tokyo'", 'SELECT current_timezone()', [['Etc/UTC']]],
    ['USE sales', 'SELECT current_schema()', [['default']]],
    ['CREATE TEMPORARY VIEW mine AS SELECT 1 AS i', 'SELECT * FROM mine', /TABLE_OR_VIEW_NOT_FOUND/],
    ['CREATE TEMPORARY FUNCTION mine() RETURNS INT RETURN 1', 'SELECT mine()', /UNRESOLVED_ROUTINE/],
    ['DECLARE VARIABLE mine INT DEFAULT 1', 'SELECT mine', /UNRESOLVED_COLUMN/],
    ['CACHE TABLE cached AS SELECT 1 AS i', 'SELECT * FROM cached', /TABLE_OR_VIEW_NOT_FOUND/],
  );
  cases(
    true,
    ['CREATE OR REPLACE GLOBAL TEMPORARY VIEW ours AS SELECT 1 AS i', 'SELECT * FROM global_temp.ours', []],
    ['CREATE OR REPLACE TABLE sales.ours AS SELECT 1 AS i', 'SELECT * FROM sales.ours', []],
    ['CACHE TABLE sales.ours', 'EXPLAIN SELECT * FROM sales.ours', []],
    ['CREATE OR REPLACE FUNCTION sales.ours() RETURNS INT RETURN 1', 'SELECT sales.ours()', []],
  );

  withGateway.each(['spark.executor.memory', 'spark.sql.warehouse.dir', 'spark.sql.extensions', 'fs.s3a.endpoint'])(
    'neither changes %s',
    async (key) => {
      await expect(as('bea', `SET ${key} = another`)).rejects.toThrow(/CANNOT_MODIFY_(STATIC_)?CONFIG|cannot be set/);
    },
  );

  withGateway('the one sees the files that the other has added', async () => {
    await inSession(async (session) => {
      await session.run('DROP TABLE IF EXISTS sales.file');
      await session.run("CREATE TABLE sales.file USING csv LOCATION 's3a://lakehouse/tenants/analytics/file' AS SELECT 1 AS i");
      await session.run('ADD FILE s3a://lakehouse/tenants/analytics/file/_SUCCESS');
      await expect(session.run('LIST FILES')).resolves.toHaveLength(1);
      await expect(as('bob', 'LIST FILES')).resolves.toHaveLength(1);
      await session.run('DROP TABLE sales.file');
    }, 'bea');
  });

  withGateway.each([
    'ADD JAR http://192.0.2.1/nothing.jar',
    'ADD FILE https://nobody.example.com/nothing.csv',
    'ADD ARCHIVE ftp://nobody.example.com/nothing.zip',
    "CREATE FUNCTION sales.broken AS 'no.such.Class' USING JAR 'http://192.0.2.1/nothing.jar'",
    'ADD JAR s3a://lakehouse/tenants/analytics/nothing.jar',
    'ADD JAR hdfs://192.0.2.1:8020/nothing.jar',
  ])('neither breaks it by %s', async (statement) => {
    await as('bea', statement).then(
      () => undefined,
      (error) => expect(error.message).toMatch(/executors reach the object store and nothing else|does not exist|NoSuchKey|not found/i),
    );
    await expect(as('bob', 'SELECT count(*) FROM range(0, 1000, 1, 2)')).resolves.toEqual([[1000]]);
  });
});

describe('an engine', () => {
  withGateway('hands out a result that is larger than its memory, and goes on', async () => {
    const ask = (session: SqlSession) => session.run("SELECT 'here'");
    await inSession(async (other) => {
      await ask(other);
      const before = await driversOf('demo');
      const answer = await client('big_result.py', [USER], { USER_NAME: USER, ROWS: '700000' });
      expect(answer).toBe("700000 [('after',)]");
      await expect(ask(other)).resolves.toEqual([['here']]);
      expect(await driversOf('demo')).toEqual(before);
    });
  });

  // Spark reckons twenty bytes for a text: what it takes for little is refused by its true size.
  withGateway.each([
    ['few wide rows', "SELECT repeat('x', 1000000) FROM range(2000)", 'spark.driver.maxResultSize'],
    // Spark's scripts stumble over an error that is none of Spark's own.
    ['the last query of a script', "BEGIN SELECT id, repeat('x', 1000) FROM range(3000000); END", 'NullPointerException'],
  ])('refuses what would fill it: %s', async (_, statement, reason) => {
    await inSession(async (other) => {
      await other.run("SELECT 'here'");
      const before = await driversOf('demo');
      await expect(as(USER, statement)).rejects.toThrow(reason);
      await expect(other.run("SELECT 'here'")).resolves.toEqual([['here']]);
      expect(await driversOf('demo')).toEqual(before);
    });
  });

  withGateway('that is asked for more at once than the gateway takes says so, and goes on', () =>
    inSession(async (session) => {
      const much = session.run("SELECT repeat('x', 1000000) FROM range(100)");
      await expect(much).rejects.toThrow(/has \d{9} bytes, and the gateway takes at most 67108864: let it fetch fewer rows at once/);
      await expect(session.run("SELECT 'here'")).resolves.toEqual([['here']]);
      await expect(session.run("SELECT repeat('x', 1000000) FROM range(50)")).resolves.toHaveLength(50);
    }),
  );

  withGateway('that promises the gateway more than it has room for takes no room from others', async () => {
    await as(USER, 'SELECT 1');
    const [{ metadata }] = await pods('demo', 'driver');
    const hostile = await SparkPod.start({
      name: 'e2e-hostile',
      files: { 'HostileEngine.java': readFileSync(join(__dirname, 'clients/HostileEngine.java'), 'utf8') },
      script: 'exec java /e2e/HostileEngine.java',
    });
    const engine = ['-n', TENANT, 'pod', hostile.name, '--overwrite'];
    await cluster.kubectl('annotate', ...engine, `lakehouse.dev/engine=${metadata.annotations['lakehouse.dev/engine']}`);
    await cluster.kubectl('label', ...engine, 'spark-role=driver', 'kyuubi-unique-tag=hostile');
    await eventually('it listens', 60, () =>
      exec(hostile.name, 'spark-kubernetes-driver', ['grep', '-q', ':2719 ', '/proc/net/tcp', '/proc/net/tcp6'], '', TENANT).then(() => true),
    );
    await as('bea', 'SELECT 1');
    await cluster.kubectl('-n', TENANT, 'delete', 'pod', metadata.name);
    const began = new Date().toISOString();
    const hangs = Promise.all(Array.from({ length: 8 }, () => as(USER, 'SELECT 1').then(String, String)));
    try {
      for (let asked = 0; asked < 10; asked += 1) {
        const at = Date.now();
        await expect(as('bea', 'SELECT 1')).resolves.toEqual([[1]]);
        expect(Date.now() - at).toBeLessThan(6000);
      }
    } finally {
      await cluster.kubectl('-n', TENANT, 'delete', 'pod,configmap', hostile.name, '--grace-period=0', '--force');
    }
    expect((await hangs).filter((answer) => answer === '1')).toEqual([]);
    expect(await gatewayLog('kyuubi', `--since-time=${began}`)).not.toContain('OutOfMemoryError');
  });

  withGateway('hands out as much at once as it can hold', async () => {
    const answer = client('big_result.py', [USER], { USER_NAME: USER, ROWS: '100000', AT_ONCE: '60000' });
    await expect(answer).rejects.toThrow('should not exceed the limit: 50000');
  });

  withGateway('hands out a large result that has columns of nothing', async () => {
    const rows = inSession((session) => session.run('SELECT NULL AS nothing, id FROM range(2000000) ORDER BY id'));
    await expect(rows.then(([first]) => first)).resolves.toEqual([null, 0]);
  });
});
