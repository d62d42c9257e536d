import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cluster, ENVIRONMENT, NAMESPACE, passwordOf, python, run, USER } from '../lakehouse';

const { spark, scala } = ENVIRONMENT.release.versions;
const folder = mkdtempSync(join(tmpdir(), 'lakehouse-golden-'));

/** As many as there were when this was measured, of 17,194. */
const SAME = 16_656;
/** Of `clients/golden.py`, which says what each of them is. */
const MAY_DIFFER = ['delta', 'hive', 'metadata', 'no type', 'spark', 'test-only'];

beforeAll(async () => {
  const artifact = `org.apache.spark:spark-sql_${scala}:${spark}:jar:tests`;
  const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.7.1:copy';
  execFileSync('mvn', ['--batch-mode', '--quiet', copy, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]);
  // One that runs is asked as it is.
  if (!(await cluster.kubectl('get', 'deployment', '-n', NAMESPACE, 'kyuubi', '--ignore-not-found'))) run('npm start -- --context test');
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true }));

test("Spark's own SQL tests are answered through the gateway as without it", async () => {
  const password = await passwordOf(USER);
  const JAR = join(folder, `spark-sql_${scala}-${spark}-tests.jar`);
  const answers = await cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10009, (port) =>
    python('golden.py', { JAR, PORT: String(port), USER_NAME: USER, PASSWORD: password }),
  );
  const { files, kinds, wrong, first } = JSON.parse(answers);
  console.log(`${files} files: ${JSON.stringify(kinds)}, ${wrong} wrong`);
  expect(first).toEqual([]);
  expect(Object.keys(kinds).sort()).toEqual([...MAY_DIFFER, 'same'].sort());
  expect(kinds.same).toBeGreaterThanOrEqual(SAME);
}, 7_200_000);
