import type { TenantProps } from '../../lib/tenants/tenant';
import { applyChanged, cluster, ENVIRONMENT, eventually, exec, inSession, mc, NAMESPACE, run } from '../lakehouse';
import { as, engine, takenOver, WATCHERS } from '../tenants';
import { memoryKills, newCluster, uptime } from './test-cluster';

const NUMBER = 100;
const many: Record<string, TenantProps> = Object.fromEntries(
  Array.from({ length: NUMBER }, (_, index) => [`team-${index}`, { users: [`user-${index}`], engine, reads: index > 0 ? ['shared'] : [] }]),
);
const tenants = { ...ENVIRONMENT.tenants, ...many, 'team-0': { ...many['team-0']!, schemas: ['shared'] } };

async function held(name: string, container: string): Promise<number> {
  const { stdout } = await exec(await cluster.podOf(NAMESPACE, name), container, ['cat', '/sys/fs/cgroup/memory/memory.stat']);
  return Math.ceil(Number(/^total_rss (\d+)$/m.exec(stdout)![1]) / 1024 / 1024);
}

test(`${NUMBER} tenants come and go: watchers have room, and all is as declared`, async () => {
  await newCluster();
  run('npm start -- --context test');
  const since = uptime();
  const began = Date.now();
  const after = () => `${Math.round((Date.now() - began) / 1000)} s`;
  await applyChanged({ tenants });
  console.log(`${NUMBER} tenants are applied after ${after()}`);
  await takenOver(tenants);
  console.log(`the gateway knows ${NUMBER} tenants after ${after()}`);
  await eventually(
    'each has its user in the store',
    60,
    async () => (await mc('minio-root', 'admin user list store')).stdout.split('tenant-team-').length > NUMBER,
  );
  console.log(`the store knows them after ${after()}`);
  await as('user-0', 'CREATE TABLE shared.one USING delta AS SELECT 1 AS id');
  await expect(as(`user-${NUMBER - 1}`, 'SELECT id FROM shared.one')).resolves.toEqual([[1]]);
  for (const [name, container] of WATCHERS) console.log(`${name}/${container} holds ${await held(name, container)} MiB`);
  await applyChanged({});
  await eventually('nobody of them can log in', 60, () =>
    inSession(() => Promise.resolve(false), 'user-1', 'user-1-password').catch((error) => /: 403 /.test(error)),
  );
  await expect(cluster.list('jobs', '-A')).resolves.toEqual([]);
  const pods = await cluster.list('pods', '-n', NAMESPACE);
  const restarts = pods.flatMap(({ status }) => status.containerStatuses.map(({ restartCount }: { restartCount: number }) => restartCount));
  expect(Math.max(...restarts)).toBe(0);
  expect(memoryKills(since)).toEqual([]);
}, 1_800_000);
