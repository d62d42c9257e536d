package lakehouse;

import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.datasources.InsertIntoHadoopFsRelationCommand;
import org.apache.spark.sql.execution.datasources.orc.OrcFileFormat;
import org.apache.spark.sql.types.DataTypes;
import scala.Option;
import scala.collection.immutable.Map;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Kyuubi writes a large result as ORC, which has no columns that are nothing but NULL, and reads it as what it was. */
final class Result extends Rule<LogicalPlan> {
  private static final String FOLDER = "spark.kyuubi.operation.result.saveToFile.dir";
  private static final String COMMITTER = "mapreduce.fileoutputcommitter.";

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    if (!(plan instanceof InsertIntoHadoopFsRelationCommand)) return plan;
    InsertIntoHadoopFsRelationCommand write = (InsertIntoHadoopFsRelationCommand) plan;
    LogicalPlan rows = write.query();
    if (!(write.fileFormat() instanceof OrcFileFormat) || !rows.resolved() || !isResult(write)) return plan;
    Seq<NamedExpression> columns = rows.output().map(Result::asText).toSeq();
    return write.copy(write.outputPath(), write.staticPartitions(), write.ifPartitionNotExists(), write.partitionColumns(), write.bucketSpec(),
        write.fileFormat(), inPlace(write.options()), new Project(columns, rows), write.mode(), write.catalogTable(), write.fileIndex(), write.outputColumnNames());
  }

  private static boolean isResult(InsertIntoHadoopFsRelationCommand write) {
    return !write.options().contains(COMMITTER + "algorithm.version") && write.outputPath().toString().startsWith(SparkEnv.get().conf().get(FOLDER, "\n"));
  }

  /** Nobody reads a result before all of it is written, so each task may put its file where it belongs: a store copies whatever moves. */
  @SuppressWarnings("unchecked")
  private static Map<String, String> inPlace(Map<String, String> options) {
    return (Map<String, String>) options.updated(COMMITTER + "algorithm.version", "2").updated(COMMITTER + "marksuccessfuljobs", "false");
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
