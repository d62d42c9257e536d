import { setTimeout as delay } from 'node:timers/promises';
import { cluster, gatewayLog, inSession, NAMESPACE, rolledOut, USER } from '../lakehouse';
import { bringUp } from '../setup';
import { as } from '../tenants';
import { withGateway } from '../with-gateway';

beforeAll(() => bringUp(process.env.LAKEHOUSE_CONTEXT!), 900_000);

withGateway('two metastores are as good as one, and leave connections of the database to others', async () => {
  const began = new Date().toISOString();
  await cluster.kubectl('-n', NAMESPACE, 'scale', 'deployment/hive-metastore', '--replicas=2');
  await rolledOut('deployment/hive-metastore');
  const works = (name: string) =>
    inSession(async (session) => {
      await session.run(`CREATE OR REPLACE TABLE default.${name} AS SELECT 1 AS i`);
      await session.run(`ALTER TABLE default.${name} RENAME TO default.${name}_2`);
      await expect(session.run(`SELECT * FROM default.${name}_2`)).resolves.toEqual([[1]]);
      await session.run(`DROP TABLE default.${name}_2`);
    });
  await works('by_one');
  // The engine keeps its connection to the one that it has found.
  for (const pod of (await cluster.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app.kubernetes.io/name=hive-metastore', '-o', 'name'))
    .trim()
    .split('\n')) {
    await cluster.kubectl('-n', NAMESPACE, 'delete', pod);
    await rolledOut('deployment/hive-metastore');
    await works('by_another');
  }
  await cluster.kubectl('-n', NAMESPACE, 'scale', 'deployment/hive-metastore', '--replicas=1');
  await expect(gatewayLog('tenants', `--since-time=${began}`)).resolves.not.toContain('connection slots');
});

withGateway('a table whose metastore is killed during its renaming is whole, under one name', async () => {
  await as(USER, 'CREATE OR REPLACE TABLE default.killed_0 AS SELECT * FROM range(1000)');
  for (const [index, milliseconds] of [0, 100, 400].entries()) {
    const [before, after] = [`default.killed_${index}`, `default.killed_${index + 1}`];
    const renamed = as(USER, `ALTER TABLE ${before} RENAME TO ${after}`).catch(() => undefined);
    await delay(milliseconds);
    const pod = await cluster.podOf(NAMESPACE, 'hive-metastore');
    await cluster.kubectl('-n', NAMESPACE, 'delete', 'pod', pod, '--grace-period=0', '--force');
    await renamed;
    await rolledOut('deployment/hive-metastore');
    const counts = await Promise.all([before, after].map((name) => as(USER, `SELECT count(*) FROM ${name}`).catch((error: Error) => error.message)));
    expect(counts).toContainEqual([[1000]]);
    expect(counts).toContainEqual(expect.stringContaining('TABLE_OR_VIEW_NOT_FOUND'));
    if (Array.isArray(counts[0])) await as(USER, `ALTER TABLE ${before} RENAME TO ${after}`);
  }
  await as(USER, 'DROP TABLE default.killed_3');
});
