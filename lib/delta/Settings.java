package lakehouse;

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.command.SetCommand;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/** An executor keeps the first client of a store that it makes, with the settings of the session that asked first: those of one would be everybody's. */
final class Settings extends AbstractFunction1<LogicalPlan, BoxedUnit> {
  @Override
  public BoxedUnit apply(LogicalPlan plan) {
    if (plan instanceof SetCommand) ((SetCommand) plan).kv().foreach(setting -> check(setting._1()));
    return BoxedUnit.UNIT;
  }

  private static BoxedUnit check(String key) {
    if (key.startsWith("fs.")) throw new IllegalArgumentException(key + " cannot be set: the store is the same for all sessions of an engine");
    return BoxedUnit.UNIT;
  }
}
