package lakehouse;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
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
    Instant end = Instant.now().plus(most);
    try {
      while (!take(conf, name)) {
        if (Instant.now().isAfter(end)) throw new IllegalStateException("Another session has been starting " + name + " for longer than " + most);
        Thread.sleep(500);
      }
      try {
        return then.apply();
      } finally {
        release(name);
      }
    } catch (SQLException | InterruptedException error) {
      throw new IllegalStateException("The lock " + name + " cannot be taken: " + error.getMessage(), error);
    }
  }

  private static synchronized boolean take(KyuubiConf conf, String name) throws SQLException {
    if (HELD.contains(name)) return false;
    if (connection == null || !connection.isValid(5)) connection = connect(conf);
    return ask("pg_try_advisory_lock", name) && HELD.add(name);
  }

  private static synchronized void release(String name) {
    HELD.remove(name);
    try {
      ask("pg_advisory_unlock", name);
    } catch (SQLException error) {
      // With the connection it is given back, too.
      connection = null;
    }
  }

  private static boolean ask(String function, String name) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT " + function + "(hashtextextended(?, 0))")) {
      statement.setString(1, name);
      ResultSet answer = statement.executeQuery();
      return answer.next() && answer.getBoolean(1);
    }
  }

  private static Connection connect(KyuubiConf conf) throws SQLException {
    return DriverManager.getConnection(JDBCMetadataStoreConf.getMetadataStoreJdbcUrl(conf), (String) conf.get(JDBCMetadataStoreConf.METADATA_STORE_JDBC_USER()),
        (String) conf.get(JDBCMetadataStoreConf.METADATA_STORE_JDBC_PASSWORD()));
  }
}
