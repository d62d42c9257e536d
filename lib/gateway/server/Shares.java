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

  synchronized void take(String user) {
    if (taken.getOrDefault(user, 0) >= most)
      throw new RejectedExecutionException(user + " has " + most + " " + what + ", as many as one user may: try again when one has ended");
    taken.merge(user, 1, Integer::sum);
  }

  synchronized void giveBack(String user) {
    taken.merge(user, -1, (before, one) -> before + one == 0 ? null : before + one);
  }
}
