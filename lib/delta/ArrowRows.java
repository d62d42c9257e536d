package lakehouse;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.types.DataTypeUtils;
import org.apache.spark.sql.execution.arrow.ArrowConverters$;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CloseableIterator;
import scala.Function1;
import scala.Option;
import scala.Tuple2;
import scala.Tuple3;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/**
 * {@code arrow_rows('…')}: the rows of an Arrow stream in base64. {@code arrow_rows('…', 'table')}: those of the streams in the first column of a table, where the text
 * has no more than their schema.
 *
 * <p>By it a client sends many rows, which Spark would plan for minutes as literals.
 */
final class ArrowRows extends AbstractFunction1<Seq<Expression>, LogicalPlan> {
  static final Tuple3<FunctionIdentifier, ExpressionInfo, Function1<Seq<Expression>, LogicalPlan>> FUNCTION = new Tuple3<>(
      new FunctionIdentifier("arrow_rows"),
      new ExpressionInfo(ArrowRows.class.getName(), null, "arrow_rows", "_FUNC_(stream[, table]) - The rows of an Arrow stream in base64, or of a table's.", ""),
      new ArrowRows());

  @Override
  public LogicalPlan apply(Seq<Expression> arguments) {
    if (arguments.isEmpty() || arguments.size() > 2 || !arguments.forall(argument -> argument.foldable() && argument.eval(null) != null))
      throw new IllegalArgumentException("arrow_rows takes an Arrow stream in base64 and, if a table has the streams, its name: both as texts, the same for all rows");
    Tuple2<CloseableIterator<InternalRow>, StructType> stream;
    try {
      stream = open(Base64.getDecoder().decode(arguments.head().eval(null).toString()));
    } catch (Exception error) {
      throw new IllegalArgumentException("the text of arrow_rows is no Arrow stream in base64: " + error.getMessage(), error);
    }
    try (CloseableIterator<InternalRow> rows = stream._1()) {
      return arguments.size() == 1 ? here(rows, stream._2()) : inTable(arguments.last().eval(null).toString(), stream._2());
    } catch (Exception error) {
      throw Statements.<RuntimeException>unchecked(error);
    }
  }

  private static Tuple2<CloseableIterator<InternalRow>, StructType> open(byte[] stream) {
    return ArrowConverters$.MODULE$.fromIPCStream(stream);
  }

  private static LogicalPlan here(CloseableIterator<InternalRow> rows, StructType schema) {
    List<InternalRow> all = new ArrayList<>();
    // The reader's rows are views of memory that it frees.
    UnsafeProjection copied = UnsafeProjection.create(schema);
    while (rows.hasNext()) all.add(copied.apply(rows.next()).copy());
    Seq<Attribute> columns = DataTypeUtils.toAttributes(schema).map(column -> (Attribute) column).toSeq();
    return new LocalRelation(columns, CollectionConverters.asScala(all).toSeq(), false, Option.empty());
  }

  private static LogicalPlan inTable(String table, StructType schema) {
    org.apache.spark.sql.classic.SparkSession session = (org.apache.spark.sql.classic.SparkSession) SparkSession.active();
    JavaRDD<InternalRow> rows = session.table(table).toJavaRDD().flatMap(row -> inTask((byte[]) row.get(0)));
    return session.internalCreateDataFrame(rows.rdd(), schema, false).queryExecution().logical();
  }

  private static Iterator<InternalRow> inTask(byte[] stream) {
    CloseableIterator<InternalRow> rows = open(stream)._1();
    TaskContext.get().addTaskCompletionListener(task -> {
      try {
        rows.close();
      } catch (Exception error) {
        throw Statements.<RuntimeException>unchecked(error);
      }
    });
    return CollectionConverters.asJava(rows);
  }
}
