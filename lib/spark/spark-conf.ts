import { Duration } from 'cdk8s';
import { type Conf, SPARK_SPELLING, tune } from '../config/config-file';
import { PropertiesFile } from '../config/properties';
import { DELTA } from '../delta/delta';
import { type IMetastore, metastoreConf, WAREHOUSE_DIR } from '../metastore/metastore';
import { type IObjectStore, S3A_THREADS, s3aConf } from '../object-store/object-store';
import type { Release } from '../release';
import { checkCommitSafety, LOG_STORE } from './log-store';
import { DRIVER, EXECUTOR, LIBRARIES } from './pod-template';
import { parallelismConf, sizeConf } from './sizing';

/** Settings of Spark, Delta and, behind `spark.hadoop.`, S3A. */
export type SparkConf = Conf<`spark.${string}`>;

export interface SparkDefaultsProps {
  readonly release: Release;
  readonly objectStore: IObjectStore;
  readonly metastore: IMetastore;
  /** Replaces defaults, not what the lakehouse wires together. Raises an error for an unknown key, and for one that is wired. @default - none */
  readonly tuning?: SparkConf;
  /** Folder of the pod templates, in the pod that submits. */
  readonly templates: string;
}

/** `spark-defaults.conf`: what all engines have in common. */
export function sparkDefaults({ release, objectStore, metastore, tuning = {}, templates }: SparkDefaultsProps): PropertiesFile {
  const s3a = s3aConf(objectStore, 'software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider');
  const wiring = {
    ...kubernetesConf(release, templates),
    ...DELTA,
    ...LOG_STORE,
    ...metastoreConf(metastore),
    ...Object.fromEntries(Object.entries(s3a).map(([key, value]) => [`spark.hadoop.${key}`, value])),
  };
  const sizes = sizeConf({});
  for (const key of Object.keys(tuning)) {
    checkCommitSafety(key);
    if (Object.hasOwn(sizes, key) || SIZE.test(key)) throw new Error(`spark: '${key}' is each tenant's: set its size in tenants.<name>.engine`);
    if (key === 'spark.kubernetes.namespace' || key === WAREHOUSE_DIR) throw new Error(`spark: '${key}' is each tenant's own: remove it`);
    if (CLAIM.test(`${key}=${tuning[key as keyof SparkConf]}`))
      throw new Error(
        `spark: '${key}' is '${tuning[key as keyof SparkConf]}': an engine may not create volumes, name a claim that is there or leave it out`,
      );
    const refused = REFUSED.find(([pattern]) => pattern.test(key));
    if (refused) throw new Error(`spark: '${key}' ${refused[1]}: remove it`);
  }
  const tuned = tune('spark', wiring, DEFAULTS, tuning, canonical(objectStore.bucket));
  return new PropertiesFile('spark-defaults.conf', release.catalogs.spark, SPARK_SPELLING, wiring, sizes, tuned);
}

/** The usual name of a key that has others: Spark copies `spark.hive.…` over `spark.hadoop.hive.…`, and what S3A knows of the bucket wins. */
const canonical = (bucket: string) => (key: string) =>
  key.replace(/^spark\.hive\./, 'spark.hadoop.hive.').replace(`.fs.s3a.bucket.${bucket}.`, '.fs.s3a.');

/** More memory or pods than a tenant's quota counts. */
const SIZE = /^spark\.(memory\.offHeap\..+|executor\.(instances|pyspark\.memory)|dynamicAllocation\.enabled)$/;

/** Of these Spark makes a claim for each pod. */
const CLAIM = /\.persistentVolumeClaim\.([^=]+\.claimName=.*(OnDemand|SPARK_EXECUTOR_ID)|[^=]+\.options\.(storageClass|sizeLimit)=)/;

/** Of drivers and executors. */
export const SPARK_IMAGE = 'spark.kubernetes.container.image';

const REFUSED: [RegExp, string][] = [
  [
    /(password|passphrase|token|(access|secret|encryption)[._]key|spark\.authenticate\.secret)$/i,
    'would stand in clear in a ConfigMap, where a login comes from a Secret',
  ],
  [/^spark\.kubernetes\.(driver|executor)\.label\.app\.kubernetes\.io\//, 'is by what network policies and the metastore know the pods of an engine'],
  [/^spark\.kubernetes\.(driver|executor)\.(container\.image|podTemplate.+|secretKeyRef\.AWS_.+)$/, 'is wired by the lakehouse'],
  [/^spark\.kubernetes\.driver\.pod\.name$/, 'would be the name of the pods of all engines'],
];

function kubernetesConf(release: Release, templates: string): SparkConf {
  return {
    'spark.master': 'k8s://https://kubernetes.default.svc',
    'spark.submit.deployMode': 'cluster',
    [SPARK_IMAGE]: release.images.spark,
    'spark.kubernetes.driver.podTemplateFile': `${templates}/driver.yaml`,
    'spark.kubernetes.executor.podTemplateFile': `${templates}/executor.yaml`,
    'spark.kubernetes.authenticate.driver.serviceAccountName': DRIVER,
    'spark.kubernetes.authenticate.executor.serviceAccountName': EXECUTOR,
    // The same class path from the first moment in both; spark.jars would reach executors later, in another class loader.
    'spark.driver.extraClassPath': `${LIBRARIES}/*`,
    'spark.executor.extraClassPath': `${LIBRARIES}/*`,
    // Not the `extraJavaOptions`, which are the user's.
    'spark.driver.defaultJavaOptions': `${S3A_THREADS} -Divy.home=/tmp -Dderby.system.home=/tmp`,
    'spark.executor.defaultJavaOptions': S3A_THREADS,
  };
}

const DEFAULTS: SparkConf = {
  // Of a table for which no format is named: parquet, by default, has no transactions.
  'spark.sql.sources.default': 'delta',
  'spark.dynamicAllocation.enabled': true,
  'spark.dynamicAllocation.shuffleTracking.enabled': true,
  'spark.dynamicAllocation.shuffleTracking.timeout': Duration.minutes(10),
  'spark.dynamicAllocation.executorIdleTimeout': Duration.seconds(60),
  // A task that does not look whether it should end, as the loop of a cross join, ends with its executor: else it would take a core for hours after its query.
  'spark.task.reaper.enabled': true,
  'spark.task.reaper.killTimeout': Duration.seconds(30),
  // An engine answers as soon as it can; by default it first waits for its executors.
  'spark.scheduler.minRegisteredResourcesRatio': 0,
  // In milliseconds. On a busy machine the API server's answer takes longer than ten seconds, and the start of an engine would fail.
  'spark.kubernetes.submission.connectionTimeout': 60_000,
  'spark.kubernetes.submission.requestTimeout': 60_000,
  'spark.kubernetes.driver.connectionTimeout': 60_000,
  'spark.kubernetes.driver.requestTimeout': 60_000,
  'spark.decommission.enabled': true,
  'spark.storage.decommission.enabled': true,
  'spark.storage.decommission.rddBlocks.enabled': true,
  'spark.storage.decommission.shuffleBlocks.enabled': true,
  ...parallelismConf({}),
  'spark.sql.parquet.compression.codec': 'zstd',
  // Days before 1582 as the calendar has them, and years of five digits: Java's first classes for dates know neither.
  'spark.sql.datetime.java8API.enabled': true,
  // A structure as text is as Spark writes it since 3.1, {1, a}: Kyuubi sets what was before.
  'spark.sql.legacy.castComplexTypesToString.enabled': false,
  // An engine that starts while the metastore restarts waits for it, a second each time.
  'spark.hadoop.hive.metastore.connect.retries': 60,
  'spark.hadoop.fs.s3a.buffer.dir': '/tmp/s3a',
};
