import { Duration, Size } from 'cdk8s';
import { checkConf, KYUUBI_SPELLING, merge, SPARK_SPELLING, spell, tune } from '../../lib/config/config-file';
import { HadoopXmlFile } from '../../lib/config/hadoop-xml';
import { PropertiesFile } from '../../lib/config/properties';
import { Release } from '../../lib/release';

const { catalogs } = Release.SPARK_4_1;

describe('values', () => {
  test.each([
    [Size.gibibytes(2), '2048m'],
    [Size.kibibytes(64), '64k'],
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
    [Duration.seconds(90), 'PT90S'],
    [Duration.days(1), 'PT86400S'],
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
  expect(() => checkConf('hive-site.xml', catalogs.metastore, { 'metastore.thrift.port': '9083', 'metastore.thrift.prt': '9083' })).toThrow(
    "hive-site.xml: 'metastore.thrift.prt' is not a key of the Hive Metastore 4.0.0, the nearest one is 'metastore.thrift.port'",
  );
});

test.each([
  ['spark.sql.shuffle.partitions', 'many', 'give a whole number'],
  ['spark.sql.shuffle.partitions', '', 'give a whole number'],
  ['spark.sql.adaptive.enabled', 'yes', 'give true or false'],
  ['spark.memory.fraction', 'NaN', 'give a number'],
  ['spark.sql.parquet.compression.codec', 'zstdd', 'give one of '],
  ['spark.databricks.delta.optimize.maxFileSize', '1024m', 'give a whole number'],
])("fails for %s = '%s', which Spark would not understand", (key, value, message) => {
  expect(() => checkConf('f', catalogs.spark, { [key]: value })).toThrow(`f: '${key}' is '${value}': ${message}`);
});

test.each([
  ['spark.sql.shuffle.partitions', '-1'],
  ['spark.sql.adaptive.enabled', 'TRUE'],
  ['spark.memory.fraction', '0.5'],
  ['spark.sql.parquet.compression.codec', 'ZSTD'],
])('admits %s = %s', (key, value) => {
  expect(() => checkConf('f', catalogs.spark, { [key]: value })).not.toThrow();
});

test.each(['a b', 'a:b', 'a=b'])("fails for the free part '%s' of a key, which would end it", (part) => {
  expect(() => checkConf('f', catalogs.spark, { [`spark.kubernetes.driver.annotation.${part}`]: 'x' })).toThrow('which ends a key');
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
