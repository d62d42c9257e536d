package lakehouse;

import java.lang.reflect.Field;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
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
import org.apache.kyuubi.shaded.thrift.transport.TSaslServerTransport;
import org.apache.kyuubi.shaded.thrift.transport.TTransport;
import org.apache.kyuubi.shaded.thrift.transport.TTransportException;
import org.apache.kyuubi.shaded.thrift.transport.TTransportFactory;
import scala.Option;
import scala.collection.JavaConverters;

/**
 * Connections and messages of JDBC with a limit. Each begins with its length, and Thrift makes room for so many bytes before it has them: a user who says two gigabytes would take the
 * memory of the gateway.
 */
final class Frames extends TTransportFactory {
  /** As that of a body of REST, see haproxy.ts. */
  private static final int MOST = 16 << 20;

  /** Kyuubi's, since a class path can have several. */
  private static final SaslServerFactory PLAIN = new PlainSASLServer.SaslPlainServerFactory();

  /** A connection is asked for twice, for what comes in and for what goes out. */
  private final Map<TTransport, TTransport> open = new ConcurrentHashMap<>();
  /** Each has a thread for as long as it is open. */
  private final Shares shares = new Shares("connections", 100);
  private final KyuubiConf conf;

  private Frames(KyuubiConf conf) {
    this.conf = conf;
  }

  /** Kyuubi makes its own in the middle of a method. */
  @SuppressWarnings("unchecked")
  static void limit(KyuubiServer gateway) {
    try {
      for (Object frontend : JavaConverters.asJavaCollection(gateway.frontendServices())) {
        if (!(frontend instanceof KyuubiTBinaryFrontendService)) continue;
        Field server = TBinaryFrontendService.class.getDeclaredField("server");
        server.setAccessible(true);
        Frames frames = new Frames(gateway.getConf());
        for (String side : new String[] {"inputTransportFactory_", "outputTransportFactory_"}) {
          Field factory = TServer.class.getDeclaredField(side);
          factory.setAccessible(true);
          factory.set(((Option<TServer>) server.get(frontend)).get(), frames);
        }
      }
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException("Kyuubi has no Thrift server where 1.12.0 has it", error);
    }
  }

  @Override
  public TTransport getTransport(TTransport connection) throws TTransportException {
    TTransport known = open.get(connection);
    if (known != null) return known;
    Limited transport = new Limited(connection);
    transport.setSaslServerFactory(login -> PLAIN.createSaslServer(login.mechanism, login.protocol, login.serverName, login.props, login.cbh));
    transport.addServerDefinition("PLAIN", "CUSTOM", null, Map.of("org.apache.kyuubi.service.name", "SERVER"), this::logIn);
    transport.open();
    try {
      transport.user = take(transport.getSaslServer().getAuthorizationID());
    } catch (RejectedExecutionException full) {
      transport.close();
      throw new TTransportException(full.getMessage());
    }
    open.put(connection, transport);
    return transport;
  }

  private String take(String user) {
    shares.take(user);
    return user;
  }

  private void logIn(Callback[] callbacks) throws AuthenticationException {
    String user = null;
    String password = null;
    for (Callback callback : callbacks) {
      if (callback instanceof NameCallback) user = ((NameCallback) callback).getName();
      if (callback instanceof PasswordCallback) password = new String(((PasswordCallback) callback).getPassword());
    }
    new Logins(conf).authenticate(user, password);
    for (Callback callback : callbacks) if (callback instanceof AuthorizeCallback) ((AuthorizeCallback) callback).setAuthorized(true);
  }

  private final class Limited extends TSaslServerTransport {
    private String user;

    private Limited(TTransport connection) throws TTransportException {
      super(connection);
    }

    @Override
    protected int readLength() throws TTransportException {
      int length = super.readLength();
      if (length > MOST) throw new TTransportException("A message of " + length + " bytes: the gateway takes at most " + MOST);
      return length;
    }

    @Override
    public synchronized void close() {
      super.close();
      open.remove(getUnderlyingTransport());
      if (user != null) shares.giveBack(user);
      user = null;
    }
  }
}
