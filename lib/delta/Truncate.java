package lakehouse;

import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.ResolvedTable;
import org.apache.spark.sql.catalyst.catalog.CatalogTable;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.TruncateTable;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.execution.command.TruncateTableCommand;

/** {@code TRUNCATE TABLE}: Spark truncates managed tables only, and for the metastore all are external. One whose files are dropped with it is as good as managed. */
final class Truncate extends Rule<LogicalPlan> {
  private final SparkSession session;

  Truncate(SparkSession session) {
    this.session = session;
  }

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    if (!(plan instanceof TruncateTableCommand)) return plan;
    TruncateTableCommand truncate = (TruncateTableCommand) plan;
    CatalogTable table = session.sessionState().catalog().getTempViewOrPermanentTableMetadata(truncate.tableName());
    if (!OwnFiles.has(table)) return plan;
    Identifier name = Identifier.of(new String[] {table.database()}, table.identifier().table());
    TableCatalog catalog = (TableCatalog) session.sessionState().catalogManager().v2SessionCatalog();
    return new TruncateTable(ResolvedTable.create(catalog, name, new OwnFiles(session, table, truncate.partitionSpec())));
  }
}
