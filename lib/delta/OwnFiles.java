package lakehouse;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.catalog.CatalogTable;
import org.apache.spark.sql.catalyst.catalog.CatalogTablePartition;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TruncatableTable;
import org.apache.spark.sql.errors.QueryCompilationErrors;
import org.apache.spark.sql.execution.command.CommandUtils;
import org.apache.spark.sql.execution.command.DDLUtils;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.PartitioningUtils;
import scala.Option;
import scala.collection.immutable.Map;
import scala.jdk.javaapi.CollectionConverters;

/** A table that is not Delta's, or some partitions of it, as {@code TRUNCATE TABLE} sees it. */
final class OwnFiles implements TruncatableTable {
  private final SparkSession session;
  private final CatalogTable table;
  private final Option<Map<String, String>> partitions;

  OwnFiles(SparkSession session, CatalogTable table, Option<Map<String, String>> partitions) {
    this.session = session;
    this.table = table;
    this.partitions = partitions;
  }

  /** Whether its files are dropped with it. */
  static boolean has(CatalogTable table) {
    return table.properties().get("external.table.purge").exists("true"::equalsIgnoreCase);
  }

  @Override
  public boolean truncateTable() {
    try {
      for (URI location : locations()) {
        Path folder = new Path(location);
        FileSystem store = folder.getFileSystem(session.sessionState().newHadoopConf());
        store.delete(folder, true);
        store.mkdirs(folder);
      }
    } catch (IOException error) {
      throw Statements.<RuntimeException>unchecked(error);
    }
    session.catalog().refreshTable(name());
    CommandUtils.updateTableStats((org.apache.spark.sql.classic.SparkSession) session, table);
    return true;
  }

  private List<URI> locations() {
    if (table.partitionColumnNames().isEmpty()) {
      if (partitions.isDefined())
        throw Statements.<RuntimeException>unchecked(QueryCompilationErrors.truncateTablePartitionNotSupportedForNotPartitionedTablesError(name()));
      return List.of(table.location());
    }
    if (!table.tracksPartitionsInCatalog()) {
      if (partitions.isEmpty()) return List.of(table.location());
      DDLUtils.verifyPartitionProviderIsHive((org.apache.spark.sql.classic.SparkSession) session, table, "TRUNCATE TABLE ... PARTITION");
    }
    Option<Map<String, String>> wanted = partitions.map(
        spec -> PartitioningUtils.normalizePartitionSpec(spec, table.partitionSchema(), name(), session.sessionState().conf().resolver()));
    List<URI> locations = new ArrayList<>();
    for (CatalogTablePartition partition : CollectionConverters.asJava(session.sessionState().catalog().listPartitions(table.identifier(), wanted)))
      locations.add(partition.location());
    if (locations.isEmpty() && wanted.exists(spec -> spec.size() == table.partitionColumnNames().size()))
      throw Statements.<RuntimeException>unchecked(
          QueryCompilationErrors.noSuchPartitionError(table.database(), table.identifier().table(), wanted.get()));
    return locations;
  }

  @Override
  public String name() {
    return table.identifier().quotedString();
  }

  @Override
  public StructType schema() {
    return table.schema();
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of();
  }
}
