package lakehouse;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.server.metadata.jdbc.JDBCMetadataStoreConf;
import scala.Function0;

/**
 * One gateway at a time starts an engine: an advisory lock of the database that all of them have, which a gateway that dies gives back.
 * All of a gateway's are of one connection, for which they are one and the same: between its own sessions they are told apart here.
 */
final class StartLock {
  private static final Set<String> HELD = new HashSet<>();
  private static Connection connection;

  private StartLock() {}

  static <T> T hold(KyuubiConf conf, String name, Duration most, Function0<T> then) {
    await(conf, name, most);
    // Its errors are SQLExceptions, too, and say more than one of the lock.
    try {
      return then.apply();
    } finally {
      release(name);
    }
  }

  private static void await(KyuubiConf conf, String name, Duration most) {
    Instant end = Instant.now().plus(most);
    try {
      while (!take(conf, name)) {
        if (Instant.now().isAfter(end)) throw new IllegalStateException("Another session has been starting " + name + " for longer than " + most);
        Thread.sleep(500);
      }
    } catch (SQLException | InterruptedException error) {
      throw new IllegalStateException("The lock " + name + " cannot be taken: " + error.getMessage(), error);
    }
  }

  private static synchronized boolean take(KyuubiConf conf, String name) throws SQLException {
    if (HELD.contains(name)) return false;
    if (connection != null && !connection.isValid(5)) close();
    if (connection == null) connection = connect(conf);
    return ask("pg_try_advisory_lock", name) && HELD.add(name);
  }

  private static synchronized void release(String name) {
    HELD.remove(name);
    // With the connection it is given back, too.
    if (connection == null) return;
    try {
      ask("pg_advisory_unlock", name);
    } catch (SQLException error) {
      close();
    }
  }

  private static boolean ask(String function, String name) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT " + function + "(hashtextextended(?, 0))")) {
      statement.setString(1, name);
      ResultSet answer = statement.executeQuery();
      return answer.next() && answer.getBoolean(1);
    }
  }

  private static void close() {
    try {
      connection.close();
    } catch (SQLException error) {
      // It is gone in any case.
    }
    connection = null;
  }

  /** Nobody else gets a lock while one waits for the database: not for long. */
  private static Connection connect(KyuubiConf conf) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", (String) conf.get(JDBCMetadataStoreConf.METADATA_STORE_JDBC_USER()));
    properties.setProperty("password", (String) conf.get(JDBCMetadataStoreConf.METADATA_STORE_JDBC_PASSWORD()));
    for (String limit : List.of("connectTimeout", "loginTimeout", "socketTimeout")) properties.setProperty(limit, "10");
    properties.setProperty("tcpKeepAlive", "true");
    return DriverManager.getConnection(JDBCMetadataStoreConf.getMetadataStoreJdbcUrl(conf), properties);
  }
}
