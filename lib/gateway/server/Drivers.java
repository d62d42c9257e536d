package lakehouse;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.ha.client.ServiceNodeInfo;
import org.apache.kyuubi.util.KubernetesUtils;
import scala.Function0;
import scala.Option;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Finds the engine of a user as Kubernetes knows it: a driver that runs in the tenant's namespace. Nothing that says where an engine is can be written by
 * another tenant's code.
 */
public final class Drivers extends Looking {
  /** An annotation of the driver's pod, see spark-submit.sh: for whom it is, as Kyuubi names it. */
  private static final String SPACE = "lakehouse.dev/engine";
  /** A label of Kyuubi's: the session for which it was started. */
  private static final String SESSION = "kyuubi-unique-tag";
  /** SASL's PLAIN as Thrift has it: each message is a status, a length and a text. Of the answer one byte is read, since its length is what the user's code there says. */
  private static final byte[] HELLO = "\1\0\0\0\5PLAIN\5\0\0\0\12\0gateway\0-".getBytes(StandardCharsets.ISO_8859_1);
  private static final int WELCOME = 5;
  private static final int PORT = Integer.parseInt(System.getenv("ENGINE_PORT"));
  private static final int ANSWER = (int) Duration.ofSeconds(5).toMillis();

  private static KubernetesClient kubernetes;

  private enum State { STARTS, ANSWERS, SILENT, LOST }

  private final KyuubiConf conf;

  public Drivers(KyuubiConf conf) {
    this.conf = conf;
  }

  /** One for all. */
  @Override
  public void createClient() {
    synchronized (Drivers.class) {
      if (kubernetes == null) kubernetes = KubernetesUtils.buildKubernetesClient(conf).get();
    }
  }

  /** Waits for one that starts. One that is there and does not answer is ended, and so is one that has not started in time. */
  @Override
  public Option<Tuple2<String, Object>> getServerHost(String space) {
    for (Patience patience = new Patience(); ; sleep()) {
      try {
        Pod driver = own(space).min(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp())).orElse(null);
        if (driver == null) return Option.empty();
        if (look(driver, patience) == State.ANSWERS) return Option.apply(address(driver));
      } catch (KubernetesClientException error) {
        warn(() -> "The API server does not say where the engine " + space + " is: asks again", error);
      }
    }
  }

  /** Nobody is where nobody answers: Kyuubi asks again, until the engine has started or ended. */
  @Override
  public Option<Tuple2<String, Object>> getEngineByRefId(String space, String session) {
    try {
      Optional<Pod> driver = own(space).filter(pod -> session.equals(pod.getMetadata().getLabels().get(SESSION))).filter(pod -> state(pod) == State.ANSWERS).findAny();
      return driver.isPresent() ? Option.apply(address(driver.get())) : Option.empty();
    } catch (KubernetesClientException error) {
      warn(() -> "The API server does not say where the engine " + space + " is: asks again", error);
      return Option.empty();
    }
  }

  /** @return those that do not answer any more, which it has ended */
  List<Pod> endLost(String space, Patience patience, Set<String> asked) {
    createClient();
    List<Pod> drivers = own(space).collect(Collectors.toList());
    for (Pod driver : drivers) asked.add(driver.getMetadata().getName());
    return drivers.stream().filter(driver -> look(driver, patience) == State.LOST).collect(Collectors.toList());
  }

  @Override
  public Seq<ServiceNodeInfo> getServiceNodesInfo(String space, Option<Object> most, boolean silent) {
    return JavaConverters.asScalaBuffer(any(space, space::equals).map(pod -> node(space, pod)).collect(Collectors.toList())).toSeq();
  }

  @Override
  public scala.collection.immutable.List<String> getChildren(String path) {
    List<String> spaces = any(path, space -> space.startsWith(path + "/")).map(pod -> space(pod).substring(path.length() + 1)).distinct().collect(Collectors.toList());
    return JavaConverters.asScalaBuffer(spaces).toList();
  }

  @Override
  public boolean pathNonExists(String path, boolean prefix) {
    return getChildren(path).isEmpty();
  }

  /** An engine is found for as long as it is there. */
  @Override
  public void delete(String path, boolean children) {
    String space = path.substring(0, path.lastIndexOf('/'));
    any(space, space::equals).filter(pod -> path.endsWith("/" + pod.getMetadata().getName())).forEach(pod -> kubernetes.pods().resource(pod).delete());
  }

  @Override
  public <T> T tryWithLock(String path, long timeout, Function0<T> start) {
    String tenant = namespace(path).getOrElse(() -> path);
    return StartLock.hold(conf, path, Duration.ofMillis(timeout), () -> Turns.OF_ALL.during(tenant, start));
  }

  /** In the tenant's namespace: elsewhere, others' code may say so of its pods. */
  private Stream<Pod> own(String space) {
    return in(namespace(space)).filter(pod -> space.equals(space(pod)));
  }

  /** For an administrator, who asks also for those of a team, or of a user who is declared no more. */
  @SuppressWarnings("unchecked")
  private Stream<Pod> any(String path, Predicate<String> named) {
    scala.collection.immutable.Set<String> all = (scala.collection.immutable.Set<String>) conf.get(KyuubiConf.KUBERNETES_NAMESPACE_ALLOW_LIST());
    List<String> namespaces = namespace(path).isDefined() ? List.of(namespace(path).get()) : List.copyOf(JavaConverters.setAsJavaSet(all));
    return namespaces.stream().flatMap(namespace -> in(Option.apply(namespace))).filter(pod -> named.test(space(pod)));
  }

  private Option<String> namespace(String space) {
    String[] parts = space.split("/");
    return parts.length < 3 ? Option.empty() : conf.getUserDefaults(parts[2]).getOption("spark.kubernetes.namespace");
  }

  private static Stream<Pod> in(Option<String> namespace) {
    if (namespace.isEmpty()) return Stream.empty();
    return kubernetes.pods().inNamespace(namespace.get()).withLabel("spark-role", "driver").withLabel(SESSION).list().getItems().stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null && List.of("Pending", "Running").contains(pod.getStatus().getPhase()));
  }

  private static String space(Pod driver) {
    return driver.getMetadata().getAnnotations().getOrDefault(SPACE, "");
  }

  private Tuple2<String, Object> address(Pod driver) {
    return new Tuple2<>(driver.getStatus().getPodIP(), PORT);
  }

  /** Without the session for which it was started: Kyuubi would look for a process with it in the gateway's own pod, to kill it. */
  private ServiceNodeInfo node(String space, Pod driver) {
    return new ServiceNodeInfo(space, driver.getMetadata().getName(), String.valueOf(driver.getStatus().getPodIP()), PORT, Option.empty(),
        Option.empty(), scala.collection.immutable.Map$.MODULE$.empty());
  }

  private State look(Pod driver, Patience patience) {
    State state = state(driver);
    boolean late = isLate(driver);
    String why = patience.endsWith(driver.getMetadata().getName(), state == State.ANSWERS || state == State.STARTS && !late)
        ? "has not answered for " + Patience.LEAST.toSeconds() + " s"
        : late && "Pending".equals(driver.getStatus().getPhase()) ? "has not started in time" : null;
    if (why == null) return state;
    warn(() -> "Ends the engine " + driver.getMetadata().getName() + ", which " + why);
    // At once: a node that is lost would never say that it is done.
    kubernetes.pods().resource(driver).withGracePeriod(0).delete();
    return State.LOST;
  }

  /** One that hangs takes connections, too: it has to answer. */
  private State state(Pod driver) {
    String host = driver.getStatus().getPodIP();
    if (host == null) return State.STARTS;
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(ANSWER);
      socket.connect(new InetSocketAddress(host, PORT), ANSWER);
      socket.getOutputStream().write(HELLO);
      return socket.getInputStream().read() == WELCOME ? State.ANSWERS : State.SILENT;
    } catch (ConnectException error) {
      return State.STARTS;
    } catch (IOException error) {
      return State.SILENT;
    }
  }

  private boolean isLate(Pod driver) {
    Duration most = Duration.ofMillis((long) conf.get(KyuubiConf.ENGINE_INIT_TIMEOUT()));
    return Instant.parse(driver.getMetadata().getCreationTimestamp()).plus(most).isBefore(Instant.now());
  }

  private static void sleep() {
    try {
      Thread.sleep(1000);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The session was closed while its engine started", error);
    }
  }
}
