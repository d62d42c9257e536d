package lakehouse;

import java.lang.reflect.Field;
import java.util.HashMap;
import org.apache.kyuubi.operation.KyuubiOperationManager;
import org.apache.kyuubi.operation.Operation;
import org.apache.kyuubi.operation.OperationHandle;
import org.apache.kyuubi.operation.OperationManager;
import scala.collection.Iterable;

/** Operations that nobody finds but who began them. Kyuubi looks all of them up in one map, by methods that are final. */
final class Operations extends KyuubiOperationManager {
  Operations() {
    try {
      Field operations = OperationManager.class.getDeclaredField("handleToOperation");
      operations.setAccessible(true);
      operations.set(this, new Owned());
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException("Kyuubi has no map of operations where 1.12.0 has it", error);
    }
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
