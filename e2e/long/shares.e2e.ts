import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cluster, eventually, exec, inSession, NAMESPACE, rest, run, TENANT, USER } from '../lakehouse';
import { answersTo, calls } from '../metastore-calls';
import { applyTenants, as, driversOf, TENANTS } from '../tenants';
import { withGateway } from '../with-gateway';
import { newCluster } from './test-cluster';

beforeAll(async () => {
  await newCluster();
  run('npm start -- --context test');
  await applyTenants(TENANTS);
}, 900_000);

withGateway('two hundred sessions that a user opens at once do not keep others from theirs', async () => {
  await Promise.all(['bea', 'cleo'].map((user) => as(user, 'SELECT 1')));
  await cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, async (port) => {
    const bea = await rest(port, 'bea');
    const opened = Promise.all(Array.from({ length: 200 }, () => bea('POST', '/sessions', { configs: {} })));
    const asked: number[] = [];
    for (let count = 0; count < 5; count++) {
      const from = Date.now();
      await as('cleo', 'SELECT 1');
      asked.push(Date.now() - from);
    }
    const answers = await opened;
    console.log(
      `${answers.filter(({ ok }) => ok).length} of 200 sessions; another user's login and query meanwhile: ${asked.map((ms) => `${ms} ms`).join(', ')}`,
    );
    expect(answers.filter(({ ok }) => ok).length).toBeLessThan(110);
    expect(answers.filter(({ ok, text }) => !ok && !/as many as one user may|request rejected|Too Many Requests/.test(text))).toEqual([]);
    expect(Math.max(...asked)).toBeLessThan(5000);
    for (const { ok, text } of answers) if (ok) await bea('DELETE', `/sessions/${JSON.parse(text).identifier}`);
    await expect(as('bea', 'SELECT 1')).resolves.toEqual([[1]]);
  });
});

/** What would go on for an hour, in a task that does not end by itself. */
const CROSS_JOIN = 'SELECT count(*) FROM range(1000000) a CROSS JOIN range(1000000) b WHERE a.id * b.id % 7 = 8';

describe('a statement', () => {
  const activeJobs = async (user: string) => {
    const answer = await inSession((session) => session.run('spark.sparkContext.statusTracker.getActiveJobIds.length'), user, undefined, {
      'kyuubi.operation.language': 'SCALA',
    });
    return Number(/= (\d+)/.exec(String(answer))![1]);
  };

  withGateway('that is cancelled stops in the engine, too', () =>
    cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, async (port) => {
      const bea = await rest(port, 'bea');
      const session = JSON.parse((await bea('POST', '/sessions', { configs: {} })).text).identifier;
      const statement = { statement: CROSS_JOIN, runAsync: true };
      const operation = JSON.parse((await bea('POST', `/sessions/${session}/operations/statement`, statement)).text).identifier;
      await eventually('it runs', 60, async () => (await activeJobs('bea')) === 1);
      const began = Date.now();
      await expect(bea('PUT', `/operations/${operation}`, { action: 'cancel' })).resolves.toMatchObject({ ok: true });
      await eventually('it runs no more', 30, async () => (await activeJobs('bea')) === 0);
      console.log(`a cancelled cross join is over after ${Date.now() - began} ms at most`);
      await bea('DELETE', `/sessions/${session}`);
    }),
  );

  withGateway('that takes longer than its tenant allows ends with an error', async () => {
    const began = Date.now();
    await expect(as('cleo', CROSS_JOIN)).rejects.toThrow('The statement took longer than 45 s, the most that its tenant or its client allows');
    expect((Date.now() - began) / 1000).toBeLessThan(75);
    await eventually('it runs no more', 30, async () => (await activeJobs('cleo')) === 0);
    // Nor does its task take the engine's only core: this has the same limit.
    await expect(as('cleo', 'SELECT 1')).resolves.toEqual([[1]]);
  });
});

describe('an engine', () => {
  const signal = (name: string) => (driver: string) =>
    exec(driver, 'spark-kubernetes-driver', ['sh', '-c', `kill -${name} $(pgrep -f SparkSQLEngine)`], '', TENANT).catch(() => undefined);

  withGateway.each([
    ['whose process was killed', signal('KILL'), 60],
    ['whose pod is gone', (driver: string) => cluster.kubectl('-n', TENANT, 'delete', 'pod', driver, '--grace-period=0', '--force'), 60],
    ['that hangs', signal('STOP'), 150],
  ])('%s is replaced: what runs on it fails, and the next login waits for the new one', async (_, kill, seconds) => {
    await as(USER, 'SELECT 1');
    const [driver] = await driversOf('demo');
    const runs = expect(as(USER, CROSS_JOIN)).rejects.toThrow();
    await delay(5000);
    await kill(driver!);
    const began = Date.now();
    await expect(as(USER, 'SELECT 1')).resolves.toEqual([[1]]);
    expect(Date.now() - began).toBeLessThan(seconds * 1000);
    expect(await driversOf('demo')).not.toContain(driver);
    await runs;
  });
});

withGateway('the metastore has an answer to those that Spark makes, and to no others', async () => {
  const names = await calls();
  expect(names.length).toBeGreaterThan(280);
  const answers = await answersTo('bea', names);
  expect(Object.keys(answers)).toEqual(names);
  // Two are not answered at all, whatever becomes of them.
  const log = await cluster.kubectl('-n', NAMESPACE, 'logs', await cluster.podOf(NAMESPACE, 'hive-metastore'), '-c', 'metastore', '--since=5m');
  const refusal = 'is nothing that an engine of the lakehouse asks the metastore';
  const open = names.filter((name) => !answers[name]!.endsWith(refusal) && !log.includes(`: ${name} ${refusal}`));
  const source = readFileSync(join(__dirname, '../../lib/metastore/TenantCalls.java'), 'utf8');
  const declared = [.../asList\(([^;]*)\)/.exec(source)![1]!.matchAll(/"(\w+)"/g)].map(([, name]) => name);
  expect(open.toSorted()).toEqual(declared.toSorted());
});
