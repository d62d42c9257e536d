import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { statusesOf } from '../../cli/snapshot';
import type { TenantProps } from '../../lib/tenants/tenant';
import { applyChanged, cluster, eventually, inSession, mc, NAMESPACE, podsNamed, run } from '../lakehouse';
import { as, engine, TENANTS, WATCHERS } from '../tenants';
import { newCluster, testCluster } from './test-cluster';

const { science, analytics, ...rest } = TENANTS;
const { reads: _, ...blind } = science!;

/** Two states that differ in what each watcher makes. */
const STATES: Record<'A' | 'B', Record<string, TenantProps>> = {
  A: { ...rest, analytics: analytics!, science: science! },
  B: { ...rest, analytics: analytics!, science: blind, visitors: { users: ['dora'], engine } },
};

const apply = (state: 'A' | 'B') => applyChanged({ tenants: STATES[state] });

/** In the store for a running engine, in the store's own list, in the gateway. */
async function isSo(state: 'A' | 'B'): Promise<boolean> {
  const reads = await as('cleo', 'SELECT count FROM web.visits').then(
    () => true,
    (error) => !/403|Access ?Denied|Forbidden/.test(String(error)),
  );
  const users = (await mc('minio-root', 'admin user list store')).stdout;
  const dora = /^dora +yes$/m.test(run('npm run lakehouse -- user list --context test'));
  return reads === (state === 'A') && users.includes('tenant-visitors') === (state === 'B') && dora === (state === 'B');
}

async function becomesSo(state: 'A' | 'B', seconds: number): Promise<number> {
  const began = Date.now();
  await eventually(`all is as in ${state}`, seconds, () => isSo(state));
  return Math.round((Date.now() - began) / 1000);
}

const podOf = async (name: string) => podsNamed(NAMESPACE, name).then((pods) => pods.at(-1)!);

async function statusOf(name: string, container: string) {
  return statusesOf(await podOf(name)).find((status) => status.name === container)!;
}

beforeAll(async () => {
  await newCluster();
  run('npm start -- --context test');
  await apply('A');
  await eventually('bea can log in', 60, () => as('bea', 'SELECT 1').then(() => true));
  await as('bea', 'CREATE TABLE web.visits USING delta AS SELECT 7 AS count');
}, 900_000);

test('all watchers are killed at one moment or another after a change: it ends as declared', async () => {
  const moments = [0, 300, 800, 1500, 3000];
  for (const [round, milliseconds] of moments.entries()) {
    const state = round % 2 === 0 ? 'B' : 'A';
    for (const [name, container] of WATCHERS)
      await eventually(`${name}/${container} runs again`, 300, async () => Boolean((await statusOf(name, container)).state.running));
    const ids = await Promise.all(WATCHERS.map(async ([name, container]) => (await statusOf(name, container)).containerID.replace(/^.*\/\//, '')));
    await apply(state);
    await delay(milliseconds);
    await Promise.all(ids.map((id) => testCluster('ctr', '-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', id)));
    console.log(
      `killed ${milliseconds} ms after ${state} was applied: as declared after ${await becomesSo(state, 360)} s, the kubelet's pause among them`,
    );
  }
}, 2_400_000);

/** A second one in the same container, of the same program. */
async function second(name: string, container: string): Promise<ChildProcess> {
  const pod = await podOf(name);
  const { command } = pod.spec.containers.find((one: { name: string }) => one.name === container);
  // Two programs cannot have one port.
  const python = `import runpy, sys, watch; watch.PORT = 9101; sys.argv = ${JSON.stringify(command.slice(2))}; runpy.run_path(sys.argv[0], run_name='__main__')`;
  const words = command[0] === 'python3' ? ['env', 'PYTHONPATH=/program', 'python3', '-u', '-c', python] : command;
  return spawn('kubectl', ['--context', cluster.context, '-n', NAMESPACE, 'exec', pod.metadata.name, '-c', container, '--', ...words], {
    stdio: 'inherit',
  });
}

test('two of each watcher: it ends as declared, and stays so', async () => {
  const seconds = await Promise.all(WATCHERS.filter(([, container]) => container !== 'live').map(([name, container]) => second(name, container)));
  try {
    await delay(10_000);
    for (const state of ['A', 'B', 'A', 'B'] as const) {
      await apply(state);
      console.log(`two of each: ${state} after ${await becomesSo(state, 120)} s`);
      for (let look = 0; look < 5; look++) {
        await delay(3000);
        expect(await isSo(state)).toBe(true);
      }
    }
    expect(seconds.map(({ exitCode }) => exitCode)).toEqual(seconds.map(() => null));
  } finally {
    for (const one of seconds) one.kill();
  }
}, 1_200_000);

test('neither the API server nor the database can be reached for ten minutes: it ends as declared', async () => {
  const ip = async (name: string) => (await podOf(name)).status.podIP as string;
  const [gateway, postgres, minio] = [await ip('kyuubi'), await ip('postgres'), await ip('minio')];
  const rules = [
    ...[gateway, postgres, minio].map((source) => ['INPUT', '-s', source, '-p', 'tcp', '--dport', '6443']),
    ['FORWARD', '-s', gateway, '-d', postgres],
  ];
  const node = (action: string, rule: string[]) => testCluster('exec', '--', 'iptables', action, ...rule, '-j', 'DROP');
  for (const rule of rules) await node('-I', rule);
  try {
    await delay(60_000);
    await apply('A');
    await delay(540_000);
    await expect(isSo('A').catch(() => false)).resolves.toBe(false);
  } finally {
    for (const rule of rules) await node('-D', rule);
  }
  console.log(`ten minutes: as declared ${await becomesSo('A', 300)} s after they can be reached again`);
  await expect(inSession((session) => session.run('SELECT 1'), 'bea')).resolves.toEqual([[1]]);
}, 1_800_000);
