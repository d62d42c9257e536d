package lakehouse;

import org.apache.spark.sql.SparkSessionExtensions;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/** What statements mean here that Spark or Delta would do wrong, or begin and not end. */
public final class Statements extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    extensions.injectResolutionRule(LikeView::new);
    extensions.injectResolutionRule(Truncate::new);
    extensions.injectPostHocResolutionRule(session -> new Purge());
    extensions.injectPostHocResolutionRule(session -> new Result());
    extensions.injectCheckRule(NewTable::new);
    extensions.injectCheckRule(session -> new Resources());
    extensions.injectCheckRule(session -> new Settings());
    extensions.injectTableFunction(ArrowRows.FUNCTION);
    return BoxedUnit.UNIT;
  }

  /** Spark's errors are checked ones for Java, and not for Scala. */
  @SuppressWarnings("unchecked")
  static <E extends Throwable> E unchecked(Throwable error) throws E {
    throw (E) error;
  }
}
