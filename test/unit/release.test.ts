import { Release, type Versions } from '../../lib/release';

const release = Release.SPARK_4_1;

test('SPARK_4_1 breaks no rule of its own', () => {
  expect(Release.custom({}).versions).toEqual(release.versions);
});

test('custom changes what it is told, and nothing else', () => {
  const custom = Release.custom({ busybox: '1.36' });
  expect(custom.images).toEqual({ ...release.images, busybox: 'docker.io/library/busybox:1.36' });
  expect(custom.coordinates).toEqual(release.coordinates);
});

test('images and coordinates follow from the versions', () => {
  const custom = Release.custom({ spark: '4.1.3', awsSdk: '2.30.0', postgres: '16.4' });
  expect(custom.images).toMatchObject({
    spark: 'docker.io/apache/spark:4.1.3-scala2.13-java17-python3-ubuntu',
    postgres: 'docker.io/library/postgres:16.4',
  });
  expect(custom.coordinates).toEqual(
    expect.arrayContaining(['io.delta:delta-spark_4.1_2.13:4.3.1', 'org.apache.hadoop:hadoop-aws:3.4.2', 'software.amazon.awssdk:s3:2.30.0']),
  );
});

const HADOOP_3_4_2 = { hadoop: '3.4.2' };

const BROKEN: [string, Partial<Versions>, RegExp][] = [
  ['a metastore that Spark cannot talk to', { hive: '4.0.1' }, /^- hive 4\.0\.1: Spark 4\.1\.2's .*get_table.*: use 4\.0\.0$/m],
  ["a Hadoop that is not Spark's", { hadoop: '3.4.3' }, /^- hadoop 3\.4\.3: .* same version .* Spark 4\.1\.2: use 3\.4\.2$/m],
  ['a Spark whose Hadoop is not known', { spark: '4.2.0' }, /^- spark 4\.2\.0: .*: use one of 3\.5\.x, 4\.0\.x, 4\.1\.x$/m],
  [
    'a Hadoop without a conditional create',
    { spark: '4.0.1', hadoop: '3.4.1' },
    /^- hadoop 3\.4\.1: .*conditional create.*: use 3\.4\.2, that is Spark 4\.1$/m,
  ],
  ['a Scala that Spark is not built for', { scala: '2.12' }, /^- scala 2\.12: Spark 4\.1\.2 .* 2\.13 only: use 2\.13$/m],
  ['a Java that Spark cannot run on', { java: '11' }, /^- java 11: Spark 4\.1\.2 needs 17 .*: use 17$/m],
  ['jars that the image of the metastore does not have', { hiveHadoop: '3.4.2' }, /^- hiveHadoop 3\.4\.2.*: use these$/m],
  ['an image of Postgres with another user', { postgres: '17.5-alpine' }, /^- postgres 17\.5-alpine: .*: use one such as 17\.12$/m],
  ['a Postgres that keeps its data elsewhere', { postgres: '18.0' }, /^- postgres 18\.0: .*: use 17\.x$/m],
  ['a Delta that is not built for Spark', { delta: '4.0.0' }, /^- delta 4\.0\.0: it is not built for Spark 4\.1\.2: use 4\.3\.1$/m],
];

test.each(BROKEN)('fails for %s', (_, versions, message) => {
  expect(() => Release.custom(versions)).toThrow(message);
});

test.each(BROKEN.filter(([, { spark }]) => !spark))('fails for %s by that rule alone', (_, versions) => {
  expect(() => Release.custom({ ...HADOOP_3_4_2, ...versions })).toThrow(/^these versions do not work together:\n- [^\n]+$/);
});

test.each([
  ['minio', ''],
  ['minio', undefined],
  ['java', ' 17'],
])("fails for %s '%s', which is no version", (name, version) => {
  expect(() => Release.custom({ [name]: version })).toThrow(`${name} '${version}' is no version: write it as `);
});

test('fails for a program that it has not', () => {
  const misspelled = { zookeper: '3.9.3' } as Partial<Versions>;
  expect(() => Release.custom(misspelled)).toThrow("a release has no 'zookeper': it has spark, ");
});

test('fails for all rules at once', () => {
  expect(() => Release.custom({ hive: '4.1.0', java: '21', postgres: '13.2' })).toThrow(
    /^these versions do not work together:\n- hive .*\n- java .*\n- postgres .*$/,
  );
});

describe('coordinates', () => {
  test('admits others', () => {
    expect(() =>
      release.checkCoordinates(['com.example:library_2.13:1.0', 'org.apache.hadoop:hadoop-aws:3.4.2', 'com.example:plain:2']),
    ).not.toThrow();
  });

  test.each([
    ['no coordinate', 'com.example:library', "'com.example:library' is no Maven coordinate: write group:artifact:version"],
    ['an empty part', 'com.example::1.0', 'is no Maven coordinate'],
    ['too many parts', 'com.example:library:jar:1.0', 'is no Maven coordinate'],
    [
      "a Delta without Spark's version in its name",
      'io.delta:delta-spark_2.13:4.3.1',
      "'io.delta:delta-spark_2.13:4.3.1' is built for Delta's default Spark, not for 4.1.2: use io.delta:delta-spark_4.1_2.13:4.3.1",
    ],
    ['another Scala', 'com.example:library_2.12:1.0', 'built for Scala 2.12, Spark 4.1.2 here for 2.13: use library_2.13'],
    ['another hadoop-aws', 'org.apache.hadoop:hadoop-aws:3.3.4', 'does not match the Hadoop 3.4.2 that Spark 4.1.2 brings: remove it'],
  ])('fails for %s', (_, coordinate, message) => {
    expect(() => release.checkCoordinates(['com.example:plain:2', coordinate])).toThrow(message);
  });

  // Documented, but not checked.
  test.each(['software.amazon.awssdk:bundle:2.29.52', 'com.amazonaws:aws-java-sdk-bundle:1.12.367'])('fails for the bundle %s', (bundle) => {
    expect(() => release.checkCoordinates([bundle])).toThrow(`'${bundle}'`);
  });

  // A second Delta on the class path.
  test.each(['io.delta:delta-spark_4.0_2.13:4.0.0', 'io.delta:delta-spark_4.1_2.13:4.2.0'])('fails for %s beside the own Delta', (delta) => {
    expect(() => release.checkCoordinates([delta])).toThrow(`'${delta}'`);
  });
});
