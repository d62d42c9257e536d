import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { environmentOf } from '../../cli/context';
import { synthesize } from '../../cli/manifests';
import { statusesOf } from '../../cli/snapshot';
import { watch } from '../../cli/watch';
import { cluster, NAMESPACE, podsNamed, rolledOut, TENANT } from '../lakehouse';
import { memoryKills, testCluster, uptime } from './test-cluster';

const HIVE = 'docker.io/apache/hive:4.0.0';
/** Where its image is meanwhile. */
const AWAY = 'docker.io/library/e2e-away:1';

interface Fault {
  /** With a lakehouse that runs, or with nothing of it. */
  readonly before: 'running' | 'nothing';
  /** Returns what takes the cause away, and nothing else. */
  readonly cause: () => Promise<() => Promise<unknown>>;
  /** In one line of what `npm start` prints. */
  readonly says: RegExp;
  /** Nothing is applied then, so that it is on the user to start again. @default false */
  readonly notApplied?: boolean;
}

const node = (...command: string[]) => testCluster('exec', '--', ...command);

/** Drops packets on the node; returns what ends it. */
async function dropped(...rule: string[]): Promise<() => Promise<unknown>> {
  await node('iptables', '-I', ...rule, '-j', 'DROP');
  return () => node('iptables', '-D', ...rule, '-j', 'DROP');
}

const deletePods = (name: string) =>
  cluster.kubectl('-n', NAMESPACE, 'delete', 'pod', '-l', `app.kubernetes.io/name=${name}`, '--grace-period=1', '--wait=true');

const defaultClass = (is: boolean) =>
  cluster.kubectl('annotate', 'storageclass', 'standard', '--overwrite', `storageclass.kubernetes.io/is-default-class=${is}`);

const FAULTS: Record<string, Fault> = {
  'an image is missing': {
    before: 'nothing',
    cause: async () => {
      const images = (...command: string[]) => testCluster('ctr', '-n', 'k8s.io', 'images', ...command);
      const renamed = async (from: string, to: string) => {
        await images('tag', '--force', from, to);
        await images('rm', '--sync', from);
      };
      await renamed(HIVE, AWAY);
      return () => renamed(AWAY, HIVE);
    },
    says: /an image cannot be pulled: .*hive:4\.0\.0.*load it into them/,
  },
  'the store cannot be reached': {
    before: 'running',
    cause: async () => {
      const [pod] = await podsNamed(NAMESPACE, 'minio');
      const restored = await dropped('FORWARD', '-d', pod.status.podIP, '-p', 'tcp', '--dport', '9000');
      await deletePods('hive-metastore');
      return restored;
    },
    says: /hive-metastore: libraries (still )?waits for the store http:\/\/minio\.lakehouse\.svc:9000/,
  },
  'there is no default StorageClass': {
    before: 'nothing',
    cause: async () => {
      await defaultClass(false);
      return () => defaultClass(true);
    },
    says: /minio: no volume for the claim data-minio-0: .*storage class.*Look at 'kubectl get storageclass'/,
  },
  'the node is too small': {
    before: 'nothing',
    cause: async () => {
      const [one] = await cluster.list('nodes');
      const free = Number.parseInt(one.status.allocatable.memory, 10) / 1024 - 3000;
      const requests = { requests: { memory: `${Math.floor(free)}Mi` } };
      await cluster.kubectl(
        'run',
        'e2e-large',
        '--image=registry.k8s.io/pause:3.10.2',
        `--overrides=${JSON.stringify({ spec: { containers: [{ name: 'e2e-large', image: 'registry.k8s.io/pause:3.10.2', resources: requests }] } })}`,
      );
      await cluster.kubectl('wait', 'pod', 'e2e-large', '--for=condition=Ready', '--timeout=60s');
      return () => cluster.kubectl('delete', 'pod', 'e2e-large', '--grace-period=1');
    },
    says: /no node has room for .* MiB of memory.*Give the cluster a larger node/,
    notApplied: true,
  },
  'the Maven repository cannot be reached': {
    before: 'nothing',
    cause: () => dropped('INPUT', '-p', 'tcp', '--dport', '8081'),
    says: /libraries: resolve (still )?waits for the Maven repository http:\/\/maven\.test:8081\/maven2/,
  },
};

interface Line {
  readonly second: number;
  readonly text: string;
}

/** What a user types and sees. */
async function npm(...words: string[]): Promise<{ code: number; lines: Line[] }> {
  const began = Date.now();
  const lines: Line[] = [];
  const running = spawn('npm', [...words, '--context', cluster.context], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [running.stdout, running.stderr])
    stream.on('data', (chunk) => {
      for (const text of String(chunk).split('\n')) lines.push({ second: (Date.now() - began) / 1000, text });
    });
  const code = await new Promise<number>((resolve) => running.on('close', resolve));
  return { code, lines };
}

async function bring(state: Fault['before']): Promise<void> {
  const { code, lines } = await (state === 'nothing' ? npm('stop', '--', '--delete-data', '--yes') : npm('start', '--'));
  if (code !== 0) throw new Error(lines.map(({ text }) => text).join('\n'));
}

test.each(Object.entries(FAULTS))(
  '%s: npm start says so and ends, and the lakehouse heals by itself when the cause is gone',
  async (_, { before, cause, says, notApplied }) => {
    await bring(before);
    const mend = await cause();
    let mended = false;
    try {
      const began = Date.now();
      const { code, lines } = await npm('start', '--');
      const ended = Math.round((Date.now() - began) / 1000);
      const said = lines.find(({ text }) => says.test(text));
      console.log(
        `${said?.text ?? '(nothing of it)'}\nafter ${said?.second.toFixed(1)} s; ended with ${code} after ${ended} s:\n${lines
          .slice(-8)
          .map(({ text }) => text)
          .join('\n')}`,
      );
      expect(said).toBeDefined();
      expect(code).toBe(1);
      await mend();
      mended = true;
      const since = Date.now();
      if (notApplied) await bring('running');
      else await allReady(360);
      console.log(`healed ${Math.round((Date.now() - since) / 1000)} s after the cause was gone`);
    } finally {
      if (!mended) await mend();
    }
  },
  1_800_000,
);

/** Without a hand: nothing is applied meanwhile. */
async function allReady(seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  const left = Object.fromEntries(['statefulsets', 'deployments'].map((kind) => [kind, [] as string[]]));
  for (const kind of Object.keys(left)) left[kind] = (await cluster.list(kind, '-n', NAMESPACE)).map(({ metadata }) => metadata.name);
  for (const [kind, names] of Object.entries(left))
    for (const name of names) await rolledOut(`${kind}/${name}`, Math.max(1, Math.round((deadline - Date.now()) / 1000)));
}

/** Kills the first process of a container, from outside, as many times as there are moments, each so long after it began. */
async function killed(name: string, container: string, milliseconds: number[]): Promise<number> {
  let kills = 0;
  const seen = new Set<string>();
  for (const end = Date.now() + 300_000; kills < milliseconds.length && Date.now() < end; await delay(50)) {
    const [pod] = await cluster.list('pods', '-n', NAMESPACE, '-l', `app.kubernetes.io/name=${name}`).catch(() => []);
    const statuses = pod ? statusesOf(pod) : [];
    const one = statuses.find(({ name }) => name === container);
    if (!one?.state.running || seen.has(one.containerID)) continue;
    seen.add(one.containerID);
    await delay(milliseconds[kills]!);
    const gone = await testCluster('ctr', '-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', one.containerID.replace(/^.*\/\//, '')).then(
      () => false,
      () => true,
    );
    // It had ended already: the moment was too late, the one before was its end.
    if (gone) break;
    kills++;
  }
  return kills;
}

test.each([
  ['hive-metastore', 'schema', [0, 1500, 3000]],
  ['libraries', 'resolve', [0, 5000, 12_000]],
  ['libraries', 'publish', [0, 700, 1400]],
])(
  'what %s does in %s is killed at the beginning, in the middle and near the end: the start ends in an answer',
  async (name, container, moments) => {
    await bring('nothing');
    const [{ code, lines }, kills] = await Promise.all([npm('start', '--'), killed(name, container, moments)]);
    console.log(`${kills} kills; ${lines.find(({ text }) => text.includes('after the first object'))?.text}`);
    if (code !== 0) throw new Error(lines.map(({ text }) => text).join('\n'));
    expect(kills).toBeGreaterThan(0);
  },
  1_800_000,
);

const FIGURES: Record<string, Record<string, { held: number } | undefined>> = JSON.parse(
  readFileSync(join(__dirname, '../../test/invariants/memory.json'), 'utf8'),
);

/** In MiB, of what a container held at most. */
const half = (name: string) => Math.floor(Math.max(...Object.values(FIGURES[name]!).map((figure) => figure?.held ?? 0)) / 2);

/** Gives a container of a workload half of what it needs; its pods start anew with it. */
async function halved(kind: string, name: string, container: string, figure: string): Promise<() => Promise<unknown>> {
  const [one] = (await cluster.list(kind, '-n', NAMESPACE)).filter(({ metadata }) => metadata.name.startsWith(name));
  const { spec } = one.spec.template;
  for (const each of [...(spec.initContainers ?? []), ...spec.containers])
    if (each.name === container) for (const kindOf of ['requests', 'limits']) each.resources[kindOf].memory = `${half(figure)}Mi`;
  await cluster.kubectl('-n', NAMESPACE, 'patch', kind, one.metadata.name, '--type=merge', '-p', JSON.stringify({ spec: { template: { spec } } }));
  return () => bring('running');
}

test.each([
  ['an init container', 'deployments', 'hive-metastore', 'libraries'],
  ['a long init container', 'deployments', 'libraries', 'resolve'],
  ['a sidecar', 'statefulsets', 'postgres', 'databases'],
  ['a server', 'deployments', 'kyuubi', 'kyuubi'],
])('%s that is killed for memory is named within ten seconds', async (_, kind, name, container) => {
  await bring('running');
  const [before, began] = [uptime(), Date.now()];
  const mend = await halved(kind, name, container, `${name}/${container}`);
  try {
    const manifests = synthesize(environmentOf({ context: cluster.context }));
    const named = await cluster.proxied(async (get) => {
      for await (const states of watch(get, manifests, 300)) {
        const found = states.find(({ reason }) => reason.startsWith(`${container} was killed: it needs more memory than its limit`));
        if (found) return `${found.title}: ${found.reason}`;
      }
      return undefined;
    });
    expect(named).toBeDefined();
    const [kill] = memoryKills(before);
    const seconds = kill === undefined ? (Date.now() - (await notStarted(name, began))) / 1000 : uptime() - kill;
    console.log(`${named}, ${seconds.toFixed(1)} s after ${kill === undefined ? 'it could not be started with so little' : 'the kernel killed it'}`);
    expect(seconds).toBeLessThan(10);
  } finally {
    await mend();
  }
});

/** When the kubelet said that it cannot start a container. */
async function notStarted(name: string, since: number): Promise<number> {
  const events = await cluster.list('events', '-n', NAMESPACE, '--field-selector=reason=Failed');
  const times = events.filter(({ involvedObject }) => involvedObject.name.startsWith(name)).map(({ firstTimestamp }) => Date.parse(firstTimestamp));
  return Math.min(...times.filter((time) => time > since));
}

// Spark gives a driver its limit, so the kernel is told another one as soon as its container runs.
test('a driver that is killed for memory is named within ten seconds, and the query is asked again', async () => {
  await bring('running');
  await cluster.kubectl('-n', TENANT, 'delete', 'pods', '-l', 'spark-role=driver', '--wait=true');
  const before = uptime();
  const [{ code, lines }, killed] = await Promise.all([
    npm('start', '--'),
    (async () => {
      const id = await driverContainer();
      const limit = `$(find /sys/fs/cgroup/memory -type d -name '*${id}*')/memory.limit_in_bytes`;
      await node('sh', '-c', `echo ${half('spark-driver/spark-kubernetes-driver')}M > "${limit}"`);
      for (const end = Date.now() + 120_000; memoryKills(before).length === 0; await delay(100))
        if (Date.now() > end) throw new Error('half of its memory was enough for the driver');
      return memoryKills(before)[0]! - before;
    })(),
  ]);
  const said = lines.find(({ text }) => /spark-kubernetes-driver was killed: it needs more memory than its limit/.test(text));
  console.log(`${said?.text}, ${((said?.second ?? Number.NaN) - killed).toFixed(1)} s after the kernel killed it; ${lines.at(-1)?.text}`);
  expect(said!.second - killed).toBeLessThan(10);
  expect(code).toBe(0);
});

async function driverContainer(): Promise<string> {
  for (const end = Date.now() + 120_000; Date.now() < end; await delay(100)) {
    const [pod] = await cluster.list('pods', '-n', TENANT, '-l', 'spark-role=driver');
    const running = pod && statusesOf(pod).find(({ name, state }) => name === 'spark-kubernetes-driver' && state.running);
    if (running) return running.containerID.replace(/^.*\/\//, '');
  }
  throw new Error('no driver has started in two minutes');
}
