import type { Conf } from '../../config/config-file';

/**
 * Settings of Spark, without `spark.`, that decide what runs where, as whom, with whose rights and how much of the cluster it takes. An entry that ends in
 * `.*` is a prefix.
 *
 * A session may not bring them: the gateway may create pods in every tenant's namespace, and this list keeps the tenants apart there.
 */
const SPARK = [
  'master',
  'submit.*',
  'kubernetes.*',
  // Size, class path, Java options and addresses.
  'driver.*',
  'executor.*',
  'dynamicAllocation.*',
  'memory.offHeap.*',
  // Environment variables, among them the login for the store.
  'driverEnv.*',
  'executorEnv.*',
  'files',
  'archives',
  'jars.*',
  'plugins',
  'extraListeners',
  'pyspark.*',
  'hadoop.*',
  // Executors keep the first client of a store that they make, with the settings of the session that asked first.
  'fs.*',
  // Not all of hive.*: JDBC clients send settings of their own, hive.server2.thrift.resultset.default.fetch.size with each connection.
  'hive.metastore.*',
  'delta.logStore.*',
  'sql.extensions',
  'sql.catalog.*',
  'sql.catalogImplementation',
  'sql.warehouse.dir',
  'sql.hive.metastore.*',
  'sql.queryExecutionListeners',
  // What a log must not show, and who may look.
  'redaction.*',
  'ui.*',
  'acls.*',
  'authenticate.*',
  // spark-submit would log in with a file of the gateway's.
  'kerberos.*',
  // The same, as it was called before.
  'yarn.*',
];

/** The gateway's own: most of them a session could change, and they choose what the gateway's pod runs and where it looks for engines. */
const KYUUBI = [
  // Kyuubi's keys as an engine has them. A session's own are written without `spark.`.
  'spark.kyuubi.*',
  'kyuubi.engine.*',
  'kyuubi.engineEnv.*',
  'kyuubi.session.engine.*',
  'kyuubi.session.conf.*',
  'kyuubi.ha.*',
  'kyuubi.kubernetes.*',
  'kyuubi.server.redaction.regex',
  // A tenant's limit, see Operations.java. A statement's own comes with it.
  'kyuubi.operation.query.timeout.*',
  'kyuubi.operation.result.saveToFile.dir',
  // With it an engine takes rows of a file for Arrow's.
  'kyuubi.operation.result.format',
];

/** Without `spark.` too: Kyuubi adds it to a key that lacks it, but only after it has looked the key up here. */
const keys = [...SPARK.flatMap((key) => [`spark.${key}`, key]), ...KYUUBI].join(',');

/** A session that brings one of them is refused; a batch loses them. */
export const restrictedKeys: Conf = { 'kyuubi.session.conf.restrict.list': keys, 'kyuubi.batch.conf.ignore.list': keys };
