import { cluster, eventually, python, TENANT, withStore } from './lakehouse';
import { SparkPod } from './spark-pod';

const SCRIPT = `
CREATE SCHEMA IF NOT EXISTS e2e_engine;
DROP TABLE IF EXISTS e2e_engine.orders;
CREATE TABLE e2e_engine.orders (id INT, amount INT) USING delta;
INSERT INTO e2e_engine.orders VALUES (1, 10), (2, 20);
MERGE INTO e2e_engine.orders AS o USING (SELECT 2 AS id, 25 AS amount UNION ALL SELECT 3, 30) AS n ON o.id = n.id
  WHEN MATCHED THEN UPDATE SET amount = n.amount WHEN NOT MATCHED THEN INSERT *;
SELECT 'merged', id, amount FROM e2e_engine.orders ORDER BY id;
SELECT 'before', count(*), sum(amount) FROM e2e_engine.orders VERSION AS OF 1;
`;

test('spark-sql with the settings of an engine: a Delta table in the metastore and the store, with executors as pods', async () => {
  const pod = await SparkPod.start({ name: 'e2e-engine', files: { 'script.sql': SCRIPT }, script: 'exec spark-sql $SETTINGS -f /e2e/script.sql' });
  await eventually('there is an executor', 120, async () => {
    const executors = await cluster.list('pods', '-n', TENANT, '-l', 'spark-role=executor,spark-app-name=e2e-engine');
    return executors.length > 0;
  });
  // What goes to the standard error stands anywhere between the rows.
  const output = (await pod.output(300)).replace(/^Time taken.*\n/gm, '');
  expect(output).toContain('merged\t1\t10\nmerged\t2\t25\nmerged\t3\t30\n');
  expect(output).toMatch(/^before\t2\t30$/m);
  const table = await withStore((environment) =>
    python('deltalake_reads.py', { ...environment, TABLE: 's3://lakehouse/tenants/demo/e2e_engine.db/orders' }),
  );
  expect(JSON.parse(table)).toEqual({
    rows: [
      [1, 10],
      [2, 25],
      [3, 30],
    ],
    versions: [0, 1, 2],
  });
});
