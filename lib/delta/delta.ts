import type { Conf } from '../config/config-file';
import { type JavaLibrary, javaSources } from '../libraries/java-library';

/** Tables and statements as they have to be here, on top of Delta's own. */
export const DELTA_LIBRARY: JavaLibrary = {
  sources: javaSources(__dirname),
  jar: 'lakehouse-delta.jar',
  classPath: '/opt/spark/jars/*:/libraries/*',
};

/** Keys by which Spark's tables are Delta's. */
export const DELTA: Conf<`spark.${string}`> = {
  'spark.sql.extensions': 'lakehouse.Statements,io.delta.sql.DeltaSparkSessionExtension',
  'spark.sql.catalog.spark_catalog': 'lakehouse.DeltaTables',
  // Delta's parser forgets the values of `EXECUTE IMMEDIATE … USING` and `spark.sql(…, args)`, which Spark 4.1 gives to parsers: as before, the analyzer puts them in.
  'spark.sql.legacy.parameterSubstitution.constantsOnly': true,
  'spark.io.compression.codec': 'lakehouse.PlainResults',
};
