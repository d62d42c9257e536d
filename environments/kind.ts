import { Size } from 'cdk8s';
import { Database } from '../lib/database/database';
import type { LakehouseProps } from '../lib/lakehouse';
import { Libraries } from '../lib/libraries/libraries';
import { Metastore } from '../lib/metastore/metastore';
import { ObjectStore } from '../lib/object-store/object-store';
import { Release } from '../lib/release';
import { Secrets } from '../lib/secrets/secrets';

/** One laptop: 2 CPUs and 8 GB of memory will do. */
export const kind: LakehouseProps = {
  release: Release.SPARK_4_1,
  secrets: Secrets.development(),
  objectStore: ObjectStore.minio({ storage: Size.gibibytes(5) }),
  database: Database.postgres({ storage: Size.gibibytes(1) }),
  metastore: Metastore.hive(),
  libraries: Libraries.maven(),
  // One executor with two tasks rather than two with one: a second JVM costs more than it brings.
  tenants: { demo: { users: ['ana'], schemas: ['default'], engine: { executors: { max: 1, cores: 2 } } } },
  spark: {
    'spark.sql.shuffle.partitions': 4,
    'spark.databricks.delta.snapshotPartitions': 2,
    // Compiles each method once and quickly: a first answer in half the time, long queries take longer.
    'spark.driver.extraJavaOptions': '-XX:TieredStopAtLevel=1',
    'spark.executor.extraJavaOptions': '-XX:TieredStopAtLevel=1',
  },
};
