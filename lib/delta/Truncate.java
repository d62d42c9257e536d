package lakehouse;

import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.ResolvedTable;
import org.apache.spark.sql.catalyst.catalog.CatalogTable;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.plans.logical.DeleteFromTable;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.TruncateTable;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.delta.catalog.DeltaTableV2;
import org.apache.spark.sql.execution.command.TruncateTableCommand;
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation;
import scala.Option;

/** {@code TRUNCATE TABLE}, which Delta does not know, and Spark for managed tables only: for the metastore all are external. */
final class Truncate extends Rule<LogicalPlan> {
  private final SparkSession session;

  Truncate(SparkSession session) {
    this.session = session;
  }

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    if (plan instanceof TruncateTable && ((TruncateTable) plan).table() instanceof ResolvedTable) return ofDelta(plan, (ResolvedTable) ((TruncateTable) plan).table());
    return plan instanceof TruncateTableCommand ? ofFiles((TruncateTableCommand) plan) : plan;
  }

  private static LogicalPlan ofDelta(LogicalPlan plan, ResolvedTable table) {
    if (!(table.table() instanceof DeltaTableV2)) return plan;
    LogicalPlan rows = DataSourceV2Relation.create(table.table(), Option.apply(table.catalog()), Option.apply(table.identifier()));
    return new DeleteFromTable(rows, Literal.TrueLiteral());
  }

  /** A table whose files are dropped with it is as good as a managed one. */
  private LogicalPlan ofFiles(TruncateTableCommand plan) {
    CatalogTable table = session.sessionState().catalog().getTempViewOrPermanentTableMetadata(plan.tableName());
    if (!OwnFiles.has(table)) return plan;
    Identifier name = Identifier.of(new String[] {table.database()}, table.identifier().table());
    TableCatalog catalog = (TableCatalog) session.sessionState().catalogManager().v2SessionCatalog();
    return new TruncateTable(ResolvedTable.create(catalog, name, new OwnFiles(session, table, plan.partitionSpec())));
  }
}
