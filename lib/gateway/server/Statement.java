package lakehouse;

import java.util.concurrent.CancellationException;
import org.apache.kyuubi.KyuubiSQLException;
import org.apache.kyuubi.operation.ExecuteStatement;
import org.apache.kyuubi.operation.OperationState;
import org.apache.kyuubi.session.Session;
import scala.Enumeration;
import scala.Option;
import scala.collection.immutable.Map;

/** A statement whose time is limited. Who speaks an old protocol, as REST and Python do, would be told of its end no more than that it was cancelled. */
final class Statement extends ExecuteStatement {
  private final long seconds;

  Statement(Session session, String statement, Map<String, String> settings, boolean later, long seconds) {
    super(session, statement, settings, later, seconds);
    this.seconds = seconds;
  }

  /** When its time is over, and by nothing else. */
  @Override
  public void cleanup(Enumeration.Value end) {
    withLockRequired(() -> {
      if (isHive21OrLower() && !isTerminalState(state())) {
        setOperationException(KyuubiSQLException.apply("The statement took longer than " + seconds + " s, the most that its tenant or its client allows", null, "HYT00", 0));
        super.cleanup(OperationState.ERROR());
      } else {
        super.cleanup(end);
      }
      return null;
    });
  }

  /** Who waits for its end is told why, too. */
  @Override
  public void runInternal() {
    try {
      super.runInternal();
    } catch (CancellationException over) {
      Option<KyuubiSQLException> why = getStatus().exception();
      throw Statement.<RuntimeException>unchecked(why.isDefined() ? why.get() : over);
    }
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> E unchecked(Throwable error) throws E {
    throw (E) error;
  }
}
