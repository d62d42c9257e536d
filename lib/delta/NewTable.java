package lakehouse;

import java.net.URI;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.TableIdentifier;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.catalyst.catalog.CatalogTable;
import org.apache.spark.sql.catalyst.catalog.CatalogTableType;
import org.apache.spark.sql.catalyst.catalog.SessionCatalog;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.V2CreateTablePlan;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.delta.commands.CreateDeltaTableCommand;
import org.apache.spark.sql.errors.QueryCompilationErrors;
import org.apache.spark.sql.execution.command.CreateDataSourceTableAsSelectCommand;
import org.apache.spark.sql.execution.command.CreateDataSourceTableCommand;
import org.apache.spark.sql.execution.command.CreateTableCommand;
import org.apache.spark.sql.hive.execution.CreateHiveTableAsSelectCommand;
import scala.collection.immutable.Seq;
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
      if (!isPath(((V2CreateTablePlan) plan).tableName())) check(((V2CreateTablePlan) plan).tableName().name());
    } else if (plan instanceof CreateDeltaTableCommand) {
      check((CreateDeltaTableCommand) plan);
    } else if (plan instanceof CreateDataSourceTableCommand) {
      check(((CreateDataSourceTableCommand) plan).table());
    } else if (plan instanceof CreateDataSourceTableAsSelectCommand) {
      check(((CreateDataSourceTableAsSelectCommand) plan).table());
    } else if (plan instanceof CreateTableCommand) {
      check(((CreateTableCommand) plan).table());
    } else if (plan instanceof CreateHiveTableAsSelectCommand) {
      check(((CreateHiveTableAsSelectCommand) plan).tableDesc());
    }
    return BoxedUnit.UNIT;
  }

  /** {@code delta.`s3a://…`}. */
  private static boolean isPath(Identifier table) {
    return table.namespace().length == 1 && table.namespace()[0].equalsIgnoreCase("delta") && new Path(table.name()).isAbsolute();
  }

  private void check(String name) {
    if (!NAME.matcher(name).matches()) throw Statements.<RuntimeException>unchecked(QueryCompilationErrors.invalidNameForTableOrDatabaseError(name));
  }

  /** A clone, or a table like another one. */
  private void check(CreateDeltaTableCommand command) {
    if (command.tableByPath()) return;
    check(command.table().identifier().table());
    if (command.existingTableOpt().isEmpty()) checkFolder(command.table());
  }

  /** A table that is not of Delta: that no file is there already is up to Spark. */
  private void check(CatalogTable table) {
    check(table.identifier().table());
    if (!session.sessionState().catalog().tableExists(table.identifier())) checkFolder(table);
  }

  private void checkFolder(CatalogTable table) {
    SessionCatalog catalog = session.sessionState().catalog();
    TableIdentifier name = catalog.qualifyIdentifier(table.identifier());
    URI folder = catalog.defaultTablePath(name);
    if (!table.tableType().equals(CatalogTableType.MANAGED()) || !DeltaTables.isTaken(folder, session)) return;
    Seq<CatalogTable> others;
    try {
      others = catalog.getTablesByName(catalog.listTables(name.database().get()));
    } catch (NoSuchNamespaceException error) {
      throw Statements.<RuntimeException>unchecked(error);
    }
    if (others.exists(other -> other.storage().locationUri().exists(folder::equals)))
      throw new IllegalArgumentException("The folder of " + name.quotedString() + " has another table, which was renamed and stays where it is."
          + " Choose another name, or create this one with CREATE TABLE ... AS SELECT as a Delta table, which takes another folder");
  }
}
