package lakehouse;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.AuthenticationException;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.SaslServerFactory;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.server.KyuubiServer;
import org.apache.kyuubi.server.KyuubiTBinaryFrontendService;
import org.apache.kyuubi.service.TBinaryFrontendService;
import org.apache.kyuubi.service.authentication.PlainSASLServer;
import org.apache.kyuubi.shaded.thrift.server.TServer;
import org.apache.kyuubi.shaded.thrift.server.TServerEventHandler;
import org.apache.kyuubi.shaded.thrift.transport.TSaslServerTransport;
import org.apache.kyuubi.shaded.thrift.transport.TTransport;
import org.apache.kyuubi.shaded.thrift.transport.TTransportException;
import org.apache.kyuubi.shaded.thrift.transport.TTransportFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;
import scala.collection.JavaConverters;

/**
 * Connections and messages of JDBC with a limit. Each begins with its length, and Thrift makes room for so many bytes before it has them: a user who says two gigabytes would take the
 * memory of the gateway.
 */
final class Frames extends TTransportFactory {
  private static final Logger LOG = LoggerFactory.getLogger(Frames.class);
  private static final int FREE = 64 << 10;

  /** Kyuubi's, since a class path can have several. */
  private static final SaslServerFactory PLAIN = new PlainSASLServer.SaslPlainServerFactory();

  /** A connection is asked for twice, for what comes in and for what goes out. */
  private final Map<TTransport, TTransport> open = new ConcurrentHashMap<>();
  /** Each has a thread for as long as it is open. */
  private final Shares shares = new Shares("connections", 100);
  private final KyuubiConf conf;
  private final int most;
  private final Shares large;

  private Frames(KyuubiConf conf) {
    this.conf = conf;
    most = (int) conf.get(KyuubiConf.FRONTEND_THRIFT_MAX_MESSAGE_SIZE());
    large = new Shares("KiB of messages on their way", 2 * most >> 10);
  }

  /** Kyuubi makes its own in the middle of a method. */
  @SuppressWarnings("unchecked")
  static void limit(KyuubiServer gateway) {
    for (Object frontend : JavaConverters.asJavaCollection(gateway.frontendServices())) {
      if (!(frontend instanceof KyuubiTBinaryFrontendService)) continue;
      Frames frames = new Frames(gateway.getConf());
      TServer thrift = ((Option<TServer>) Fields.get(TBinaryFrontendService.class, "server", frontend)).get();
      thrift.setServerEventHandler(calm(thrift.getEventHandler()));
      for (String side : new String[] {"inputTransportFactory_", "outputTransportFactory_"}) Fields.set(TServer.class, side, thrift, frames);
    }
  }

  /** What fails when a connection ends, as by a setting of its session, would keep it from being closed. */
  private static TServerEventHandler calm(TServerEventHandler kyuubis) {
    return (TServerEventHandler) Proxy.newProxyInstance(Frames.class.getClassLoader(), new Class<?>[] {TServerEventHandler.class}, (proxy, method, arguments) -> {
      try {
        return method.invoke(kyuubis, arguments);
      } catch (InvocationTargetException error) {
        if (!method.getName().equals("deleteContext")) throw error.getCause();
        LOG.warn("A session could not be left as it should be", error.getCause());
        return null;
      }
    });
  }

  @Override
  public TTransport getTransport(TTransport connection) throws TTransportException {
    TTransport known = open.get(connection);
    if (known != null) return known;
    Limited transport = new Limited(connection);
    transport.setSaslServerFactory(login -> PLAIN.createSaslServer(login.mechanism, login.protocol, login.serverName, login.props, login.cbh));
    transport.addServerDefinition("PLAIN", "CUSTOM", null, Map.of("org.apache.kyuubi.service.name", "SERVER"), this::logIn);
    transport.open();
    String user = transport.getSaslServer().getAuthorizationID();
    try {
      shares.take(user);
    } catch (RejectedExecutionException full) {
      transport.close();
      throw new TTransportException(full.getMessage());
    }
    transport.user = user;
    open.put(connection, transport);
    return transport;
  }

  private void logIn(Callback[] callbacks) throws AuthenticationException {
    String user = null;
    String given = null;
    for (Callback callback : callbacks) {
      if (callback instanceof NameCallback) user = ((NameCallback) callback).getName();
      if (callback instanceof PasswordCallback) given = new String(((PasswordCallback) callback).getPassword());
    }
    // The gateway's own asks it from within.
    if ("_gateway".equals(user)) throw new AuthenticationException("Error validating the login: nobody logs in as _gateway");
    new Logins(conf).authenticate(user, given);
    for (Callback callback : callbacks) if (callback instanceof AuthorizeCallback) ((AuthorizeCallback) callback).setAuthorized(true);
  }

  private final class Limited extends TSaslServerTransport {
    private String user;
    private int length;
    private int charged;

    private Limited(TTransport connection) throws TTransportException {
      super(connection);
    }

    @Override
    protected synchronized int readLength() throws TTransportException {
      settle();
      length = super.readLength();
      if (length > most) throw new TTransportException("A message of " + length + " bytes: the gateway takes at most " + most);
      if (user == null || length <= FREE) return length;
      try {
        large.take(user, length >> 10);
      } catch (RejectedExecutionException full) {
        throw new TTransportException(full.getMessage());
      }
      charged = length >> 10;
      return length;
    }

    /** Nothing in a message is larger than it. */
    @Override
    public void checkReadBytesAvailable(long bytes) throws TTransportException {
      if (bytes > length) throw new TTransportException("Something of " + bytes + " bytes in a message of " + length);
    }

    private void settle() {
      if (charged > 0) large.giveBack(user, charged);
      charged = 0;
    }

    @Override
    public synchronized void close() {
      super.close();
      open.remove(getUnderlyingTransport());
      settle();
      if (user != null) shares.giveBack(user);
      user = null;
    }
  }
}
