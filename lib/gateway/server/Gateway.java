package lakehouse;

import java.lang.reflect.Field;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.kyuubi.Utils;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.operation.log.OperationLog;
import org.apache.kyuubi.server.KyuubiBackendService;
import org.apache.kyuubi.server.KyuubiServer;
import org.apache.kyuubi.server.KyuubiServer$;
import org.apache.kyuubi.server.metadata.jdbc.JDBCMetadataStoreConf$;
import org.apache.kyuubi.session.KyuubiSessionImpl;
import org.apache.kyuubi.session.KyuubiSessionManager;
import org.apache.kyuubi.session.Session;
import org.apache.kyuubi.shaded.hive.service.rpc.thrift.TProtocolVersion;
import org.apache.kyuubi.shaded.thrift.transport.TTransportException;
import org.apache.kyuubi.sql.parser.server.KyuubiParser;
import org.apache.kyuubi.util.KyuubiHadoopUtils;
import org.apache.kyuubi.util.SignalRegister;
import scala.Option;
import scala.collection.immutable.Map;

/** Kyuubi's server with sessions of ours, for which it has no plug-in. */
public final class Gateway extends KyuubiServer {
  /** As Kyuubi's own. */
  public static void main(String[] arguments) {
    SignalRegister.registerLogger(KyuubiServer$.MODULE$.logger());
    // Its settings are known once it is loaded.
    JDBCMetadataStoreConf$.MODULE$.hashCode();
    KyuubiConf conf = new KyuubiConf(true).loadFileDefaults();
    Configuration hadoop = KyuubiHadoopUtils.newHadoopConf(conf, true);
    UserGroupInformation.setConfiguration(hadoop);
    KyuubiServer$.MODULE$.hadoopConf_$eq(hadoop);
    Gateway gateway = new Gateway();
    gateway.initialize(conf);
    gateway.start();
    Utils.addShutdownHook(gateway::stop, Utils.SERVER_SHUTDOWN_PRIORITY());
  }

  /** The backend measures what it does by a trait that only Scala can mix in, so the one that Kyuubi makes is kept, with another manager. */
  private Gateway() {
    try {
      Field manager = KyuubiBackendService.class.getDeclaredField("sessionManager");
      manager.setAccessible(true);
      manager.set(backendService(), new Sessions());
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException("Kyuubi's backend has no session manager where 1.12.0 has it", error);
    }
  }

  private static final class Sessions extends KyuubiSessionManager {
    private final KyuubiParser parser = new KyuubiParser();

    @Override
    public Session createSession(TProtocolVersion protocol, String user, String password, String address, Map<String, String> settings) {
      KyuubiConf conf = getConf().getUserDefaults(user);
      boolean impersonates = (boolean) conf.get(KyuubiConf.ENGINE_DO_AS_ENABLED());
      return new PatientSession(protocol, user, password, address, settings, this, conf, impersonates, parser);
    }
  }

  /**
   * The discovery names an engine that has died until its session there has timed out. Kyuubi waits where the engine's address refuses; one that is silent, as
   * that of a lost node, or of a pod that the network has forgotten, would end the login.
   */
  private static final class PatientSession extends KyuubiSessionImpl {
    PatientSession(TProtocolVersion protocol, String user, String password, String address, Map<String, String> settings, KyuubiSessionManager manager,
        KyuubiConf conf, boolean impersonates, KyuubiParser parser) {
      super(protocol, user, password, address, settings, manager, conf, impersonates, parser);
    }

    @Override
    public void openEngineSession(Option<OperationLog> log) {
      for (int left = (int) sessionManager().getConf().get(KyuubiConf.ENGINE_OPEN_MAX_ATTEMPTS()); ; left--) {
        try {
          super.openEngineSession(log);
          getSessionEvent().get().exception_$eq(Option.empty());
          return;
        } catch (Exception error) {
          if (left == 0 || isClosed() || !isSilent(error)) throw error;
          warn(() -> "The engine's address is silent: looks for it again", error);
        }
      }
    }

    private static boolean isSilent(Throwable error) {
      Throwable cause = error.getCause();
      return error instanceof TTransportException && ((TTransportException) error).getType() == TTransportException.NOT_OPEN
          && (cause instanceof SocketTimeoutException || cause instanceof NoRouteToHostException || cause instanceof ConnectException);
    }
  }
}
