package lakehouse;

import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.TableIdentifier;
import org.apache.spark.sql.catalyst.catalog.CatalogTableType;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.V2CreateTablePlan;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.delta.commands.CreateDeltaTableCommand;
import org.apache.spark.sql.errors.QueryCompilationErrors;
import org.apache.spark.sql.execution.command.CreateDataSourceTableAsSelectCommand;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/** A new table is refused before anything of it is written, not after: what is written already would be in the way of the next try. */
final class NewTable extends AbstractFunction1<LogicalPlan, BoxedUnit> {
  /** Of Spark, for the metastore. */
  private static final Pattern NAME = Pattern.compile("\\w+");

  private final SparkSession session;

  NewTable(SparkSession session) {
    this.session = session;
  }

  @Override
  public BoxedUnit apply(LogicalPlan plan) {
    if (plan instanceof V2CreateTablePlan) {
      Identifier table = ((V2CreateTablePlan) plan).tableName();
      if (!new Path("/", table.name()).toString().equals(table.name())) check(table.name());
    } else if (plan instanceof CreateDataSourceTableAsSelectCommand) {
      check(((CreateDataSourceTableAsSelectCommand) plan).table().identifier().table());
    } else if (plan instanceof CreateDeltaTableCommand) {
      check((CreateDeltaTableCommand) plan);
    }
    return BoxedUnit.UNIT;
  }

  private void check(String name) {
    if (!NAME.matcher(name).matches()) throw Statements.<RuntimeException>unchecked(QueryCompilationErrors.invalidNameForTableOrDatabaseError(name));
  }

  /** A clone, or a table like another one. */
  private void check(CreateDeltaTableCommand command) {
    if (command.tableByPath()) return;
    TableIdentifier table = command.table().identifier();
    check(table.table());
    if (command.existingTableOpt().isEmpty() && command.table().tableType().equals(CatalogTableType.MANAGED())
        && DeltaTables.hasTable(session.sessionState().catalog().defaultTablePath(table), session))
      throw new IllegalArgumentException("The folder of " + table.quotedString() + " has another table, which was renamed and stays where it is."
          + " Choose another name, or create this one with CREATE TABLE ... AS SELECT, which takes another folder");
  }
}
