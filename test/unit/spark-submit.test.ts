import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ENGINE = 'org.apache.kyuubi.engine.spark.SparkSQLEngine';
const DECLARED = String.raw`
kyuubi.session.conf.restrict.list=spark.master,spark.kubernetes.*,kyuubi.engine.*,kyuubi.ha.*
kyuubi.frontend.thrift.binary.bind.port=10009
kyuubi.session.idle=PT1H
spark.sql.shuffle.partitions=4
spark.redaction=a\\b
___ana___.spark.sql.shuffle.partitions=128
___anabel___.spark.sql.shuffle.partitions=8
___ana___.spark.sql.own=yes=no
`;

/** What Spark's own gets, of the settings of a session. */
function submitted(settings: string[], { main = ENGINE, user = 'ana' } = {}): string[] {
  const home = mkdtempSync(join(tmpdir(), 'lakehouse-submit-'));
  for (const folder of ['bin', 'conf']) mkdirSync(join(home, folder));
  writeFileSync(join(home, 'conf/kyuubi-defaults.conf'), DECLARED);
  writeFileSync(join(home, 'bin/spark-submit'), `#!/usr/bin/env bash\nprintf '%s\\n' "$@"\n`, { mode: 0o755 });
  const script = readFileSync(join(__dirname, '../../lib/gateway/server/spark-submit.sh'), 'utf8').replaceAll('/opt/spark', home);
  const words = ['--class', main, ...settings.flatMap((setting) => ['--conf', setting]), '--proxy-user', user, 'local:///engine.jar'];
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'spark-submit', ...words], {
    encoding: 'utf8',
    env: { ...process.env, KYUUBI_HOME: home },
  });
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

  test('with the words that are no settings', () => {
    expect(submitted(['spark.foo=1'])).toEqual(['--class', ENGINE, '--proxy-user', 'ana', 'local:///engine.jar']);
  });
});

test('a batch keeps its settings', () => {
  expect(conf(['spark.foo=1', 'spark.sql.shuffle.partitions=777'], { main: 'com.example.Job' })).toEqual([
    'spark.foo=1',
    'spark.sql.shuffle.partitions=777',
  ]);
});
