package lakehouse;

import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.command.CreateTableLikeCommand;
import scala.Option;

/** {@code CREATE TABLE LIKE} a view: Spark makes a table of the default format, but not as Delta makes one. */
final class LikeView extends Rule<LogicalPlan> {
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
