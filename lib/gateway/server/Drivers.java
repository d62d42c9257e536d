package lakehouse;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.ha.client.ServiceNodeInfo;
import org.apache.kyuubi.service.authentication.PlainSASLHelper;
import org.apache.kyuubi.shaded.thrift.TConfiguration;
import org.apache.kyuubi.shaded.thrift.transport.TSocket;
import org.apache.kyuubi.shaded.thrift.transport.TTransport;
import org.apache.kyuubi.shaded.thrift.transport.TTransportException;
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
  private static final int ANSWER = (int) Duration.ofSeconds(5).toMillis();
  private static final Duration SILENCE = Duration.ofMinutes(1);

  private static KubernetesClient kubernetes;

  private enum State { STARTS, ANSWERS, SILENT }

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

  /** Waits for one that starts. One that takes connections and says nothing for a minute is ended, and so is one that has not started in time. */
  @Override
  public Option<Tuple2<String, Object>> getServerHost(String space) {
    Instant heard = Instant.now();
    for (;;) {
      Pod driver = all(space).stream().min(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp())).orElse(null);
      if (driver == null) return Option.empty();
      State state = state(driver);
      if (state == State.ANSWERS) return Option.apply(address(driver));
      heard = endIfLost(driver, state, heard);
      sleep();
    }
  }

  /** @return when it was heard of, if it was heard of at `last` */
  Instant look(String space, Instant last) {
    createClient();
    for (Pod driver : all(space)) last = endIfLost(driver, state(driver), last);
    return last;
  }

  @Override
  public Option<Tuple2<String, Object>> getEngineByRefId(String space, String session) {
    for (Pod driver : all(space))
      if (session.equals(driver.getMetadata().getLabels().get(SESSION)) && state(driver) == State.ANSWERS) return Option.apply(address(driver));
    return Option.empty();
  }

  @Override
  public Seq<ServiceNodeInfo> getServiceNodesInfo(String space, Option<Object> most, boolean silent) {
    List<ServiceNodeInfo> nodes = all(space).stream().filter(pod -> pod.getStatus().getPodIP() != null).map(pod -> node(space, pod)).collect(Collectors.toList());
    return JavaConverters.asScalaBuffer(nodes).toSeq();
  }

  @Override
  public scala.collection.immutable.List<String> getChildren(String path) {
    List<String> spaces = drivers(path, space -> space.startsWith(path + "/")).map(pod -> pod.getMetadata().getAnnotations().get(SPACE).substring(path.length() + 1))
        .distinct().collect(Collectors.toList());
    return JavaConverters.asScalaBuffer(spaces).toList();
  }

  @Override
  public boolean pathNonExists(String path, boolean prefix) {
    return getChildren(path).isEmpty();
  }

  /** An engine is found for as long as it is there. */
  @Override
  public void delete(String path, boolean children) {
    int last = path.lastIndexOf('/');
    all(path.substring(0, last)).stream().filter(pod -> path.endsWith("/" + pod.getMetadata().getName())).forEach(pod -> kubernetes.pods().resource(pod).delete());
  }

  @Override
  public <T> T tryWithLock(String path, long timeout, Function0<T> start) {
    return StartLock.hold(conf, path, Duration.ofMillis(timeout), start);
  }

  private List<Pod> all(String space) {
    return drivers(space, space::equals).collect(Collectors.toList());
  }

  /** Of the tenant whose user it names. A team's engine, which names none, is asked for with the settings of one of its users. */
  private Stream<Pod> drivers(String space, Predicate<String> named) {
    Option<String> namespace = conf.getUserDefaults(space.split("/")[2]).getOption("spark.kubernetes.namespace");
    if (namespace.isEmpty()) return Stream.empty();
    return kubernetes.pods().inNamespace(namespace.get()).withLabel("spark-role", "driver").withLabel(SESSION).list().getItems().stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null && List.of("Pending", "Running").contains(pod.getStatus().getPhase()))
        .filter(pod -> named.test(pod.getMetadata().getAnnotations().getOrDefault(SPACE, "")));
  }

  private Tuple2<String, Object> address(Pod driver) {
    return new Tuple2<>(driver.getStatus().getPodIP(), port());
  }

  private Object port() {
    return conf.get(KyuubiConf.FRONTEND_THRIFT_BINARY_BIND_PORT());
  }

  private ServiceNodeInfo node(String space, Pod driver) {
    return new ServiceNodeInfo(space, driver.getMetadata().getName(), driver.getStatus().getPodIP(), (int) port(), Option.empty(),
        Option.apply(driver.getMetadata().getLabels().get(SESSION)), scala.collection.immutable.Map$.MODULE$.empty());
  }

  /** One that hangs takes connections, too: it has to answer. */
  private State state(Pod driver) {
    String host = driver.getStatus().getPodIP();
    if (host == null) return State.STARTS;
    try (TTransport transport = PlainSASLHelper.getPlainTransport("gateway", "-", new TSocket(TConfiguration.DEFAULT, host, (int) port(), ANSWER, ANSWER))) {
      transport.open();
      return State.ANSWERS;
    } catch (TTransportException error) {
      return error.getCause() instanceof ConnectException ? State.STARTS : State.SILENT;
    }
  }

  private Instant endIfLost(Pod driver, State state, Instant heard) {
    if (state != State.SILENT) heard = Instant.now();
    if (heard.plus(SILENCE).isBefore(Instant.now())) end(driver, "has not answered for " + SILENCE.toSeconds() + " s");
    if (state == State.STARTS && isLate(driver)) end(driver, "has not started in time");
    return heard;
  }

  private boolean isLate(Pod driver) {
    Duration most = Duration.ofMillis((long) conf.get(KyuubiConf.ENGINE_INIT_TIMEOUT()));
    return Instant.parse(driver.getMetadata().getCreationTimestamp()).plus(most).isBefore(Instant.now());
  }

  /** At once: a node that is lost would never say that it is done. */
  private void end(Pod driver, String why) {
    warn(() -> "Ends the engine " + driver.getMetadata().getName() + ", which " + why);
    kubernetes.pods().resource(driver).withGracePeriod(0).delete();
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
