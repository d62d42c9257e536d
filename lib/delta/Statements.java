package lakehouse;

import java.util.List;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.TableIdentifier;
import org.apache.spark.sql.catalyst.analysis.ResolvedTable;
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute;
import org.apache.spark.sql.catalyst.catalog.CatalogTable;
import org.apache.spark.sql.catalyst.catalog.CatalogTableType;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.TruncateTable;
import org.apache.spark.sql.catalyst.plans.logical.V2CreateTablePlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.delta.SnapshotDescriptor;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.commands.CreateDeltaTableCommand;
import org.apache.spark.sql.delta.commands.DeltaOptimizeContext;
import org.apache.spark.sql.delta.commands.DeltaPurgeOperation;
import org.apache.spark.sql.delta.commands.DeltaReorgTableCommand;
import org.apache.spark.sql.delta.commands.DeltaReorgTableMode;
import org.apache.spark.sql.delta.commands.OptimizeTableCommand;
import org.apache.spark.sql.errors.QueryCompilationErrors;
import org.apache.spark.sql.execution.command.AddArchivesCommand;
import org.apache.spark.sql.execution.command.AddFilesCommand;
import org.apache.spark.sql.execution.command.AddJarsCommand;
import org.apache.spark.sql.execution.command.CreateDataSourceTableAsSelectCommand;
import org.apache.spark.sql.execution.command.CreateFunctionCommand;
import org.apache.spark.sql.execution.command.CreateTableLikeCommand;
import org.apache.spark.sql.execution.command.TruncateTableCommand;
import org.apache.spark.sql.execution.datasources.InsertIntoHadoopFsRelationCommand;
import org.apache.spark.sql.execution.datasources.orc.OrcFileFormat;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Function1;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/** What statements mean here that Spark or Delta would do wrong, or begin and not end. */
public final class Statements extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    extensions.injectResolutionRule(LikeView::new);
    extensions.injectPostHocResolutionRule(session -> new Purge());
    extensions.injectPostHocResolutionRule(Truncate::new);
    extensions.injectPostHocResolutionRule(session -> new Result());
    extensions.injectCheckRule(NewTable::new);
    extensions.injectCheckRule(session -> new Resources());
    return BoxedUnit.UNIT;
  }

  /** Of Spark, for the metastore. */
  private static final Pattern NAME = Pattern.compile("\\w+");

  /** Whether the metastore takes it. */
  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** A new table is refused before anything of it is written, not after: what is written already would be in the way of the next try. */
  private static final class NewTable extends AbstractFunction1<LogicalPlan, BoxedUnit> {
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
      if (!isName(name)) throw Statements.<RuntimeException>unchecked(QueryCompilationErrors.invalidNameForTableOrDatabaseError(name));
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

  /**
   * A file that an engine adds is fetched by each executor before each task, of whatever session, and cannot be taken away again. So one at an address that executors
   * do not reach would break the engine for all who share it.
   */
  private static final class Resources extends AbstractFunction1<LogicalPlan, BoxedUnit> {
    private static final Pattern REMOTE = Pattern.compile("(?i)\\s*(https?|ftp):.*");

    @Override
    public BoxedUnit apply(LogicalPlan plan) {
      if (plan instanceof AddJarsCommand) ((AddJarsCommand) plan).paths().foreach(Resources::check);
      else if (plan instanceof AddFilesCommand) ((AddFilesCommand) plan).paths().foreach(Resources::check);
      else if (plan instanceof AddArchivesCommand) ((AddArchivesCommand) plan).paths().foreach(Resources::check);
      else if (plan instanceof CreateFunctionCommand) ((CreateFunctionCommand) plan).resources().foreach(resource -> check(resource.uri()));
      return BoxedUnit.UNIT;
    }

    private static BoxedUnit check(String address) {
      if (REMOTE.matcher(address).matches())
        throw new IllegalArgumentException(address + " cannot be added: executors reach the object store and nothing else. Put it into your tenant's folder there, and"
            + " give its s3a:// path");
      return BoxedUnit.UNIT;
    }
  }

  /** Spark's errors are checked ones for Java, and not for Scala. */
  @SuppressWarnings("unchecked")
  static <E extends Throwable> E unchecked(Throwable error) throws E {
    throw (E) error;
  }

  /** {@code CREATE TABLE LIKE} a view: Spark makes a table of the default format, but not as Delta makes one. */
  private static final class LikeView extends Rule<LogicalPlan> {
    private final SparkSession session;

    LikeView(SparkSession session) {
      this.session = session;
    }

    @Override
    public LogicalPlan apply(LogicalPlan plan) {
      if (!(plan instanceof CreateTableLikeCommand)) return plan;
      CreateTableLikeCommand like = (CreateTableLikeCommand) plan;
      if (like.provider().isDefined() || like.fileFormat().inputFormat().isDefined()
          || session.sessionState().catalog().getTempViewOrPermanentTableMetadata(like.sourceTable()).provider().isDefined()) return plan;
      return new CreateTableLikeCommand(like.targetTable(), like.sourceTable(), like.fileFormat(),
          Option.apply(session.sessionState().conf().defaultDataSourceName()), like.properties(), like.ifNotExists());
    }
  }

  /** {@code TRUNCATE TABLE}: Spark truncates managed tables only, and for the metastore all are external. One whose files are dropped with it is as good as managed. */
  private static final class Truncate extends Rule<LogicalPlan> {
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

  /** Kyuubi writes a large result as ORC, which has no columns that are nothing but NULL, and reads it as what it was. */
  private static final class Result extends Rule<LogicalPlan> {
    @Override
    public LogicalPlan apply(LogicalPlan plan) {
      if (!(plan instanceof InsertIntoHadoopFsRelationCommand)) return plan;
      InsertIntoHadoopFsRelationCommand write = (InsertIntoHadoopFsRelationCommand) plan;
      LogicalPlan rows = write.query();
      if (!(write.fileFormat() instanceof OrcFileFormat) || !rows.resolved() || !rows.output().exists(Result::isNothing)) return plan;
      Seq<NamedExpression> columns = rows.output().map(Result::asText).toSeq();
      return write.copy(write.outputPath(), write.staticPartitions(), write.ifPartitionNotExists(), write.partitionColumns(), write.bucketSpec(),
          write.fileFormat(), write.options(), new Project(columns, rows), write.mode(), write.catalogTable(), write.fileIndex(), write.outputColumnNames());
    }

    private static boolean isNothing(Attribute column) {
      return column.dataType().equals(DataTypes.NullType);
    }

    private static NamedExpression asText(Attribute column) {
      if (!isNothing(column)) return column;
      Expression text = Literal.create(null, DataTypes.StringType);
      return new Alias(text, column.name(), NamedExpression.newExprId(), column.qualifier(), Option.empty(), CollectionConverters.asScala(List.<String>of()).toSeq());
    }
  }

  /** {@code REORG TABLE … APPLY (PURGE)}: Delta reads the files' footers in tasks, where it wants a session that only a driver has. */
  private static final class Purge extends Rule<LogicalPlan> {
    @Override
    public LogicalPlan apply(LogicalPlan plan) {
      if (!(plan instanceof DeltaReorgTableCommand)) return plan;
      DeltaReorgTableCommand reorg = (DeltaReorgTableCommand) plan;
      if (!reorg.reorgTableSpec().reorgTableMode().equals(DeltaReorgTableMode.PURGE())) return plan;
      DeltaOptimizeContext purge = new DeltaOptimizeContext(Option.apply(new PurgeByDriver()), Option.apply(0L), Option.empty(), Option.apply(0.0), false);
      return new OptimizeTableCommand(reorg.target(), reorg.predicates(), purge, CollectionConverters.asScala(List.<UnresolvedAttribute>of()).toSeq());
    }
  }

  private static final class PurgeByDriver extends DeltaPurgeOperation {
    @Override
    public Seq<AddFile> filterParquetFilesOnExecutors(
        SparkSession session, Seq<AddFile> files, SnapshotDescriptor snapshot, boolean ignoreCorruptFiles, Function1<StructType, Object> filter) {
      Path folder = new Path(snapshot.dataPath().toString());
      return filterParquetFiles(
          session.sessionState().conf(), files, folder, snapshot.deltaLog().newDeltaHadoopConf(), ignoreCorruptFiles, filter);
    }
  }
}
