package lakehouse;

import org.apache.kyuubi.Utils;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.server.http.authentication.AuthenticationFilter;
import org.apache.kyuubi.service.ServiceUtils;
import org.apache.kyuubi.service.authentication.TSetIpAddressProcessor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.immutable.Set;

/** Who asks, as the connection has logged in, by whichever protocol. A handle is no proof: code in any engine can come to know it. */
final class Caller {
  private static final Logger LOG = LoggerFactory.getLogger(Caller.class);

  private final KyuubiConf conf;

  Caller(KyuubiConf conf) {
    this.conf = conf;
  }

  /** What is refused is told as what is not there. */
  boolean owns(String what, String owner) {
    String caller = restricted();
    if (caller == null || caller.equals(owner)) return true;
    LOG.warn("{} asks for {}, which is {}'s: refused", caller, what, owner);
    return false;
  }

  /** Who may see no more than their own. Null for an administrator, as Kyuubi's REST interface has them, and for what the server does by itself. */
  @SuppressWarnings("unchecked")
  String restricted() {
    String thrift = TSetIpAddressProcessor.getUserName();
    String login = thrift == null ? AuthenticationFilter.getUserName() : thrift;
    if (login == null) return null;
    String user = ServiceUtils.getShortName(login);
    return user.equals(Utils.currentUser()) || ((Set<String>) conf.get(KyuubiConf.SERVER_ADMINISTRATORS())).contains(user) ? null : user;
  }
}
