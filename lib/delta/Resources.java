package lakehouse;

import java.util.regex.Pattern;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.command.AddArchivesCommand;
import org.apache.spark.sql.execution.command.AddFilesCommand;
import org.apache.spark.sql.execution.command.AddJarsCommand;
import org.apache.spark.sql.execution.command.CreateFunctionCommand;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * A file that an engine adds is fetched by the driver and by each executor, whatever session their work is for, and cannot be taken away again. So one at an address
 * that they do not reach would break the engine for all who share it.
 */
final class Resources extends AbstractFunction1<LogicalPlan, BoxedUnit> {
  private static final Pattern REMOTE = Pattern.compile("(?i)\\s*(?!(s3a|file|local):)[a-z][a-z0-9+.-]*:.*");

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
