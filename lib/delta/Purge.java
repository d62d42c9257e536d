package lakehouse;

import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.delta.SnapshotDescriptor;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.commands.DeltaOptimizeContext;
import org.apache.spark.sql.delta.commands.DeltaPurgeOperation;
import org.apache.spark.sql.delta.commands.DeltaReorgTableCommand;
import org.apache.spark.sql.delta.commands.DeltaReorgTableMode;
import org.apache.spark.sql.delta.commands.OptimizeTableCommand;
import org.apache.spark.sql.types.StructType;
import scala.Function1;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** {@code REORG TABLE … APPLY (PURGE)}: Delta reads the files' footers in tasks, where it wants a session that only a driver has. */
final class Purge extends Rule<LogicalPlan> {
  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    if (!(plan instanceof DeltaReorgTableCommand)) return plan;
    DeltaReorgTableCommand reorg = (DeltaReorgTableCommand) plan;
    if (!reorg.reorgTableSpec().reorgTableMode().equals(DeltaReorgTableMode.PURGE())) return plan;
    DeltaOptimizeContext purge = new DeltaOptimizeContext(Option.apply(new PurgeByDriver()), Option.apply(0L), Option.empty(), Option.apply(0.0), false);
    return new OptimizeTableCommand(reorg.target(), reorg.predicates(), purge, CollectionConverters.asScala(List.<UnresolvedAttribute>of()).toSeq());
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
