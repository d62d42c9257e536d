package lakehouse;

import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kyuubi.client.api.v1.dto.Batch;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.engine.KyuubiApplicationManager;
import org.apache.kyuubi.operation.KyuubiOperationManager;
import org.apache.kyuubi.operation.log.OperationLog;
import org.apache.kyuubi.server.metadata.api.Metadata;
import org.apache.kyuubi.server.metadata.api.MetadataFilter;
import org.apache.kyuubi.service.Service;
import org.apache.kyuubi.session.KyuubiBatchSession;
import org.apache.kyuubi.session.KyuubiSessionImpl;
import org.apache.kyuubi.session.KyuubiSessionManager;
import org.apache.kyuubi.session.Session;
import org.apache.kyuubi.session.SessionHandle;
import org.apache.kyuubi.shaded.hive.service.rpc.thrift.TProtocolVersion;
import org.apache.kyuubi.sql.parser.server.KyuubiParser;
import org.apache.kyuubi.util.ThreadUtils;
import scala.Option;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.collection.Seq$;
import scala.collection.immutable.Map;

/** Sessions and batches that nobody finds but who opened them, and of which nobody has more than a share. */
final class Sessions extends KyuubiSessionManager {
  /** Kyuubi's own limit also counts sessions that it refuses, for ever. */
  private static final int MOST = 100;

  private final KyuubiParser parser = new KyuubiParser();
  private final Operations operations = new Operations();
  /** Of the threads on which the gateway waits for engines. */
  private final Shares shares = new Shares("statements, starts of engines and batches under way", 50);
  private final ScheduledExecutorService watch = ThreadUtils.newDaemonSingleThreadScheduledExecutor("engine-watch", true);

  @Override
  public KyuubiOperationManager operationManager() {
    return operations;
  }

  @Override
  public Option<Semaphore> engineStartupProcessSemaphore() {
    return Option.apply(Turns.OF_ALL);
  }

  @Override
  public void addService(Service part) {
    if (part instanceof KyuubiApplicationManager) Applications.replace((KyuubiApplicationManager) part);
    super.addService(part);
  }

  @Override
  public synchronized void start() {
    super.start();
    watch.scheduleWithFixedDelay(new EngineWatch(this), EngineWatch.SECONDS, EngineWatch.SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public synchronized void stop() {
    watch.shutdownNow();
    super.stop();
  }

  @Override
  public Option<Tuple2<String, String>> validateKey(String name, String value) {
    Words.checkName(name);
    return super.validateKey(name, value);
  }

  /** In the caller's share, and without the log of the statement for which the thread was made. */
  @Override
  public Future<?> submitBackgroundOperation(Runnable work) {
    String user = new Caller(getConf()).restricted();
    if (user == null) return super.submitBackgroundOperation(work);
    FutureTask<?> task = new FutureTask<>(work, null);
    shares.take(user);
    try {
      super.submitBackgroundOperation(() -> {
        OperationLog.removeCurrentOperationLog();
        try {
          task.run();
        } finally {
          shares.giveBack(user);
        }
      });
    } catch (RuntimeException full) {
      shares.giveBack(user);
      throw full;
    }
    return task;
  }

  /** Without the password, which Kyuubi would hand on to the engine: what the user's code has there is others' to read. */
  @Override
  public Session createSession(TProtocolVersion protocol, String user, String password, String address, Map<String, String> settings) {
    KyuubiConf conf = inTenant(user);
    long open = JavaConverters.asJavaCollection(allSessions()).stream().filter(session -> session.user().equals(user)).count();
    if (open >= MOST) throw new IllegalStateException(user + " has " + open + " sessions, as many as one user may: close one first");
    boolean impersonates = (boolean) conf.get(KyuubiConf.ENGINE_DO_AS_ENABLED());
    return new KyuubiSessionImpl(protocol, user, "", address, settings, this, conf, impersonates, parser);
  }

  @Override
  public Option<Session> getSessionOption(SessionHandle handle) {
    return super.getSessionOption(handle).filter(session -> owns("session", handle.identifier(), session.user()));
  }

  /** Nothing is refused that was accepted once: a batch that cannot be recovered would keep the gateway from starting. */
  @Override
  public KyuubiBatchSession createBatchSession(String user, String password, String address, Map<String, String> settings, String type, Option<String> name,
      String resource, String main, Seq<String> arguments, Option<Metadata> known, boolean again) {
    if (!again) {
      inTenant(user);
      JavaConverters.mapAsJavaMap(settings).keySet().forEach(Words::checkName);
      Words.checkResource(resource);
      Words.checkIdentifier(settings.apply("kyuubi.batch.id"));
    }
    return super.createBatchSession(user, password, address, settings, type, name, resource, main, arguments, known, again);
  }

  /** @return what is declared for them */
  private KyuubiConf inTenant(String user) {
    KyuubiConf declared = getConf().getUserDefaults(user);
    if (declared.getOption("spark.kubernetes.namespace").isEmpty())
      throw new IllegalArgumentException("The user '" + user + "' is in no tenant: whoever runs the lakehouse adds a user to one by tenants.<name>.users");
    return declared;
  }

  /** A batch may bring an identifier, as one that is sent again does: that of a session would take its place. */
  @Override
  public SessionHandle openBatchSession(KyuubiBatchSession batch) {
    if (super.getSessionOption(batch.handle()).isDefined()) throw invalid(batch.handle().identifier());
    return super.openBatchSession(batch);
  }

  @Override
  public Option<Batch> getBatchFromMetadataStore(String id) {
    Option<Batch> batch = super.getBatchFromMetadataStore(id);
    if (batch.exists(found -> !owns("batch", id, found.getUser()))) throw invalid(id);
    return batch;
  }

  @Override
  public Option<Metadata> getBatchMetadata(String id) {
    return super.getBatchMetadata(id).filter(batch -> owns("batch", id, batch.username()));
  }

  @Override
  public Seq<Batch> getBatchesFromMetadataStore(MetadataFilter filter, int from, int size, boolean descending) {
    String only = new Caller(getConf()).restricted();
    String asked = filter.username();
    if (only == null || only.equals(asked)) return super.getBatchesFromMetadataStore(filter, from, size, descending);
    if (asked != null) return Seq$.MODULE$.<Batch>empty();
    return super.getBatchesFromMetadataStore(new MetadataFilter(filter.sessionType(), filter.engineType(), only, filter.state(), filter.requestName(),
        filter.kyuubiInstance(), filter.createTime(), filter.endTime(), filter.peerInstanceClosed()), from, size, descending);
  }

  private boolean owns(String kind, Object id, String owner) {
    return new Caller(getConf()).owns(kind + " " + id, owner);
  }

  private static IllegalArgumentException invalid(Object id) {
    return new IllegalArgumentException("The batch cannot have the identifier " + id + ": leave kyuubi.batch.id out, or take another");
  }
}
