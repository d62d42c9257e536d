import { Duration, Size } from 'cdk8s';
import { checkKeys, KYUUBI_SPELLING, merge, SPARK_SPELLING, spell, tune } from '../../lib/config/config-file';
import { HadoopXmlFile } from '../../lib/config/hadoop-xml';
import { PropertiesFile } from '../../lib/config/properties';
import { Release } from '../../lib/release';

const { catalogs } = Release.SPARK_4_1;

describe('values', () => {
  test.each([
    [Size.gibibytes(2), '2048m'],
    [Duration.minutes(2), '120s'],
    [Duration.millis(1500), '1500ms'],
    [true, 'true'],
    [0, '0'],
    ['text', 'text'],
  ])('%s is %s for Spark', (value, spelled) => {
    expect(spell(value, SPARK_SPELLING)).toBe(spelled);
  });

  test.each([
    [Size.mebibytes(1), '1048576'],
    [Duration.seconds(90), 'PT1M30S'],
    [false, 'false'],
  ])('%s is %s for Kyuubi', (value, spelled) => {
    expect(spell(value, KYUUBI_SPELLING)).toBe(spelled);
  });
});

describe('layers', () => {
  test('are merged in their order, without what has no value', () => {
    const merged = merge('file', SPARK_SPELLING, [{ a: 1 }, { b: undefined }, { c: true }]);
    expect(Object.entries(merged)).toEqual([
      ['a', '1'],
      ['c', 'true'],
    ]);
  });

  test('may say the same', () => {
    expect(merge('file', SPARK_SPELLING, [{ a: Size.gibibytes(1) }, { a: '1024m' }])).toEqual({ a: '1024m' });
  });

  test('fails for two values of one key', () => {
    expect(() => merge('spark.conf', SPARK_SPELLING, [{ a: 1 }, { a: 2 }])).toThrow("spark.conf: 'a' is set to '1' and to '2': remove one of them");
  });

  test.each(['one\ntwo=2', 'one\rtwo=2'])('fails for a line break, which would begin another key', (value) => {
    expect(() => merge('spark.conf', SPARK_SPELLING, [{ a: value }])).toThrow("spark.conf: the value of 'a' has a line break");
  });
});

describe('tuning', () => {
  test('replaces defaults and adds to them', () => {
    expect(tune('spark', { wired: 1 }, { a: 1, b: 1 }, { b: 2, c: 2 })).toEqual({ a: 1, b: 2, c: 2 });
  });

  test('fails for a key that is wired, even with its value', () => {
    expect(() => tune('spark', { wired: 1 }, {}, { wired: 1 })).toThrow(
      "spark: 'wired' is set by the lakehouse to '1' and cannot be changed: remove it",
    );
  });
});

test('fails for an unknown key, named with its file', () => {
  expect(() => checkKeys('zoo.cfg', catalogs.zookeeper, ['clientPort', 'clientPrt'])).toThrow(
    "zoo.cfg: 'clientPrt' is not a key of ZooKeeper 3.9.4, the nearest one is 'clientPort'",
  );
});

describe('a file of properties', () => {
  const file = (...layers: Record<string, string | Size>[]) => new PropertiesFile('x.conf', catalogs.spark, SPARK_SPELLING, ...layers);

  test('has a line for each key', () => {
    const text = file({ 'spark.executor.memory': Size.gibibytes(1) }, { 'spark.master': 'local' }).render();
    expect(text).toBe('spark.executor.memory=1024m\nspark.master=local\n');
  });

  test('doubles backslashes, which would escape what follows', () => {
    expect(file({ 'spark.redaction.regex': '\\d' }).render()).toBe('spark.redaction.regex=\\\\d\n');
  });

  test('fails for an unknown key', () => {
    expect(() => file({ 'spark.executor.memroy': '1g' })).toThrow(/^x\.conf: 'spark\.executor\.memroy'.*'spark\.executor\.memory'$/);
  });
});

describe('a Hadoop file', () => {
  const file = (...layers: Record<string, string | number>[]) => new HadoopXmlFile('x.xml', catalogs.hadoop, ...layers);

  test('has a property for each key, escaped', () => {
    expect(file({ 'fs.s3a.endpoint': 'a<b>&c' }).render()).toBe(
      '<configuration>\n  <property><name>fs.s3a.endpoint</name><value>a&lt;b&gt;&amp;c</value></property>\n</configuration>\n',
    );
  });

  test('leaves what must not stand in it to the environment', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Hadoop fills it in.
    expect(HadoopXmlFile.env('DB_PASSWORD')).toBe('${env.DB_PASSWORD}');
  });

  test('fails for an unknown key and for two values', () => {
    expect(() => file({ 'fs.s3a.endpiont': 'x' })).toThrow(
      "x.xml: 'fs.s3a.endpiont' is not a key of Hadoop 3.4.2, the nearest one is 'fs.s3a.endpoint'",
    );
    expect(() => file({ 'fs.s3a.threads.max': 1 }, { 'fs.s3a.threads.max': 2 })).toThrow("'fs.s3a.threads.max' is set to '1' and to '2'");
  });
});
