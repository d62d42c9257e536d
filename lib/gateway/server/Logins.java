package lakehouse;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.sasl.AuthenticationException;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.service.authentication.AuthMethods;
import org.apache.kyuubi.service.authentication.AuthenticationProviderFactory;
import org.apache.kyuubi.service.authentication.PasswdAuthenticationProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * In front of who knows the passwords. Each look costs a tenth of a second of a CPU by design, so that guesses in the hundreds would take the gateway and its database
 * away from all others: guesses for one name wait for one another, and what was right lately does not wait behind them.
 */
public final class Logins implements PasswdAuthenticationProvider {
  private static final Logger LOG = LoggerFactory.getLogger(Logins.class);
  /** Clients of REST log in with each request. */
  private static final Duration RIGHT = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int FREE_GUESSES = 5;
  private static final int MOST_WAITING = 20;
  private static final int LONGEST = 1024;
  private static final int MOST_NAMES = 10_000;

  private static final Semaphore KNOWN = new Semaphore(4, true);
  private static final Semaphore OTHERS = new Semaphore(4, true);
  private static final Map<String, Right> RIGHTS = Collections.synchronizedMap(latest());
  private static final Map<String, Integer> WRONG = Collections.synchronizedMap(latest());
  /** Who waits for whom. A name is here only while somebody gives it. */
  private static final Map<String, Turn> TURNS = new HashMap<>();
  /** So that what is remembered is of no use elsewhere. */
  private static final byte[] SALT = new byte[32];

  static {
    new SecureRandom().nextBytes(SALT);
  }

  private static final class Right {
    private final byte[] digest;
    private final long since = System.nanoTime();

    private Right(byte[] digest) {
      this.digest = digest;
    }

    private boolean isNew() {
      return System.nanoTime() - since < RIGHT.toNanos();
    }
  }

  private static final class Turn {
    private final Semaphore one = new Semaphore(1, true);
    private int waiting;
  }

  private final PasswdAuthenticationProvider passwords;

  public Logins(KyuubiConf conf) throws AuthenticationException {
    boolean inDatabase = conf.get(KyuubiConf.AUTHENTICATION_JDBC_URL()).isDefined();
    passwords = AuthenticationProviderFactory.getAuthenticationProvider(inDatabase ? AuthMethods.JDBC() : AuthMethods.LDAP(), conf, true);
  }

  @Override
  public void authenticate(String user, String given) throws AuthenticationException {
    // An LDAP server takes some of the other characters for other names of the same user.
    if (user == null || !user.matches("[\\w.-]{1,63}")) throw new AuthenticationException("Error validating the login: a name has at most 63 letters, digits and . _ -");
    if (given == null || given.length() > LONGEST) throw new AuthenticationException("Error validating the login: a password has at most " + LONGEST + " characters");
    byte[] digest = digest(user, given);
    Right right = RIGHTS.get(user);
    boolean known = right != null && MessageDigest.isEqual(right.digest, digest);
    if (known && right.isNew()) return;
    if (known) look(KNOWN, user, given, digest);
    else inTurn(user, given, digest);
  }

  private void inTurn(String user, String given, byte[] digest) throws AuthenticationException {
    Turn turn = enter(user);
    try {
      acquire(turn.one, user);
      try {
        look(OTHERS, user, given, digest);
      } catch (AuthenticationException wrong) {
        if (!isUnanswered(wrong) && WRONG.merge(inAnyCase(user), 1, Integer::sum) > FREE_GUESSES) pause();
        throw wrong;
      } finally {
        turn.one.release();
      }
    } finally {
      leave(user, turn);
    }
  }

  private void look(Semaphore places, String user, String given, byte[] digest) throws AuthenticationException {
    acquire(places, user);
    try {
      // Of those who asked at once, one was first.
      Right right = RIGHTS.get(user);
      if (right != null && right.isNew() && MessageDigest.isEqual(right.digest, digest)) return;
      passwords.authenticate(user, given);
      RIGHTS.put(user, new Right(digest));
      WRONG.remove(inAnyCase(user));
    } catch (AuthenticationException wrong) {
      if (isUnanswered(wrong)) {
        LOG.error("The database has not said whether the password of {} is right", user, wrong.getCause());
        throw new AuthenticationException("Error validating the login: passwords cannot be asked for at the moment, try again", wrong.getCause());
      }
      // What was right before and is no longer is a guess from now on.
      RIGHTS.computeIfPresent(user, (name, right) -> MessageDigest.isEqual(right.digest, digest) ? null : right);
      throw wrong;
    } finally {
      places.release();
    }
  }

  /** Then it was no guess, and Kyuubi tells nobody the cause. */
  private static boolean isUnanswered(AuthenticationException error) {
    return error.getCause() instanceof SQLException;
  }

  private static Turn enter(String user) throws AuthenticationException {
    synchronized (TURNS) {
      Turn turn = TURNS.computeIfAbsent(inAnyCase(user), name -> new Turn());
      if (turn.waiting >= MOST_WAITING) throw busy(user);
      turn.waiting++;
      return turn;
    }
  }

  private static void leave(String user, Turn turn) {
    synchronized (TURNS) {
      if (--turn.waiting == 0) TURNS.remove(inAnyCase(user));
    }
  }

  /** LDAP knows none. */
  private static String inAnyCase(String user) {
    return user.toLowerCase(Locale.ROOT);
  }

  private static void acquire(Semaphore places, String user) throws AuthenticationException {
    try {
      if (!places.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) throw busy(user);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw busy(user);
    }
  }

  private static AuthenticationException busy(String user) {
    return new AuthenticationException("Error validating the login: too many logins are tried for " + user + ", try again in a minute");
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
  }

  private static byte[] digest(String user, String given) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(SALT, "HmacSHA256"));
      mac.update(user.getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      return mac.doFinal(given.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException(error);
    }
  }

  /** Invented names do not fill the memory. */
  private static <T> Map<String, T> latest() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      @Override
      protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
        return size() > MOST_NAMES;
      }
    };
  }
}
