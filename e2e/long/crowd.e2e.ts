import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import type { TenantProps } from '../../lib/tenants/tenant';
import { applyChanged, cluster, ENVIRONMENT, inSession, NAMESPACE, passwordOf, podsNamed, run } from '../lakehouse';
import { as, takenOver } from '../tenants';
import { memoryKills, newCluster, uptime } from './test-cluster';

const USERS = Array.from({ length: 20 }, (_, index) => `user-${index}`);
/** So many engines of the crowd fit on the cluster. */
const FIT = 6;

/** In MiB: what no pod has asked for. */
async function free(): Promise<number> {
  const mebibytes = (text = '0') => Number.parseInt(text, 10) * ({ Ki: 1 / 1024, Mi: 1, Gi: 1024 }[text.replace(/\d/g, '')] ?? 1 / 1024 / 1024);
  const [node] = await cluster.list('nodes');
  const pods = await cluster.list('pods', '-A', '--field-selector=status.phase=Running');
  const asked = pods.flatMap(({ spec }) => [
    ...(spec.initContainers ?? []).filter((one: { restartPolicy?: string }) => one.restartPolicy),
    ...spec.containers,
  ]);
  return mebibytes(node!.status.allocatable.memory) - asked.reduce((sum, { resources }) => sum + mebibytes(resources.requests?.memory), 0);
}

test('twenty first logins in one second where six engines fit: each is answered or told why within ten minutes, and nobody else waits', async () => {
  await newCluster();
  run('npm start -- --context test');
  const since = uptime();
  // An executor for each driver is part of what must fit: what is left of an engine's share.
  const [driver, cpu] = [1280, Cpu.millis(50)];
  const executor = Math.floor((2 * (await free())) / (2 * FIT + 1)) - driver;
  const engine = { driver: { memory: Size.mebibytes(driver), cpu }, executors: { memory: Size.mebibytes(executor), cpu, max: 1 } };
  const crowd: TenantProps = { users: USERS, engine };
  const tenants = { ...ENVIRONMENT.tenants, crowd };
  await applyChanged({ tenants, gateway: { ...ENVIRONMENT.gateway, engineIdleTimeout: Duration.seconds(30) } });
  await cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', 'deployment/kyuubi', '--timeout=600s');
  await takenOver(tenants);
  await as('ana', 'SELECT 1');
  const passwords = await Promise.all(USERS.map(passwordOf));
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  let over = false;
  const answers = Promise.all(
    USERS.map((user, index) =>
      inSession((session) => session.run('SELECT count(*) FROM range(0, 1000, 1, 2)'), user, passwords[index]).then(
        () => ({ user, ok: true, text: '', after: seconds() }),
        (error: Error) => ({ user, ok: false, text: error.message, after: seconds() }),
      ),
    ),
  ).finally(() => {
    over = true;
  });
  const waited: number[] = [];
  while (!over) {
    const from = Date.now();
    await as('ana', 'SELECT 1');
    waited.push(Date.now() - from);
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
  const told = await answers;
  const answered = told.filter(({ ok }) => ok).map(({ after }) => after);
  console.log(
    `answered after ${answered.toSorted((one, two) => one - two).join(', ')} s; ana's ${waited.length} logins meanwhile: ${Math.max(...waited)} ms at most`,
  );
  for (const { user, ok, text, after } of told) if (!ok) console.log(`${user}, after ${after} s: ${text.slice(0, 300)}`);
  expect(answered.length).toBeGreaterThanOrEqual(FIT);
  expect(Math.max(...told.map(({ after }) => after))).toBeLessThan(660);
  expect(
    told.filter(({ ok, text }) => !ok && !/has not started in time|exceeded quota|Timeout|timed out|as many as one user may/i.test(text)),
  ).toEqual([]);
  expect(Math.max(...waited)).toBeLessThan(5000);
  const [gateway] = await podsNamed(NAMESPACE, 'kyuubi');
  expect(Math.max(...gateway!.status.containerStatuses.map(({ restartCount }: { restartCount: number }) => restartCount))).toBe(0);
  expect(memoryKills(since)).toEqual([]);
}, 1_800_000);
