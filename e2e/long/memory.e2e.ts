import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { statusesOf } from '../../cli/snapshot';
import { apply, cluster, eventually, inSession } from '../lakehouse';
import { keepBusy } from './test-cluster';

const FILE = join(__dirname, '../../test/invariants/memory.json');
const NAMESPACE = 'e2e-memory';
const IMAGE = 'docker.io/library/python:3.12-slim';

/** In MiB, the most that was seen. */
type Held = Record<string, { held: number; rest?: number }>;

/** A pod on each node that sees all of its containers. */
function sampler(): void {
  const labels = { app: NAMESPACE };
  apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } });
  apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'sampler', namespace: NAMESPACE },
    data: { 'sampler.py': readFileSync(join(__dirname, '../clients/memory_held.py'), 'utf8') },
  });
  apply({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'sampler', namespace: NAMESPACE },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          hostPID: true,
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: 'sampler',
              image: IMAGE,
              command: ['python3', '/sampler/sampler.py'],
              securityContext: { privileged: true },
              volumeMounts: [
                { name: 'sampler', mountPath: '/sampler' },
                { name: 'cgroup', mountPath: '/host', readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'sampler', configMap: { name: 'sampler' } },
            { name: 'cgroup', hostPath: { path: '/sys/fs/cgroup' } },
          ],
        },
      },
    },
  });
}

const samplers = () => cluster.list('pods', '-n', NAMESPACE, '--field-selector=status.phase=Running');

/** `app/container` of each container id, of all pods that were there while `use` ran. */
async function named(use: () => Promise<void>): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  let over = false;
  const look = async () => {
    while (!over) {
      const pods = await cluster.list('pods', '-A', '-l', 'app.kubernetes.io/part-of=lakehouse').catch(() => []);
      for (const pod of pods) {
        for (const { name, containerID } of statusesOf(pod))
          if (containerID) names.set(containerID.replace(/^.*\/\//, ''), `${pod.metadata.labels['app.kubernetes.io/name']}/${name}`);
      }
      await delay(500);
    }
  };
  const looking = look();
  try {
    await use();
  } finally {
    over = true;
    await looking;
  }
  return names;
}

const npm = (...words: string[]) => promisify(execFile)('npm', [...words, '--context', cluster.context], { encoding: 'utf8' });

/** What keeps each part of the lakehouse busy: five sessions that write, merge and sort, over REST. */
async function work(): Promise<void> {
  const rows = 400_000;
  await inSession(async (session) => {
    await session.run('CREATE SCHEMA IF NOT EXISTS e2e_memory');
    await session.run(`CREATE OR REPLACE TABLE e2e_memory.source USING delta AS SELECT id, uuid() AS text, rand() AS number FROM range(${rows})`);
  });
  const one = (number: number) =>
    inSession(async (session) => {
      const table = `e2e_memory.t${number}`;
      await session.run(`CREATE OR REPLACE TABLE ${table} USING delta AS SELECT * FROM e2e_memory.source WHERE id % 2 = 0`);
      await session.run(
        `MERGE INTO ${table} t USING e2e_memory.source s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`,
      );
      await session.run(`SELECT count(*), max(rank) FROM (SELECT rank() OVER (ORDER BY text) AS rank FROM ${table})`);
      for (let update = 0; update < 5; update++) await session.run(`UPDATE ${table} SET number = number + 1 WHERE id % 100 = ${update}`);
      for (let schema = 0; schema < 10; schema++) await session.run('SHOW TABLES IN e2e_memory');
      await session.run(`DROP TABLE ${table}`);
    });
  await Promise.all([1, 2, 3, 4, 5].map(one));
  await inSession((session) => session.run('DROP SCHEMA e2e_memory CASCADE'));
}

/** The most that each container held from an empty cluster to an empty cluster. */
async function measured(): Promise<Held> {
  await npm('stop', '--', '--delete-data', '--yes', '--timeout', '180');
  await cluster.kubectl('-n', NAMESPACE, 'delete', 'pods', '--all', '--ignore-not-found', '--wait=true').catch(() => '');
  await eventually('the samplers run', 120, async () => (await samplers()).length > 0);
  let samples: [string, { held: number; rest?: number }][] = [];
  const names = await named(async () => {
    await npm('start', '--');
    await work();
    await npm('stop', '--', '--delete-data', '--yes', '--timeout', '180');
    const texts = await Promise.all(
      (await samplers()).map(({ metadata }) => cluster.kubectl('-n', NAMESPACE, 'exec', metadata.name, '--', 'cat', '/tmp/held.json')),
    );
    samples = texts.flatMap((text) => Object.entries(JSON.parse(text)));
  });
  const held: Held = {};
  for (const [id, sample] of samples) {
    const name = names.get(id);
    if (!name) continue;
    const most = (key: 'held' | 'rest') => Math.max(held[name]?.[key] ?? 0, Math.ceil((sample[key] ?? 0) / 1024 / 1024));
    held[name] = { held: most('held'), ...((sample.rest ?? held[name]?.rest) !== undefined && { rest: most('rest') }) };
  }
  return held;
}

beforeAll(sampler);
afterAll(() => cluster.kubectl('delete', 'namespace', NAMESPACE));

test('what each container holds at most, quiet and with all CPUs busy, is written down', async () => {
  const quiet = await measured();
  const rest = keepBusy(cpus().length);
  const busy = await measured().finally(rest);
  const names = [...new Set([...Object.keys(quiet), ...Object.keys(busy)])].sort();
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(names.map((name) => [name, { quiet: quiet[name], busy: busy[name] }])), undefined, 2)}\n`);
  // Two of a pod each, the engine's among them.
  expect(names).toEqual(
    expect.arrayContaining(['minio/minio', 'kyuubi/kyuubi', 'spark-driver/spark-kubernetes-driver', 'spark-executor/spark-kubernetes-executor']),
  );
  expect(names.length).toBeGreaterThan(15);
}, 3_000_000);
