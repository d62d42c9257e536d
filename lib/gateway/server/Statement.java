package lakehouse;

import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
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
  /** By this machine's clock, if there is a limit and it runs: it may wait for its engine before. */
  private volatile Long end;

  Statement(Session session, String statement, Map<String, String> settings, boolean later, long seconds) {
    super(session, statement, settings, later, seconds);
    this.seconds = seconds;
  }

  /** The gateway and the engine both look at the clock, and either may be the first. */
  @Override
  public void setState(Enumeration.Value next) {
    boolean over = end != null && System.nanoTime() - end >= 0 && isHive21OrLower() && next == OperationState.CANCELED() && !isTerminalState(state());
    if (over) setOperationException(KyuubiSQLException.apply("The statement took longer than " + seconds + " s, the most that its tenant or its client allows", null, "HYT00", 0));
    super.setState(over ? OperationState.ERROR() : next);
  }

  /** Who waits for its end is told why, too. */
  @Override
  public void runInternal() {
    if (seconds > 0) end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    try {
      super.runInternal();
    } catch (CancellationException cancelled) {
      if (getStatus().exception().isEmpty()) throw cancelled;
    }
    Option<KyuubiSQLException> why = getStatus().exception();
    if (why.isDefined() && !shouldRunAsync()) throw Statement.<RuntimeException>unchecked(why.get());
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> E unchecked(Throwable error) throws E {
    throw (E) error;
  }
}
