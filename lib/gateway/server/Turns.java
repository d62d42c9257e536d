package lakehouse;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import scala.Function0;

/**
 * An engine that starts takes all CPUs that it finds, and asks for its executors: if all started at once, no one would have an answer, nor an executor. So they
 * start by turns, and the next turn is of the tenant that has the fewest. It ends with the start, but not later than after two minutes: there may be no room for
 * the engine.
 *
 * Kyuubi asks for it as for a permit, in the thread of the start, and gives that back too early: when the engine is submitted.
 */
final class Turns extends Semaphore {
  static final Turns OF_ALL = new Turns(Integer.parseInt(System.getenv("SUBMITS")));

  private static final Duration LONGEST = Duration.ofMinutes(2);

  private static final class Turn {
    final String tenant;
    final Instant end = Instant.now().plus(LONGEST);

    Turn(String tenant) {
      this.tenant = tenant;
    }
  }

  private final ThreadLocal<String> starts = ThreadLocal.withInitial(() -> "");
  private final int most;
  private final Map<Thread, Turn> taken = new HashMap<>();
  /** For which tenant, in the order in which they have come. */
  private final Map<Thread, String> waiting = new LinkedHashMap<>();

  private Turns(int most) {
    super(most);
    this.most = most;
  }

  /** The start of an engine of this tenant, which takes its turn when it asks for one. */
  <T> T during(String tenant, Function0<T> start) {
    starts.set(tenant);
    try {
      return start.apply();
    } finally {
      starts.remove();
      end();
    }
  }

  @Override
  public synchronized boolean tryAcquire(long timeout, TimeUnit unit) throws InterruptedException {
    Instant end = Instant.now().plusMillis(unit.toMillis(timeout));
    Thread own = Thread.currentThread();
    waiting.put(own, starts.get());
    try {
      while (next() != own) {
        if (Instant.now().isAfter(end)) throw new IllegalStateException("The engine has not started in time: it was not its turn, " + waiting.size() + " wait for one. Try again");
        wait(500);
      }
      taken.put(own, new Turn(starts.get()));
      return true;
    } finally {
      waiting.remove(own);
    }
  }

  @Override
  public void release() {}

  @Override
  public synchronized int availablePermits() {
    return most - taken.size();
  }

  private synchronized void end() {
    taken.remove(Thread.currentThread());
    notifyAll();
  }

  private Thread next() {
    taken.values().removeIf(turn -> Instant.now().isAfter(turn.end));
    if (taken.size() >= most) return null;
    return waiting.keySet().stream().min(Comparator.comparing(thread -> taken.values().stream().filter(turn -> turn.tenant.equals(waiting.get(thread))).count())).get();
  }
}
