package lakehouse;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** How long each engine has not answered. Time alone proves nothing: nobody may have asked meanwhile, since the API server, a clock or this process stood still. */
final class Patience {
  private static final int ASKED = 6;
  static final Duration LEAST = Duration.ofSeconds(45);

  private final Map<String, Silence> silences = new HashMap<>();

  private static final class Silence {
    private final long since = System.nanoTime();
    private int asked;
  }

  synchronized boolean endsWith(String engine, boolean answers) {
    if (answers) {
      silences.remove(engine);
      return false;
    }
    Silence silence = silences.computeIfAbsent(engine, name -> new Silence());
    return ++silence.asked >= ASKED && System.nanoTime() - silence.since >= LEAST.toNanos();
  }

  synchronized void forgetAllBut(Collection<String> engines) {
    silences.keySet().retainAll(engines);
  }
}
