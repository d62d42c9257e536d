import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { SqlSession } from '../cli/sql/session';
import {
  applyChanged,
  atTerminal,
  client,
  cluster,
  eventually,
  exec,
  gateway,
  inSession,
  mc,
  NAMESPACE,
  passwordOf,
  python,
  rest,
  run,
  TENANT,
  USER,
} from './lakehouse';
import { ATTACKS, attack } from './metastore-calls';
import { applyTenants, as, engine, pods, removeTenants, TENANTS } from './tenants';
import { withGateway } from './with-gateway';

/** What the process of a driver has in its environment. */
const environmentOfDriver = (session: SqlSession, name: string) => session.run(`SELECT java_method('java.lang.System', 'getenv', '${name}')`);

/** Of statements that cleo runs, those with another answer. */
const othersThan = (answer: RegExp, statements: string[]) =>
  inSession(async (session) => {
    const others: string[] = [];
    for (const statement of statements) {
      const told = await session.run(statement).then(String, String);
      if (!answer.test(told)) others.push(`${statement}: ${told}`);
    }
    return others;
  }, 'cleo');

beforeAll(() => applyTenants(TENANTS));

withGateway("a tenant's engine runs in its namespace, under its account and with its login for the store", async () => {
  await inSession(async (session) => {
    await session.run('CREATE OR REPLACE TABLE sales.orders USING delta AS SELECT 1 AS id');
    await session.run('CREATE OR REPLACE TABLE web.visits USING delta AS SELECT 7 AS count');
    await expect(environmentOfDriver(session, 'AWS_ACCESS_KEY_ID')).resolves.toEqual([['tenant-analytics']]);
  }, 'bea');
  const found = [...(await pods('analytics', 'driver')), ...(await pods('analytics', 'executor'))];
  const accounts = found.map(({ metadata, spec }) => `${metadata.labels['spark-role']} as ${spec.serviceAccountName}`);
  expect(new Set(accounts)).toEqual(new Set(['driver as spark-driver', 'executor as spark-executor']));
});

withGateway('a team that shares its engine has one for all of its users', async () => {
  await expect(as('bob', 'SELECT id FROM sales.orders')).resolves.toEqual([[1]]);
  await expect(pods('analytics', 'driver')).resolves.toHaveLength(1);
});

describe('a user of another tenant', () => {
  withGateway('reads a schema that is shared with it', async () => {
    await expect(as('cleo', 'SELECT count FROM web.visits')).resolves.toEqual([[7]]);
  });

  withGateway('cannot write to it, nor read or write by a path what is not its own, and the error says that the store forbids it', async () => {
    const statements = [
      'INSERT INTO web.visits VALUES (8)',
      'SELECT * FROM delta.`s3a://lakehouse/tenants/analytics/sales.db/orders`',
      'CREATE TABLE delta.`s3a://lakehouse/tenants/nobody/t` USING delta AS SELECT 1 AS id',
    ];
    await expect(othersThan(/403|Access ?Denied|Forbidden/, statements)).resolves.toEqual([]);
    await expect(as('bea', 'SELECT (SELECT count(*) FROM sales.orders), (SELECT sum(count) FROM web.visits)')).resolves.toEqual([[1, 7]]);
  });

  withGateway('knows no table that it may not read', async () => {
    const statements = [
      'SELECT * FROM sales.orders',
      'INSERT INTO sales.orders VALUES (2)',
      'DESCRIBE sales.orders',
      'DROP TABLE sales.orders',
      'USE sales',
    ];
    await expect(othersThan(/is not there, or not for this tenant/, statements)).resolves.toEqual([]);
    await expect(as('bea', 'SELECT id FROM sales.orders')).resolves.toEqual([[1]]);
  });

  withGateway('sees the names of what it may read, and no others', async () => {
    // In a schema that it may read, but not in its folder.
    await as('bea', "CREATE OR REPLACE TABLE web.elsewhere USING delta LOCATION 's3a://lakehouse/tenants/analytics/elsewhere' AS SELECT 1 AS i");
    await expect(as('cleo', 'SHOW TABLES IN web')).resolves.toEqual([['web', 'visits', false]]);
    await expect(as('cleo', 'SHOW SCHEMAS').then((rows) => rows.flat())).resolves.toEqual(expect.not.arrayContaining(['sales']));
    const columns = JSON.parse(await client('columns.py', {}, 'cleo'));
    expect(columns.filter(([schema]: string[]) => schema !== 'own')).toEqual([['web', 'visits', 'count']]);
    const completed = await atTerminal(
      'npm run --silent lakehouse -- sql --context test -u cleo',
      ['see', 'cleo> '],
      ['type', 'SELECT 1;\r'],
      ['see', '1 row'],
      ['type', 'SELECT * FROM s'],
      ['type', '\t'],
      ['type', '\t'],
      ['see', 'schemas'],
      ['type', '\x03'],
      ['type', 'SELECT * FROM web.'],
      ['type', '\t'],
      ['see', 'visits'],
      ['type', '\x03'],
      ['type', '\x04'],
    );
    expect(completed).not.toMatch(/sales|elsewhere/);
    await as('bea', 'DROP TABLE web.elsewhere');
  });

  withGateway('changes nothing of others, and the error says whose it is', async () => {
    await as('cleo', 'CREATE SCHEMA IF NOT EXISTS own');
    const statements = [
      'DROP TABLE web.visits',
      'DROP SCHEMA web CASCADE',
      "ALTER TABLE web.visits SET TBLPROPERTIES ('a' = 'b')",
      'ALTER TABLE web.visits RENAME TO web.gone',
      "ALTER SCHEMA web SET LOCATION 's3a://lakehouse/tenants/science/web.db'",
      "CREATE SCHEMA trap LOCATION 's3a://lakehouse/tenants/analytics'",
      "CREATE SCHEMA trap LOCATION 's3a://lakehouse/tenants/science/../analytics'",
      'CREATE VIEW web.trap AS SELECT 1',
      "CREATE FUNCTION web.trap AS 'no.such.Class'",
      "CREATE TABLE own.trap (id INT) USING parquet LOCATION 's3a://lakehouse/tenants/analytics/sales.db/orders'",
    ];
    const refused = /belongs to the tenant 'analytics': only its own engines may change what is there|403|Forbidden/;
    await expect(othersThan(refused, statements)).resolves.toEqual([]);
    await expect(as('bea', 'SELECT count FROM web.visits')).resolves.toEqual([[7]]);
    await expect(as('bea', 'SHOW VIEWS IN web')).resolves.toEqual([]);
  });

  describe('by calls of the metastore, past SQL', () => {
    beforeAll(async () => {
      for (const schema of ['web', 'sales']) {
        await as('bea', `CREATE TABLE IF NOT EXISTS ${schema}.parts (id INT, day STRING) USING parquet PARTITIONED BY (day)`);
        await as('bea', `INSERT OVERWRITE ${schema}.parts VALUES (1, 'a')`);
      }
      await as('bea', "CREATE FUNCTION IF NOT EXISTS web.f AS 'no.such.Class'");
      await as('cleo', 'CREATE SCHEMA IF NOT EXISTS own');
      await as('cleo', 'CREATE TABLE IF NOT EXISTS own.parts (id INT, day STRING) USING parquet PARTITIONED BY (day)');
      await as('cleo', "INSERT OVERWRITE own.parts VALUES (1, 'a')");
    }, 300_000);

    withGateway('changes and reads nothing of others', async () => {
      const answers = await attack('cleo', ATTACKS);
      const refused =
        /belongs to the tenant 'analytics'|not for this tenant|cannot be one of|stays in its schema|is nothing that an engine|Database sales does not exist|unknown result/;
      expect(Object.keys(answers)).toEqual(Object.keys(ATTACKS));
      expect(Object.entries(answers).filter(([, text]) => !refused.test(text))).toEqual([]);
      await expect(as('bea', 'SELECT (SELECT sum(id) FROM web.parts), (SELECT sum(id) FROM sales.parts)')).resolves.toEqual([[1, 1]]);
      const functions = (await as('bea', 'SHOW USER FUNCTIONS IN web')).flat();
      expect(functions.filter((name) => String(name).includes('.'))).toEqual(['spark_catalog.web.f']);
    });

    withGateway('makes no schema that would keep all engines from starting', async () => {
      const answers = await attack('cleo', { trap: 'client.create_database(database("global_temp", "science/x"))' });
      expect(answers.trap).toContain("global_temp is Spark's own");
    });
  });

  withGateway("cannot reach another tenant's driver by network, as the gateway can", async () => {
    await as('cleo', 'SELECT 1');
    const [[theirs], [own]] = await Promise.all([pods('analytics', 'driver'), pods('science', 'driver')]);
    const dial = (pod: string, container: string, namespace: string) =>
      exec(pod, container, ['timeout', '5', 'bash', '-c', `exec 3<>/dev/tcp/${theirs.status.podIP}/10009`], '', namespace);
    await expect(dial(await gateway(), 'kyuubi', NAMESPACE)).resolves.toBeDefined();
    await expect(dial(own.metadata.name, 'spark-kubernetes-driver', 'tenant-science')).rejects.toThrow();
  });

  withGateway('gets no session of somebody for whom her engine gives itself out', async () => {
    const [{ metadata }] = await pods('science', 'driver');
    const engine = metadata.annotations['lakehouse.dev/engine'];
    const named = (name: string) =>
      cluster.kubectl('-n', 'tenant-science', 'annotate', 'pod', metadata.name, `lakehouse.dev/engine=${name}`, '--overwrite');
    await cluster.kubectl('-n', TENANT, 'delete', 'pods', '-l', 'spark-role=driver');
    await named(engine.replace('/cleo/', `/${USER}/`));
    await expect(inSession((session) => environmentOfDriver(session, 'AWS_ACCESS_KEY_ID'))).resolves.toEqual([['tenant-demo']]);
    await named(engine);
  });
});

describe.each(['cleo', 'bob'])("with the handles of bea's session, which code in any engine can come to know, %s", (other) => {
  withGateway('is refused by each method of the Thrift interface', async () => {
    const told = await thrift('handles.py', 'bea', other);
    const answers = Object.entries<string[]>(JSON.parse(told));
    const unknown = /^Invalid (Session|Operation)Handle|^Internal error processing GetQueryId/;
    expect(answers.filter(([, [others]]) => !unknown.test(others!))).toEqual([]);
    expect(answers.filter(([, [, owners]]) => unknown.test(owners!))).toEqual([]);
    // Three renew tokens and two move files, which Kyuubi does not do; SetClientInfo is a line in the log.
    const without = [
      'CancelDelegationToken',
      'DownloadData',
      'GetDelegationToken',
      'OpenSession',
      'RenewDelegationToken',
      'SetClientInfo',
      'UploadData',
    ];
    const { stdout } = await exec(await gateway(), 'kyuubi', ['sh', '-c', `javap -J-Xmx64m -cp '/opt/kyuubi/jars/*' '${CLI_SERVICE}'`], '');
    const methods = [...stdout.matchAll(/ ([A-Z]\w+)\(/g)].map(([, name]) => name!);
    expect(methods.toSorted()).toEqual([...new Set([...answers.map(([method]) => method.split(' ')[0]!), ...without])].toSorted());
  });

  withGateway('is refused by each path of the REST interface', () =>
    cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, async (port) => {
      const [bea, others] = [await rest(port, 'bea'), await rest(port, other)];
      const { paths } = await bea('GET', '/../openapi.json').then(({ text }) => JSON.parse(text));
      const session = JSON.parse((await bea('POST', '/sessions', { configs: {} })).text).identifier;
      const statement = { statement: "SELECT 'the secret'", runAsync: false, queryTimeout: 0, confOverlay: {} };
      const operation = JSON.parse((await bea('POST', `/sessions/${session}/operations/statement`, statement)).text).identifier;
      const batch = { batchType: 'SPARK', name: 'the secret', resource: 'local:///no/such.jar', className: 'no.such.Main', conf: {} };
      const { id } = JSON.parse((await bea('POST', '/batches', batch)).text);
      const handles = { sessionHandle: session, operationHandle: operation, batchId: id, infoType: '17' };
      const asked = Object.entries<object>(paths)
        .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path.replace('/v1', '')] as const))
        .filter(([, path]) => path.includes('{'))
        .toSorted(([one], [two]) => ORDER.indexOf(one) - ORDER.indexOf(two));
      expect(asked.length).toBeGreaterThan(25);
      const open: string[] = [];
      const refused: string[] = [];
      for (const [method, path] of asked) {
        const filled = Object.entries(handles).reduce((text, [name, value]) => text.replace(`{${name}}`, value), path);
        const body = method === 'GET' || method === 'DELETE' ? undefined : (BODIES[path.split('/').at(-1)!] ?? {});
        const seen = await others(method, filled, body);
        // The data agent says what is missing before it looks whose session it is.
        if (seen.ok && seen.text !== '[]' && !seen.text.includes('text is required')) open.push(`${method} ${path}`);
        if (!(await bea(method, filled, body)).ok) refused.push(`${method} ${path}`);
      }
      expect(open).toEqual([]);
      expect(refused).toEqual(NOT_HERS);
      for (const list of ['/sessions', '/batches', '/batches?batchUser=bea'])
        expect((await others('GET', list)).text).not.toMatch(new RegExp(`the secret|${session}|${id}`));
      // Nor takes the place of what is there.
      for (const taken of [JSON.parse((await bea('POST', '/sessions', { configs: {} })).text).identifier, id]) {
        const answer = await others('POST', '/batches', { ...batch, name: 'other', conf: { 'kyuubi.batch.id': taken } });
        expect(answer).toMatchObject({ ok: false, text: expect.not.stringContaining('the secret') });
        if (taken !== id) await expect(bea('DELETE', `/sessions/${taken}`)).resolves.toMatchObject({ ok: true });
      }
    }),
  );
});

withGateway('a password that a driver puts into the request does not reach the engine, where colleagues could read it', async () => {
  const seen = await thrift('passwords.py', 'bea', 'bob');
  expect(seen).toContain('bea');
  expect(seen).not.toContain(await passwordOf('bea'));
});

const CLI_SERVICE = 'org.apache.kyuubi.shaded.hive.service.rpc.thrift.TCLIService$Iface';

/** What a Thrift client of two users prints. */
const thrift = (script: string, owner: string, other: string) =>
  cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10009, async (port) =>
    python(script, {
      PORT: String(port),
      OWNER: owner,
      OWNER_PASSWORD: await passwordOf(owner),
      OTHER: other,
      OTHER_PASSWORD: await passwordOf(other),
    }),
  );

/** What only reads goes first. */
const ORDER = ['GET', 'POST', 'PUT', 'DELETE'];

const TABLE = { schemaName: 'sales', tableName: 'orders' };
const BODIES: Record<string, unknown> = {
  statement: { statement: 'SELECT 1', runAsync: true, queryTimeout: 0, confOverlay: {} },
  schemas: { schemaName: '%' },
  tables: { ...TABLE, tableTypes: [] },
  columns: { ...TABLE, columnName: '%' },
  functions: { schemaName: '%', functionName: 'abs' },
  primaryKeys: TABLE,
  crossReference: { primarySchema: 'sales', primaryTable: 'orders', foreignSchema: 'sales', foreignTable: 'orders' },
  '{operationHandle}': { action: 'cancel' },
};

/** Of administrators, of Trino's protocol and other engines, of what Spark has not; and a list that Kyuubi cannot write where there is another session. */
const NOT_HERS = [
  'GET /sessions/{sessionHandle}/operations',
  'GET /statement/executing/{queryId}/{slug}/{token}',
  'GET /statement/queued/{queryId}/{slug}/{token}',
  'GET /application.wadl/{path}',
  'POST /data-agent/{sessionHandle}/approve',
  'POST /sessions/{sessionHandle}/operations/crossReference',
  'POST /sessions/{sessionHandle}/operations/primaryKeys',
  'DELETE /admin/operations/{operationHandle}',
  'DELETE /admin/sessions/{sessionHandle}',
  'DELETE /statement/executing/{queryId}/{slug}/{token}',
  'DELETE /statement/queued/{queryId}/{slug}/{token}',
];

withGateway('what a tenant may read follows the environment both ways, within a minute', async () => {
  const reads = () => as('cleo', 'SELECT count FROM web.visits').then(String, String);
  const { reads: _, ...blind } = TENANTS.science!;
  await applyChanged({ tenants: { ...TENANTS, science: blind } });
  await eventually('cleo reads it no more', 60, async () => /403|Access ?Denied|Forbidden|not for this tenant/.test(await reads()));
  await applyChanged({ tenants: TENANTS });
  await eventually('cleo reads it again', 60, async () => (await reads()) === '7');
});

withGateway('who may no longer log in has no session any more, within a minute, nor keeps another one on an open connection', () =>
  cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10009, async (port) => {
    const password = await passwordOf('cleo');
    const reopened = python('reopen.py', { PORT: String(port), USER_NAME: 'cleo', PASSWORD: password });
    const gone = inSession(async (session) => {
      await session.run('SELECT 1');
      run('npm run lakehouse -- user remove cleo --context test');
      await eventually('the session is over', 60, () =>
        session.run('SELECT 1').then(
          () => false,
          () => true,
        ),
      );
    }, 'cleo');
    // Its end is refused, too.
    await gone.catch((error) => expect(String(error)).not.toContain('not so after'));
    await expect(reopened).resolves.toMatch(/^(ended\n?){3}$|refused$/);
    execFileSync('npm', ['run', 'lakehouse', '--', 'user', 'add', 'cleo', '--context', cluster.context], { input: `${password}\n` });
    await expect(as('cleo', 'SELECT 1')).resolves.toEqual([[1]]);
  }),
);

/** Longer than it takes to add a tenant and to remove it. */
const SECONDS = 120;

withGateway('a tenant that is added or removed disturbs no query of another', async () => {
  const query = as('ana', `SELECT count(*) FROM range(0, ${SECONDS}, 1, 1) WHERE java_method('java.lang.Thread', 'sleep', 1000L + 0 * id) = 'null'`);
  await delay(5000);
  await applyTenants({ ...TENANTS, visitors: { users: ['dora'], engine } });
  await as('dora', 'CREATE SCHEMA guests');
  await as('dora', 'CREATE TABLE guests.book USING delta AS SELECT 5 AS pages');
  await applyTenants(TENANTS);
  await expect(inSession((session) => session.run('SELECT 1'), 'dora', 'dora-password')).rejects.toThrow(/: 403 /);
  await expect(query).resolves.toEqual([[SECONDS]]);
});

withGateway('what is left of a tenant that has gone is removed by hand, and its data only if that is said', async () => {
  const remove = (words: string) => run(`npm run lakehouse -- tenant remove visitors ${words} --context test`);
  const folder = async () => (await mc('minio-root', 'ls --recursive store/lakehouse/tenants/visitors/')).stdout;
  expect(() => run('npm run lakehouse -- tenant remove demo --context test')).toThrow("'demo' is a tenant of the environment");
  const said = remove('');
  expect(said).toContain("Its data stays in 'tenants/visitors/'");
  expect(said).toMatch(/Forgotten are the passwords .*: dora\./);
  await expect(cluster.kubectl('get', 'namespace', 'tenant-visitors')).rejects.toThrow('not found');
  await applyTenants({ ...TENANTS, visitors: { users: ['dora'], engine } });
  await expect(as('dora', 'SELECT pages FROM guests.book')).resolves.toEqual([[5]]);
  await applyTenants(TENANTS);
  remove('');
  expect(() => remove('--delete-data')).toThrow('add --yes');
  await expect(folder()).resolves.toContain('guests.db/book/_delta_log');
  expect(remove('--delete-data --yes')).toContain('Its data is deleted');
  await expect(folder()).resolves.toBe('');
  expect(() => remove('')).toThrow("nothing is left of a tenant 'visitors'");
});

withGateway.each([
  ['memory', 'limits.memory', '1Gi'],
  ['engines', 'count/services', '0'],
])('an engine beyond the quota of %s: an error that says so', async (_, resource, least) => {
  await cluster.kubectl('-n', 'tenant-science', 'delete', 'pods', '-l', 'spark-role=driver');
  await cluster.kubectl(
    '-n',
    'tenant-science',
    'patch',
    'resourcequota',
    'engines',
    '--type=merge',
    '-p',
    JSON.stringify({ spec: { hard: { [resource]: least } } }),
  );
  const began = Date.now();
  await expect(as('cleo', 'SELECT 1')).rejects.toThrow(new RegExp(`exceeded quota: engines, .*limited: ${resource}=${least}`));
  expect(Date.now() - began).toBeLessThan(60_000);
  await applyChanged({ tenants: TENANTS });
});

afterAll(() => removeTenants('analytics', 'science', 'visitors'));
