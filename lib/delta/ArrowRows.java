package lakehouse;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
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
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CloseableIterator;
import org.apache.spark.unsafe.types.UTF8String;
import scala.Function1;
import scala.Option;
import scala.Tuple2;
import scala.Tuple3;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/**
 * {@code SELECT * FROM arrow_rows('…')}: the rows of an Arrow stream in base64.
 *
 * <p>By it a client sends many rows in a statement, which Spark would plan for minutes as literals.
 */
final class ArrowRows extends AbstractFunction1<Seq<Expression>, LogicalPlan> {
  static final Tuple3<FunctionIdentifier, ExpressionInfo, Function1<Seq<Expression>, LogicalPlan>> FUNCTION = new Tuple3<>(
      new FunctionIdentifier("arrow_rows"),
      new ExpressionInfo(ArrowRows.class.getName(), null, "arrow_rows", "_FUNC_(text) - The rows of an Arrow stream in base64.", ""),
      new ArrowRows());

  @Override
  public LogicalPlan apply(Seq<Expression> arguments) {
    if (arguments.size() != 1 || !arguments.head().foldable() || !(arguments.head().dataType() instanceof StringType))
      throw new IllegalArgumentException("arrow_rows takes one text, the same for all rows: an Arrow stream in base64");
    Object text = arguments.head().eval(null);
    try {
      return rows(Base64.getDecoder().decode(((UTF8String) text).getBytes()));
    } catch (RuntimeException error) {
      throw new IllegalArgumentException("the text of arrow_rows is no Arrow stream in base64: " + error.getMessage(), error);
    }
  }

  private static LogicalPlan rows(byte[] stream) {
    Tuple2<CloseableIterator<InternalRow>, StructType> read = ArrowConverters$.MODULE$.fromIPCStream(stream);
    List<InternalRow> rows = new ArrayList<>();
    // The reader's rows are views of memory that it frees.
    UnsafeProjection copied = UnsafeProjection.create(read._2());
    try (CloseableIterator<InternalRow> iterator = read._1()) {
      while (iterator.hasNext()) rows.add(copied.apply(iterator.next()).copy());
    } catch (Exception error) {
      throw Statements.<RuntimeException>unchecked(error);
    }
    Seq<Attribute> columns = DataTypeUtils.toAttributes(read._2()).map(column -> (Attribute) column).toSeq();
    return new LocalRelation(columns, CollectionConverters.asScala(rows).toSeq(), false, Option.empty());
  }
}
