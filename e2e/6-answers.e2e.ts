import { cluster, inSession, NAMESPACE, passwordOf, python } from './lakehouse';
import { applyTenants, as, removeTenants, TENANTS } from './tenants';
import { withGateway } from './with-gateway';

beforeAll(() => applyTenants(TENANTS));
afterAll(() => removeTenants('analytics', 'science'));

withGateway('the settings of the session that starts an engine are its own, and no default of its colleagues', async () => {
  await cluster.kubectl('-n', 'tenant-analytics', 'delete', 'pods', '-l', 'spark-role=driver');
  const [bea, bob] = await Promise.all(['bea', 'bob'].map(passwordOf));
  const answers = await cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10009, (port) =>
    python('first_session.py', { PORT: String(port), FIRST: 'bea', SECOND: 'bob', PASSWORD_BEA: bea!, PASSWORD_BOB: bob! }),
  );
  expect(answers.split('\n')).toEqual([
    "SELECT current_timezone() [('UTC',)]",
    "SET spark.sql.shuffle.partitions [('spark.sql.shuffle.partitions', '16')]",
    'SELECT id FROM range(10) [(0,), (1,), (2,), (3,), (4,), (5,), (6,), (7,), (8,), (9,)]',
  ]);
});

withGateway('and hold in that session', async () => {
  await cluster.kubectl('-n', 'tenant-science', 'delete', 'pods', '-l', 'spark-role=driver');
  const settings = { 'spark.sql.session.timeZone': 'Asia/Tokyo', 'kyuubi.operation.language': 'SCALA' };
  await expect(inSession((session) => session.run('1 + 1'), 'cleo', undefined, settings)).resolves.toEqual([[expect.stringContaining('2')]]);
  await expect(as('cleo', 'SELECT 1 + 1')).resolves.toEqual([[2]]);
});

withGateway.each([
  ['CREATE TABLE', 'CREATE TABLE default.plain (i INT)'],
  ['CREATE TABLE AS SELECT', 'CREATE TABLE default.plain AS SELECT 1 AS i'],
  ['CREATE TABLE LIKE a view', 'CREATE TABLE default.plain LIKE default.view_of_one'],
])('%s without a format makes a Delta table', async (_, statement) => {
  await inSession(async (session) => {
    await session.run('CREATE OR REPLACE VIEW default.view_of_one AS SELECT 1 AS i');
    await session.run('DROP TABLE IF EXISTS default.plain');
    await session.run(statement);
    await expect(session.run('DESCRIBE DETAIL default.plain').then(([detail]) => detail![0])).resolves.toBe('delta');
    await session.run('DROP TABLE default.plain');
    await session.run('DROP VIEW default.view_of_one');
  });
});

withGateway('a table of two hundred files is renamed within seconds, and whole', async () => {
  await inSession(async (session) => {
    await session.run('DROP TABLE IF EXISTS default.renamed');
    await session.run('CREATE OR REPLACE TABLE default.files USING delta PARTITIONED BY (k) AS SELECT id, id % 200 AS k FROM range(20000)');
    const began = Date.now();
    await session.run('ALTER TABLE default.files RENAME TO default.renamed');
    expect(Date.now() - began).toBeLessThan(30_000);
    await expect(session.run('SELECT count(*) FROM default.renamed')).resolves.toEqual([[20_000]]);
    await session.run('INSERT INTO default.renamed VALUES (1, 1)');
    await session.run('DROP TABLE default.renamed');
  });
});

withGateway('a small table is vacuumed within seconds', async () => {
  await inSession(async (session) => {
    await session.run('CREATE OR REPLACE TABLE default.vacuumed (id INT) USING delta');
    for (const id of [1, 2]) await session.run(`INSERT INTO default.vacuumed VALUES (${id})`);
    await session.run('OPTIMIZE default.vacuumed');
    await session.run('SET spark.databricks.delta.retentionDurationCheck.enabled = false');
    const began = Date.now();
    await session.run('VACUUM default.vacuumed RETAIN 0 HOURS');
    expect(Date.now() - began).toBeLessThan(30_000);
    await session.run('DROP TABLE default.vacuumed');
  });
});
