package lakehouse;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.operation.log.OperationLog;
import org.apache.kyuubi.session.KyuubiSessionImpl;
import org.apache.kyuubi.session.KyuubiSessionManager;
import org.apache.kyuubi.shaded.hive.service.rpc.thrift.TProtocolVersion;
import org.apache.kyuubi.shaded.thrift.transport.TTransportException;
import org.apache.kyuubi.sql.parser.server.KyuubiParser;
import scala.Option;
import scala.collection.immutable.Map;

/**
 * The discovery names an engine that has died until its session there has timed out. Kyuubi waits where the engine's address refuses; one that is silent, as
 * that of a lost node, or of a pod that the network has forgotten, would end the login.
 */
final class PatientSession extends KyuubiSessionImpl {
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
