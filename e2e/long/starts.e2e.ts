import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster, type KubernetesObject } from '../../cli/kubectl';
import { statusesOf } from '../../cli/snapshot';
import { keepBusy, memoryKills, newCluster, uptime } from './test-cluster';

interface Start {
  readonly title: string;
  /** Of `npm start`, which ended in an answer. */
  readonly answer: number;
  /** Of `npm stop -- --delete-data`. */
  readonly stop: number;
  readonly restarts: number;
  readonly memoryKills: number;
}

const KINDS = {
  quiet: { starts: 5, nodes: 1, busy: 0 },
  // Two endless loops on two CPUs.
  busy: { starts: 10, nodes: 1, busy: 2 },
  'three nodes': { starts: 5, nodes: 3, busy: 0 },
};

const CONTEXT = 'test';
const COMMIT = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const CHANGED = execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' }).trim();

/** One line for each start of this commit: a run that was interrupted goes on where it was. */
const FILE = join(__dirname, `.starts/${COMMIT}.jsonl`);
const done = (): Start[] =>
  existsSync(FILE)
    ? readFileSync(FILE, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];

const seconds = (since: number) => Math.round((Date.now() - since) / 1000);

/** What a user types. Raises an error with all that was printed unless it ends well. */
function npm(...words: string[]): number {
  const began = Date.now();
  const { status, stdout, stderr } = spawnSync('npm', [...words, '--context', CONTEXT], { encoding: 'utf8', timeout: 1_200_000 });
  if (status !== 0) throw new Error(`npm ${words.join(' ')} ended with ${status} after ${seconds(began)} s:\n${stdout}${stderr}`);
  return seconds(began);
}

async function start(title: string, { nodes, busy }: { nodes: number; busy: number }): Promise<Start> {
  const before = uptime();
  const rest = keepBusy(busy);
  try {
    await newCluster(nodes);
    const answer = npm('start', '--');
    rest();
    const pods = await new Cluster(CONTEXT).list('pods', '-A', '-l', 'app.kubernetes.io/part-of=lakehouse');
    const restarts = pods.reduce((sum, pod) => sum + restartsOf(pod), 0);
    const stop = npm('stop', '--', '--delete-data', '--yes');
    return { title, answer, stop, restarts, memoryKills: memoryKills(before).length };
  } finally {
    rest();
  }
}

const restartsOf = (pod: KubernetesObject): number => statusesOf(pod).reduce((sum, { restartCount }) => sum + restartCount, 0);

beforeAll(() => {
  if (CHANGED) throw new Error(`twenty starts are of one commit, and there are changes that are in none:\n${CHANGED}`);
  mkdirSync(join(__dirname, '.starts'), { recursive: true });
});

const all = Object.entries(KINDS).flatMap(([kind, { starts, ...how }]) =>
  Array.from({ length: starts }, (_, index) => [`${kind} ${index + 1}`, how] as const),
);

test.each(all)(
  'a start from nothing: %s',
  async (title, how) => {
    const earlier = done().find((one) => one.title === title);
    const one = earlier ?? (await start(title, how));
    if (!earlier) appendFileSync(FILE, `${JSON.stringify(one)}\n`);
    console.log(`${title}: ${one.answer} s to the answer, ${one.stop} s to stop`);
    expect(one).toMatchObject({ restarts: 0, memoryKills: 0 });
    expect(one.stop).toBeLessThanOrEqual(60);
  },
  1_800_000,
);

test('each start takes at most twice the median of its kind', () => {
  for (const kind of Object.keys(KINDS)) {
    const answers = done()
      .filter(({ title }) => title.startsWith(kind))
      .map(({ answer }) => answer)
      .sort((one, other) => one - other);
    const median = answers[Math.floor(answers.length / 2)]!;
    console.log(`${kind}: ${answers.join(' ')} s`);
    expect(answers).toHaveLength(KINDS[kind as keyof typeof KINDS].starts);
    expect(answers.at(-1)).toBeLessThanOrEqual(2 * median);
  }
});
