package lakehouse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.TableIdentifier;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.StagedTable;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.delta.catalog.DeltaCatalog;
import org.apache.spark.sql.types.StructType;
import scala.Option;

/**
 * Delta's catalog, where a new table never begins in a folder that has a table.
 *
 * <p>A table that is renamed stays where it is. So the folder of its old name is not free, and without this {@code CREATE OR REPLACE TABLE} of that name would write into it.
 */
public final class DeltaTables extends DeltaCatalog {
  @Override
  public Table createTable(Identifier table, StructType schema, Transform[] partitions, Map<String, String> properties) {
    return super.createTable(table, schema, partitions, inFreeFolder(table, properties));
  }

  @Override
  public StagedTable stageCreate(Identifier table, StructType schema, Transform[] partitions, Map<String, String> properties) {
    return super.stageCreate(table, schema, partitions, inFreeFolder(table, properties));
  }

  @Override
  public StagedTable stageCreateOrReplace(Identifier table, StructType schema, Transform[] partitions, Map<String, String> properties) {
    return super.stageCreateOrReplace(table, schema, partitions, inFreeFolder(table, properties));
  }

  private Map<String, String> inFreeFolder(Identifier table, Map<String, String> properties) {
    // A path is not in a schema.
    if (properties.containsKey(TableCatalog.PROP_LOCATION) || !namespaceExists(table.namespace()) || tableExists(table)) return properties;
    String schema = table.namespace()[table.namespace().length - 1];
    URI folder = spark().sessionState().catalog().defaultTablePath(new TableIdentifier(table.name(), Option.apply(schema)));
    if (!isTaken(folder, spark())) return properties;
    Map<String, String> placed = new HashMap<>(properties);
    // By this ending the metastore knows that the folder is the table's own, and goes with it.
    placed.put(TableCatalog.PROP_LOCATION, folder + ".own-" + UUID.randomUUID().toString().substring(0, 8));
    return placed;
  }

  /** Whether anything lies there: a table that was renamed may have no rows. */
  static boolean isTaken(URI folder, SparkSession session) {
    Path path = new Path(folder);
    try {
      return path.getFileSystem(session.sessionState().newHadoopConf()).exists(path);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
