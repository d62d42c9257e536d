import { Manifests } from '../manifests';

const conf = Manifests.of('kind').properties('kyuubi-defaults.conf');

/** As Kyuubi 1.12.0 reads a list of keys: SessionManager.validateKey. */
const covers = (list: string, key: string) =>
  (conf[list] ?? '').split(',').some((entry) => (entry.endsWith('.*') ? key.startsWith(entry.slice(0, -2)) : key === entry));

/** With these, a session would choose what runs where, as whom, and with whose rights. */
const SPARK_KEYS = [
  'master',
  'submit.deployMode',
  'kubernetes.namespace',
  'kubernetes.driver.podTemplateFile',
  'kubernetes.driver.secretKeyRef.AWS_ACCESS_KEY_ID',
  'kubernetes.authenticate.driver.serviceAccountName',
  'kubernetes.container.image',
  'jars',
  'jars.packages',
  'hadoop.fs.s3a.endpoint',
  'hive.metastore.uris',
  'delta.logStore.s3a.impl',
  'sql.extensions',
  'sql.catalog.other',
  'driver.extraJavaOptions',
  'executor.extraJavaOptions',
  'driver.extraClassPath',
  'executor.extraClassPath',
  'driver.memory',
  'driver.memoryOverhead',
  'executor.memory',
  'executor.cores',
  'executor.instances',
  'dynamicAllocation.maxExecutors',
  'memory.offHeap.size',
  'executorEnv.AWS_ACCESS_KEY_ID',
  'files',
  'archives',
  'plugins',
  'extraListeners',
  'sql.warehouse.dir',
  'redaction.regex',
];

const KYUUBI_KEYS = [
  'kyuubi.engine.type',
  'kyuubi.engine.share.level',
  'kyuubi.engineEnv.SPARK_HOME',
  'kyuubi.session.engine.spark.main.resource',
  'kyuubi.ha.client.class',
  'kyuubi.kubernetes.namespace',
  'kyuubi.session.conf.profile',
  'kyuubi.server.redaction.regex',
];

// Kyuubi adds `spark.` to a key without it, after it has compared it with the list.
const keys = [...SPARK_KEYS.flatMap((key) => [`spark.${key}`, key]), ...KYUUBI_KEYS];

test.each(keys)('a session may not set %s', (key) => {
  expect(covers('kyuubi.session.conf.restrict.list', key)).toBe(true);
});

test.each(keys)('a batch may not set %s', (key) => {
  expect(covers('kyuubi.batch.conf.ignore.list', key)).toBe(true);
});

test.each([
  'spark.sql.shuffle.partitions',
  'spark.databricks.delta.optimize.maxFileSize',
  'hive.server2.thrift.resultset.default.fetch.size',
  'use:database',
  // The gateway's own REST interface and Thrift frontend set them.
  'kyuubi.server.ipAddress',
  'kyuubi.client.ipAddress',
  'kyuubi.session.connection.url',
  'kyuubi.session.real.user',
])('a session may set %s', (key) => {
  expect(covers('kyuubi.session.conf.restrict.list', key)).toBe(false);
});
