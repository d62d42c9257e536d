package lakehouse;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;

/** What one user may have of something, so that some of it is left for the others. */
final class Shares {
  private final String what;
  private final int most;
  private final Map<String, Integer> taken = new HashMap<>();

  Shares(String what, int most) {
    this.what = what;
    this.most = most;
  }

  void take(String user) {
    take(user, 1);
  }

  void giveBack(String user) {
    giveBack(user, 1);
  }

  synchronized void take(String user, int amount) {
    if (taken.getOrDefault(user, 0) + amount > most)
      throw new RejectedExecutionException(user + " has " + most + " " + what + ", as many as one user may: try again when one has ended");
    taken.merge(user, amount, Integer::sum);
  }

  synchronized void giveBack(String user, int amount) {
    taken.merge(user, -amount, (before, less) -> before + less == 0 ? null : before + less);
  }
}
