import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OURS } from '../../cli/snapshot';
import { cluster, inSession, NAMESPACE, passwordOf, python, run, USER } from '../lakehouse';
import { newCluster } from './test-cluster';

const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();

/** The last commit whose YAML is another one, or the one that is named. */
function commitBefore(): string {
  const named = process.env.UPGRADE_FROM;
  if (named) return git('rev-parse', named);
  for (const commit of git('rev-list', 'HEAD').split('\n')) {
    try {
      git('diff', '--quiet', commit, 'HEAD', '--', 'test/golden/test.yaml');
    } catch {
      return commit;
    }
  }
  throw new Error('no commit has another YAML: name one as UPGRADE_FROM');
}

/** A checkout with the packages of this one. */
function checkout(commit: string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'lakehouse-upgrade-')), 'main');
  git('worktree', 'add', '--detach', folder, commit);
  if (!existsSync(join(folder, 'node_modules'))) symlinkSync(join(__dirname, '../../node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** What was applied and is not declared any more. */
async function orphans(): Promise<string[]> {
  const declared = new Set(JSON.parse(run(`kubectl get -f dist/ -o json`)).items.map(titleOf));
  const kinds = 'statefulsets,deployments,jobs,services,configmaps,networkpolicies,roles,rolebindings,serviceaccounts';
  const there = (await Promise.all([NAMESPACE, 'tenant-demo'].map((namespace) => cluster.list(kinds, '-n', namespace, ...OURS)))).flat();
  return there.map(titleOf).filter((title) => !declared.has(title));
}

const titleOf = ({ kind, metadata }: { kind: string; metadata: { namespace?: string; name: string } }) =>
  `${kind} ${metadata.namespace}/${metadata.name}`;

/** Of a query that runs meanwhile: as long as the apply lasts. */
const SECONDS = 60;

test('an upgrade from the commit before, with a table, a changed password and a session: nothing is lost, nothing is left behind', async () => {
  const commit = commitBefore();
  const before = checkout(commit);
  console.log(`from ${git('log', '-1', '--format=%h %s', commit)}`);
  await newCluster();
  try {
    execFileSync('npm', ['start', '--', '--context', cluster.context], { cwd: before, stdio: 'pipe' });
  } finally {
    git('worktree', 'remove', '--force', before);
  }
  const first = await passwordOf(USER);
  await inSession((session) => session.run('CREATE TABLE default.kept USING delta AS SELECT id FROM range(1000)'), USER, first);
  execFileSync('npm', ['run', 'lakehouse', '--', 'user', 'password', USER, '--context', cluster.context], { input: 'another-password\n' });
  const began = Date.now();
  // It goes on in the gateway of before until it is done: over JDBC's protocol, since Kyuubi closes REST at once when it is told to stop.
  const QUERY = `SELECT count(*) AS n FROM range(0, ${SECONDS}, 1, 1) WHERE java_method('java.lang.Thread', 'sleep', 1000L + 0 * id) = 'null'`;
  const running = cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10009, (port) =>
    python('pandas_reads.py', { PORT: String(port), USER_NAME: USER, PASSWORD: 'another-password', QUERY }),
  );
  await delay(5000);
  run('npm run lakehouse -- apply --context test');
  await expect(running).resolves.toBe(`[[${SECONDS}]]`);
  // With a password that is not the first one by now.
  expect(run('npm start -- --context test')).toContain('The lakehouse is up');
  console.log(`all is ready ${Math.round((Date.now() - began) / 1000)} s after the apply`);
  await expect(
    inSession(
      async (session) => {
        await session.run('INSERT INTO default.kept VALUES (1000)');
        return session.run('SELECT count(*) FROM default.kept');
      },
      USER,
      'another-password',
    ),
  ).resolves.toEqual([[1001]]);
  await expect(orphans()).resolves.toEqual([]);
}, 3_600_000);
