package lakehouse;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import org.apache.kyuubi.session.KyuubiSessionImpl;
import org.apache.kyuubi.session.Session;
import org.apache.kyuubi.util.ThreadUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.JavaConverters;

/** Sessions of an engine that hangs, or whose node is lost, would wait for ever. It is asked for all of them, and ended with what they wait for if it does not answer. */
final class EngineWatch implements Runnable {
  static final long SECONDS = 10;
  private static final Logger LOG = LoggerFactory.getLogger(EngineWatch.class);

  private final Sessions sessions;
  private final Patience patience = new Patience();
  private final ExecutorService eyes = ThreadUtils.newDaemonFixedThreadPool(16, "engine-watch");

  EngineWatch(Sessions sessions) {
    this.sessions = sessions;
  }

  /** Of all engines at once: each that hangs takes seconds. */
  @Override
  public void run() {
    Set<String> asked = ConcurrentHashMap.newKeySet();
    List<Callable<Void>> looks = new ArrayList<>();
    for (List<KyuubiSessionImpl> colleagues : byEngine().values()) looks.add(() -> look(colleagues, asked));
    try {
      eyes.invokeAll(looks);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
    patience.forgetAllBut(asked);
  }

  private Void look(List<KyuubiSessionImpl> colleagues, Set<String> asked) {
    KyuubiSessionImpl one = colleagues.get(0);
    try {
      for (Pod lost : new Drivers(sessions.getConf().getUserDefaults(one.user())).endLost(one.engine().engineSpace(), patience, asked)) leave(colleagues, lost);
    } catch (Throwable error) {
      LOG.warn("The engine {} cannot be looked at", one.engine().engineSpace(), error);
    }
    return null;
  }

  /** A node that is lost closes no connection. Kyuubi closes sessions that have none. */
  private static void leave(List<KyuubiSessionImpl> sessions, Pod engine) {
    for (KyuubiSessionImpl session : sessions)
      if (session.client().hostPort()._1().equals(engine.getStatus().getPodIP())) session.client().getInputProtocol().getTransport().close();
  }

  private Map<String, List<KyuubiSessionImpl>> byEngine() {
    Map<String, List<KyuubiSessionImpl>> found = new HashMap<>();
    for (Session session : JavaConverters.asJavaIterable(sessions.allSessions()))
      if (session instanceof KyuubiSessionImpl && ((KyuubiSessionImpl) session).client() != null)
        found.computeIfAbsent(((KyuubiSessionImpl) session).engine().engineSpace(), space -> new ArrayList<>()).add((KyuubiSessionImpl) session);
    return found;
  }
}
