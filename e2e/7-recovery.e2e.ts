import { cluster, inSession, NAMESPACE, podsNamed, python, TENANT, withStore } from './lakehouse';
import { withGateway } from './with-gateway';
import { Writer } from './writer';

const TABLE = 'e2e_recovery.rows';
const SERVERS = [
  ['minio', NAMESPACE],
  ['postgres', NAMESPACE],
  ['hive-metastore', NAMESPACE],
  ['kyuubi', NAMESPACE],
  ['spark-executor', TENANT],
  ['spark-driver', TENANT],
] as const;

withGateway(
  'each pod is killed once while a client writes one row a second: what was acknowledged is stored, once',
  async () => {
    await inSession(async (session) => {
      await session.run('CREATE SCHEMA IF NOT EXISTS e2e_recovery');
      await session.run(`DROP TABLE IF EXISTS ${TABLE}`);
      await session.run(`CREATE TABLE ${TABLE} (id INT) USING delta`);
    });
    const writer = new Writer(TABLE);
    await writer.firstAfter(Date.now(), 120);
    const seconds: Record<string, number> = {};
    for (const [name, namespace] of SERVERS) {
      const pods = (await podsNamed(namespace, name)).map(({ metadata }) => metadata.name);
      expect(pods.length).toBeGreaterThan(0);
      const killed = Date.now();
      await cluster.kubectl('-n', namespace, 'delete', 'pod', ...pods, '--grace-period=0', '--force');
      // A row that was on its way when the pod died proves nothing: the next one does.
      const first = await writer.firstAfter(killed, 240);
      seconds[name] = Math.round(((await writer.firstAfter(first.at, 240)).at - killed) / 100) / 10;
    }
    await writer.stop();
    const table = await withStore((environment) =>
      python('deltalake_reads.py', { ...environment, TABLE: 's3://lakehouse/tenants/demo/e2e_recovery.db/rows' }),
    );
    const stored = JSON.parse(table).rows.flat() as number[];
    const acknowledged = writer.acknowledged.map(({ id }) => id);
    console.log(`seconds from the kill to the second row acknowledged after it: ${JSON.stringify(seconds)}`);
    console.log(
      `${acknowledged.length} rows acknowledged, ${stored.length} stored, ${writer.errors.length} statements failed:\n${[...new Set(writer.errors)].map((error) => error.slice(0, 200)).join('\n')}`,
    );
    expect(new Set(stored).size).toBe(stored.length);
    expect(acknowledged.filter((id) => !stored.includes(id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(SERVERS.length);
  },
  1_800_000,
);
