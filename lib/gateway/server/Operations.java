package lakehouse;

import java.util.HashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.operation.KyuubiOperationManager;
import org.apache.kyuubi.operation.Operation;
import org.apache.kyuubi.operation.OperationHandle;
import org.apache.kyuubi.operation.OperationManager;
import org.apache.kyuubi.session.Session;
import scala.Option;
import scala.collection.Iterable;
import scala.collection.immutable.Map;

/** Operations that nobody finds but who began them. Kyuubi looks all of them up in one map, by methods that are final. */
final class Operations extends KyuubiOperationManager {
  Operations() {
    Fields.set(OperationManager.class, "handleToOperation", this, new Owned());
  }

  /** A tenant's limit, or the client's if that is less. */
  @Override
  public Operation newExecuteStatementOperation(Session session, String statement, Map<String, String> settings, boolean later, long seconds) {
    Option<Object> declared = getConf().getUserDefaults(session.user()).get(KyuubiConf.OPERATION_QUERY_TIMEOUT());
    long most = declared.isEmpty() ? 0 : TimeUnit.MILLISECONDS.toSeconds((long) declared.get());
    return addOperation(new Statement(session, statement, settings, later, most > 0 && (seconds <= 0 || seconds > most) ? most : seconds));
  }

  @Override
  @SuppressWarnings("unchecked")
  public Iterable<Operation> allOperations() {
    return (Iterable<Operation>) super.allOperations().filter(this::isCallers);
  }

  private boolean isCallers(Operation operation) {
    return new Caller(getConf()).owns("operation " + operation.getHandle().identifier(), operation.getSession().user());
  }

  private final class Owned extends HashMap<OperationHandle, Operation> {
    @Override
    public Operation get(Object handle) {
      Operation operation = super.get(handle);
      return operation == null || isCallers(operation) ? operation : null;
    }
  }
}
