import { type JavaLibrary, javaSources } from '../libraries/java-library';
import type { SparkConf } from './spark-conf';

const LOG_STORE_CLASS = 'PutIfAbsentLogStore';

/** Delta's log store of ours. */
export const LOG_STORE_LIBRARY: JavaLibrary = {
  sources: javaSources(__dirname),
  jar: 'lakehouse-log-store.jar',
  classPath: '/opt/spark/jars/*:/libraries/*',
};

/** For the other two schemes as well: a session can make S3A their file system, but not choose another log store. */
export const LOG_STORE: SparkConf = Object.fromEntries(
  ['s3a', 's3', 's3n'].map((scheme) => [`spark.delta.logStore.${scheme}.impl`, `lakehouse.${LOG_STORE_CLASS}`]),
);

const NO_CHECKS = "it takes away S3A's checks before a file is overwritten";

/** Keys with which two drivers could overwrite each other's commits, or Delta would not start. */
const UNSAFE: Record<string, string> = {
  'spark.delta.logStore.class':
    "Delta refuses it beside the lakehouse's own spark.delta.logStore.s3a.impl, without which commits of several writers are lost",
  'spark.hadoop.delta.enableFastS3AListFrom': 'it reaches for internals of S3A that this Hadoop no longer has',
  'spark.hadoop.fs.s3a.performance.flags': NO_CHECKS,
  'spark.hadoop.fs.s3a.create.performance': NO_CHECKS,
  'spark.hadoop.fs.s3a.create.conditional.enabled': 'it can only take away conditional creation, without which no commit is written',
};

/** Raises an error for a setting with which commits would not be safe, for one bucket or for all. */
export function checkCommitSafety(key: string): void {
  const ofAllBuckets = key.replace(/\.fs\.s3a\.bucket\.[^.]+\./, '.fs.s3a.');
  const reason = Object.hasOwn(UNSAFE, ofAllBuckets) && UNSAFE[ofAllBuckets];
  if (reason) throw new Error(`spark: '${key}' is refused: ${reason}. Remove it; docs/commits.md says why commits are safe`);
}
