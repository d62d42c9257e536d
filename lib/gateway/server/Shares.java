package lakehouse;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;

/** What one user may have of the threads on which the gateway waits for engines, so that some are left for the others. */
final class Shares {
  private static final int MOST = 50;

  private final Map<String, Integer> taken = new HashMap<>();

  synchronized void take(String user) {
    if (taken.getOrDefault(user, 0) >= MOST)
      throw new RejectedExecutionException(user + " has " + MOST + " statements, starts of engines and batches under way, as many as one user may: try again when one has ended");
    taken.merge(user, 1, Integer::sum);
  }

  synchronized void giveBack(String user) {
    taken.merge(user, -1, (before, one) -> before + one == 0 ? null : before + one);
  }
}
