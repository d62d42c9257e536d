package lakehouse;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kyuubi.session.KyuubiSessionImpl;
import org.apache.kyuubi.session.Session;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.JavaConverters;

/** Sessions of an engine that hangs would wait for ever. It is asked for all of them whether it is there, and ended if it is not: what they wait for fails then. */
final class EngineWatch implements Runnable {
  static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final Logger LOG = LoggerFactory.getLogger(EngineWatch.class);

  private final Sessions sessions;
  /** By engine. */
  private Map<String, Instant> heard = Map.of();

  EngineWatch(Sessions sessions) {
    this.sessions = sessions;
  }

  @Override
  public void run() {
    try {
      Map<String, Instant> now = new HashMap<>();
      engines().forEach((space, user) -> {
        Instant last = heard.getOrDefault(space, Instant.now());
        now.put(space, new Drivers(sessions.getConf().getUserDefaults(user)).look(space, last));
      });
      heard = now;
    } catch (Exception error) {
      LOG.warn("The engines cannot be looked at", error);
    }
  }

  /** With one of their users. */
  private Map<String, String> engines() {
    Map<String, String> users = new LinkedHashMap<>();
    for (Session session : JavaConverters.asJavaIterable(sessions.allSessions()))
      if (session instanceof KyuubiSessionImpl && ((KyuubiSessionImpl) session).client() != null)
        users.put(((KyuubiSessionImpl) session).engine().engineSpace(), session.user());
    return users;
  }
}
