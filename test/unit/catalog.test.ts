import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from '../../environments';
import { Release } from '../../lib/release';
import { Manifests } from '../manifests';

const { kyuubi, spark, hadoop, metastore, metastoreHadoop } = Release.SPARK_4_1.catalogs;

test.each([
  ['of Spark', spark, 'spark.executor.memory'],
  ['of Spark with a free part', spark, 'spark.kubernetes.driverEnv.HOME'],
  ['of a Spark catalog', spark, 'spark.sql.catalog.spark_catalog'],
  ['of Delta', spark, 'spark.databricks.delta.snapshotPartitions'],
  ['of Delta tables', spark, 'spark.databricks.delta.properties.defaults.enableChangeDataFeed'],
  ['of S3A in Spark', spark, 'spark.hadoop.fs.s3a.create.conditional.enabled'],
  ['of S3A for one bucket', spark, 'spark.hadoop.fs.s3a.bucket.other.endpoint'],
  ['of Hadoop in Spark', spark, 'spark.hadoop.hadoop.tmp.dir'],
  ['of Hive in Spark', spark, 'spark.hadoop.hive.metastore.uris'],
  ['of Kyuubi', kyuubi, 'kyuubi.engine.share.level'],
  ['of Kyuubi with a free part', kyuubi, 'kyuubi.engineEnv.HOME'],
  ['of Spark in the file of Kyuubi', kyuubi, 'spark.executor.memory'],
  ['of a user', kyuubi, '___ana___.spark.executor.memory'],
  ['of a user whose name has hyphens', kyuubi, '___a-b-c___.kyuubi.session.engine.idle.timeout'],
  ['of S3A', hadoop, 'fs.s3a.create.conditional.enabled'],
  ['of the metastore, by either name', metastore, 'metastore.warehouse.dir'],
  ['of the metastore, by either name', metastore, 'hive.metastore.warehouse.dir'],
])('a key %s is known: %#', (_, catalog, key) => {
  expect(catalog.problem(key)).toBeUndefined();
});

test.each([
  ['Spark', spark, 'spark.executor.memroy', 'spark.executor.memory'],
  ['Delta', spark, 'spark.databricks.delta.snapshotPartition', 'spark.databricks.delta.snapshotPartitions'],
  ['Delta tables', spark, 'spark.databricks.delta.properties.defaults.enableChangeDataFed', 'delta.enableChangeDataFeed'],
  ['S3A in Spark', spark, 'spark.hadoop.fs.s3a.endpiont', 'fs.s3a.endpoint'],
  ['Hive in Spark', spark, 'spark.hadoop.hive.metastore.uri', 'hive.metastore.uris'],
  ['Kyuubi', kyuubi, 'kyuubi.engine.share.levl', 'kyuubi.engine.share.level'],
  ['Spark in the file of Kyuubi', kyuubi, 'spark.executor.memroy', 'spark.executor.memory'],
  ['users', kyuubi, '___ana___.spark.executor.memroy', 'spark.executor.memory'],
  ['the metastore', metastore, 'metastore.warehouse.dri', 'metastore.warehouse.dir'],
])('fails for an unknown key of %s, naming the nearest', (_, catalog, key, nearest) => {
  expect(catalog.problem(key)).toMatch(/ is not a key of .+, the nearest one is /);
  expect(catalog.problem(key)).toContain(`'${nearest}'`);
});

test('fails for a key that only another version knows', () => {
  expect(metastoreHadoop.problem('fs.s3a.create.conditional.enabled')).toContain('is not a key of Hadoop 3.3.6');
});

test('fails for a key that was removed', () => {
  const key = 'spark.sql.hive.verifyPartitionPath';
  expect(spark.problem(key)).toBe(`'${key}' was removed in 4.0.0`);
});

test('fails for a key that is no longer read, naming its successor', () => {
  expect(spark.problem('spark.blacklist.application.fetchFailure.enabled')).toBe(
    "'spark.blacklist.application.fetchFailure.enabled' is no longer read, it is deprecated since 3.1.0, use 'spark.excludeOnFailure.application.fetchFailure.enabled'",
  );
});

test.each(['kyuubi.client.ipAddress', '___ana___.kyuubi.client.ipAddress'])('fails for %s, which is reserved', (key) => {
  expect(kyuubi.problem(key)).toBe("'kyuubi.client.ipAddress' is set by Kyuubi itself and has no place in a file");
});

test('a pattern that proves nothing admits nothing', () => {
  expect(kyuubi.problem('kyuubi.kubernetes.cluster.spark.nothing')).toContain('is not a key of Kyuubi 1.12.0');
});

// Every object has one.
test.each(['constructor', 'toString'])('fails for %s, which is no key', (key) => {
  expect(metastore.problem(key)).toContain('is not a key of the Hive Metastore 4.0.0');
});

test('fails for a version whose keys are not known, when a file of it is checked', () => {
  const release = Release.custom({ kyuubi: '1.11.0' });
  expect(() => Manifests.of({ ...environment('kind'), release })).toThrow(
    /keys of kyuubi-1\.11\.0 are not known: add lib\/config\/catalogs\/kyuubi-1\.11\.0\.json/,
  );
});

// 'spark.excludeOnFailure', the successor of spark.scheduler.executorTaskBlacklistTime, is a family of keys.
test('every key with a successor has one that is known', () => {
  const keys: Record<string, { use?: string }> = JSON.parse(readFileSync(join(__dirname, '../../lib/config/catalogs/spark-4.1.2.json'), 'utf8'));
  const successors = Object.values(keys).flatMap(({ use }) => use ?? []);
  expect(successors.length).toBeGreaterThan(20);
  expect(successors.filter((use) => use.startsWith('spark.') && spark.problem(use))).toEqual(['spark.excludeOnFailure']);
});
