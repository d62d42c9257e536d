package lakehouse;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.kyuubi.Utils;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.server.KyuubiBackendService;
import org.apache.kyuubi.server.KyuubiRestFrontendService;
import org.apache.kyuubi.server.KyuubiServer;
import org.apache.kyuubi.server.KyuubiServer$;
import org.apache.kyuubi.server.metadata.jdbc.JDBCMetadataStoreConf$;
import org.apache.kyuubi.server.ui.JettyServer;
import org.apache.kyuubi.service.AbstractFrontendService;
import org.apache.kyuubi.util.KyuubiHadoopUtils;
import org.apache.kyuubi.util.SignalRegister;
import org.eclipse.jetty.server.ServerConnector;
import scala.collection.JavaConverters;

/** Kyuubi's server with sessions of ours, for which it has no plug-in. */
public final class Gateway extends KyuubiServer {
  /** The proxy lets less through. */
  private static final int QUEUE = 1024;

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
    Frames.limit(gateway);
    gateway.queueRequests();
    gateway.start();
    Utils.addShutdownHook(gateway::drain, Utils.SERVER_SHUTDOWN_PRIORITY());
  }

  /** Kyuubi's own has place for one connection of REST that it has not taken yet: of a burst, others would be without an answer for minutes. */
  private void queueRequests() {
    for (AbstractFrontendService frontend : JavaConverters.asJavaCollection(frontendServices())) {
      if (!(frontend instanceof KyuubiRestFrontendService)) continue;
      Object server = Fields.get(KyuubiRestFrontendService.class, "server", frontend);
      ((ServerConnector) Fields.get(JettyServer.class, "connector", server)).setAcceptQueueSize(QUEUE);
    }
  }

  /** Kyuubi's own waits for its sessions only where it has announced itself. Hadoop, whose hook this is, interrupts it when the time is over. */
  private void drain() {
    try {
      while (backendService().sessionManager().getActiveUserSessionCount() > 0) Thread.sleep(1000);
    } catch (InterruptedException error) {
      warn(() -> "Sessions are still open: they end now");
    } finally {
      stop();
    }
  }

  /** The backend measures what it does by a trait that only Scala can mix in, so the one that Kyuubi makes is kept, with another manager. */
  private Gateway() {
    Fields.set(KyuubiBackendService.class, "sessionManager", backendService(), new Sessions());
  }
}
