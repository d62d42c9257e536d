import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ENGINE = 'org.apache.kyuubi.engine.spark.SparkSQLEngine';
const DECLARED = String.raw`
kyuubi.session.conf.restrict.list=spark.master,spark.kubernetes.*,kyuubi.engine.*,kyuubi.ha.*
kyuubi.frontend.bind.host=127.0.0.1
kyuubi.frontend.thrift.binary.bind.port=11009
kyuubi.frontend.connection.url.use.hostname=false
kyuubi.session.idle=PT1H
spark.sql.shuffle.partitions=4
spark.redaction=a\\b
___ana___.spark.sql.shuffle.partitions=128
___anabel___.spark.sql.shuffle.partitions=8
___ana___.spark.sql.own=yes=no
___ana___.spark.kubernetes.namespace=tenant-demo
___ana___.kyuubi.operation.query.timeout=PT1H
___bob___.spark.kubernetes.namespace=tenant-other
`;

/** Runs it in the place of Spark's own, which prints what it gets. */
function submit(words: string[]) {
  const home = mkdtempSync(join(tmpdir(), 'lakehouse-submit-'));
  for (const folder of ['bin', 'conf']) mkdirSync(join(home, folder));
  writeFileSync(join(home, 'conf/kyuubi-defaults.conf'), DECLARED);
  writeFileSync(join(home, 'bin/spark-submit'), `#!/usr/bin/env bash\nprintf '%s\\n' "$@"\n`, { mode: 0o755 });
  const script = readFileSync(join(__dirname, '../../lib/gateway/server/spark-submit.sh'), 'utf8')
    .replaceAll('/opt/spark', home)
    .replaceAll('/tmp/turns', join(home, 'turns'));
  return spawnSync('bash', ['-c', script, 'spark-submit', ...words], {
    encoding: 'utf8',
    env: { ...process.env, KYUUBI_HOME: home, ENGINE_PORT: '10009', SUBMITS: '1' },
  });
}

/** What Spark's own gets, of the settings of a session. */
function submitted(settings: string[], { main = ENGINE, user = 'ana' } = {}): string[] {
  const words = ['--class', main, ...settings.flatMap((setting) => ['--conf', setting]), '--proxy-user', user, 'local:///engine.jar'];
  const { status, stdout, stderr } = submit(words);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim().split('\n');
}

const conf = (settings: string[], options = {}) => submitted(settings, options).filter((word) => word.includes('='));

describe('an engine is started', () => {
  test('without what its first session brings', () => {
    expect(conf(['spark.sql.session.timeZone=Asia/Tokyo', 'spark.kyuubi.operation.language=PYTHON', 'spark.app.name=mine'])).toEqual([]);
  });

  test('with what is declared for its user, whatever the session says, and not with what is declared for another one', () => {
    expect(conf(['spark.sql.shuffle.partitions=777', 'spark.sql.own=no'])).toEqual(['spark.sql.shuffle.partitions=128', 'spark.sql.own=yes=no']);
    expect(conf(['spark.sql.shuffle.partitions=128', 'spark.sql.own=no'], { user: 'bob' })).toEqual(['spark.sql.shuffle.partitions=4']);
  });

  test('with what is declared for the gateway and its engines, as it is', () => {
    expect(conf(['spark.kyuubi.session.idle=PT9H', 'spark.redaction=x'])).toEqual([
      'spark.kyuubi.session.idle=PT1H',
      String.raw`spark.redaction=a\b`,
    ]);
  });

  test('with what no session may bring, which is of Kyuubi', () => {
    const settings = [
      'spark.master=k8s://https://x',
      'spark.kubernetes.namespace=tenant-a b',
      'spark.kyuubi.engine.id=7',
      'spark.app.name=kyuubi_USER_ana',
    ];
    expect(conf(settings)).toEqual(settings);
  });

  test('under the name and on the port by which the gateway finds it', () => {
    expect(conf(['spark.kyuubi.ha.namespace=/kyuubi_USER/ana/default'])).toEqual([
      'spark.kubernetes.driver.annotation.lakehouse.dev/engine=/kyuubi_USER/ana/default',
      'spark.kyuubi.frontend.thrift.binary.bind.port=10009',
      'spark.kyuubi.ha.namespace=/kyuubi_USER/ana/default',
    ]);
  });

  test('for a team, with what is declared for its users', () => {
    expect(conf(['spark.kubernetes.namespace=tenant-demo', 'spark.sql.shuffle.partitions=777'], { user: '_gateway' })).toEqual([
      'spark.kubernetes.namespace=tenant-demo',
      'spark.sql.shuffle.partitions=128',
    ]);
  });

  test('with the words that are no settings', () => {
    expect(submitted(['spark.foo=1'])).toEqual(['--class', ENGINE, '--proxy-user', 'ana', 'local:///engine.jar']);
  });

  test('without where the gateway itself listens', () => {
    expect(conf(['spark.kyuubi.frontend.bind.host=127.0.0.1', 'spark.kyuubi.frontend.connection.url.use.hostname=true'])).toEqual([
      'spark.kyuubi.frontend.connection.url.use.hostname=false',
    ]);
  });
});

const OF_ANA = ['spark.kubernetes.namespace=tenant-demo', 'spark.sql.own=yes=no', 'spark.sql.shuffle.partitions=128'];

describe('a batch', () => {
  test('keeps its settings, and has those of its tenant after them', () => {
    const words = conf(['spark.foo=1', 'spark.kubernetes.namespace=tenant-other'], { main: 'com.example.Job' });
    expect(words.slice(0, 2)).toEqual(['spark.foo=1', 'spark.kubernetes.namespace=tenant-other']);
    expect(words.slice(2).toSorted()).toEqual(OF_ANA);
  });

  test('is of its own user, whatever words are in its settings', () => {
    const words = conf(['spark.app.name=x --proxy-user bob --class org.apache.kyuubi.engine.spark.SparkSQLEngine '], { main: 'com.example.Job' });
    expect(words.slice(1).toSorted()).toEqual(OF_ANA);
  });
});

test.each([
  ['a user of no tenant', ['--class', ENGINE, '--proxy-user', 'mallory', 'local:///engine.jar'], "the user 'mallory' is in no tenant"],
  [
    'a team that is none',
    ['--class', ENGINE, '--conf', 'spark.kubernetes.namespace=tenant-dem.', '--proxy-user', '_gateway', 'local:///engine.jar'],
    "the user '_gateway' is in no tenant",
  ],
  ['nobody', ['--class', ENGINE, 'local:///engine.jar'], "the user '' is in no tenant"],
  [
    'another option',
    ['--proxy-user', 'ana', '--properties-file', '/passwords/java.options', 'x.jar'],
    'spark-submit is not asked for --properties-file',
  ],
])('%s: nothing is started, and it says why', (_, words, message) => {
  const { status, stdout, stderr } = submit(words);
  expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  expect(stderr).toContain(message);
});
