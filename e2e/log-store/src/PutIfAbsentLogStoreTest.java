import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.delta.storage.CloseableIterator;
import io.delta.storage.LogStore;
import io.delta.storage.S3SingleDriverLogStore;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import lakehouse.PutIfAbsentLogStore;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.AWSServiceIOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a MinIO server of its own, for which `minio` must be on the path. */
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class PutIfAbsentLogStoreTest {
  private static final String USER = "log-store-test";
  private static final String BUCKET = "log-store";
  private static final int WRITERS = 8;
  private static final int RACES = Integer.getInteger("races");

  private static Process minio;
  private static String endpoint;

  private FaultyProxy proxy;
  private Configuration conf;
  private final Path version = new Path("s3a://" + BUCKET + "/" + UUID.randomUUID() + "/_delta_log/00000000000000000007.json");

  @BeforeAll
  static void startStore() throws Exception {
    java.nio.file.Path data = Files.createTempDirectory("minio");
    Files.createDirectory(data.resolve(BUCKET));
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    endpoint = "http://127.0.0.1:" + port;
    ProcessBuilder server = new ProcessBuilder("minio", "server", data.toString(), "--address", "127.0.0.1:" + port).redirectErrorStream(true);
    server.redirectOutput(data.resolve("log").toFile());
    server.environment().put("MINIO_ROOT_USER", USER);
    server.environment().put("MINIO_ROOT_PASSWORD", USER);
    minio = server.start();
    for (int attempt = 0; !isUp(); attempt++) {
      assertTrue(attempt < 300 && minio.isAlive(), "minio does not start: " + Files.readString(data.resolve("log")));
      Thread.sleep(100);
    }
  }

  private static boolean isUp() {
    try {
      URI.create(endpoint + "/minio/health/ready").toURL().openStream().close();
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  @AfterAll
  static void stopStore() {
    minio.destroy();
  }

  @BeforeEach
  void startProxy() throws IOException {
    proxy = new FaultyProxy(endpoint);
    conf = conf(proxy.url());
  }

  @AfterEach
  void stopProxy() {
    proxy.close();
  }

  /** As the lakehouse sets it, with little patience. */
  private static Configuration conf(String url) {
    Configuration conf = new Configuration(false);
    conf.addResource("core-default.xml");
    conf.set("fs.s3a.endpoint", url);
    conf.set("fs.s3a.endpoint.region", "us-east-1");
    conf.set("fs.s3a.path.style.access", "true");
    conf.set("fs.s3a.connection.ssl.enabled", "false");
    conf.set("fs.s3a.access.key", USER);
    conf.set("fs.s3a.secret.key", USER);
    // Each test has a proxy and settings of its own.
    conf.set("fs.s3a.impl.disable.cache", "true");
    conf.set("fs.s3a.attempts.maximum", "2");
    conf.set("fs.s3a.retry.limit", "2");
    conf.set("fs.s3a.retry.interval", "50ms");
    conf.set("fs.s3a.retry.throttle.limit", "2");
    conf.set("fs.s3a.retry.throttle.interval", "50ms");
    return conf;
  }

  private void write(String... actions) throws IOException {
    new PutIfAbsentLogStore(conf).write(version, List.of(actions).iterator(), false, conf);
  }

  /** As somebody else sees it: not through the proxy. */
  private List<String> stored() throws IOException {
    Configuration direct = conf(endpoint);
    List<String> lines = new ArrayList<>();
    try (CloseableIterator<String> read = new PutIfAbsentLogStore(direct).read(version, direct)) {
      read.forEachRemaining(lines::add);
    }
    return lines;
  }

  private void anotherWins() {
    Configuration direct = conf(endpoint);
    assertDoesNotThrow(() -> new PutIfAbsentLogStore(direct).write(version, List.of("theirs").iterator(), false, direct));
  }

  private FaultyProxy.Fault afterAnotherWins(FaultyProxy.Fault fault) {
    return (exchange, it) -> {
      anotherWins();
      fault.meet(exchange, it);
    };
  }

  private void assertNothingStored() {
    assertThrows(FileNotFoundException.class, this::stored);
  }

  @Test
  void aCommitIsOneUploadWithALineForEachAction() throws IOException {
    write("{\"one\"}", "{\"zwölf\"}");
    assertEquals(List.of("{\"one\"}", "{\"zwölf\"}"), stored());
    assertEquals(1, proxy.uploads.get());
  }

  @Test
  void aVersionThatIsThereIsAConflict() throws IOException {
    anotherWins();
    FileAlreadyExistsException conflict = assertThrows(FileAlreadyExistsException.class, () -> write("ours"));
    assertNotNull(conflict.getCause());
    assertEquals(List.of("theirs"), stored());
  }

  @Test
  void overwriteReplacesAsForLastCheckpoint() throws IOException {
    anotherWins();
    new PutIfAbsentLogStore(conf).write(version, List.of("ours").iterator(), true, conf);
    assertEquals(List.of("ours"), stored());
  }

  @Test
  void aLostAnswerToOurOwnCommitIsSuccess() throws IOException {
    proxy.faults.add(FaultyProxy.LOST_ANSWER);
    write("ours");
    assertEquals(List.of("ours"), stored());
  }

  @Test
  void aLostAnswerToEachAttemptIsSuccessStill() throws IOException {
    proxy.faults.addAll(Collections.nCopies(20, FaultyProxy.LOST_ANSWER));
    write("ours");
    assertEquals(List.of("ours"), stored());
  }

  @Test
  void aConnectionCutWhileSendingLeavesNothingAndIsTriedAgain() throws IOException {
    proxy.faults.add(FaultyProxy.CUT_WHILE_SENDING);
    write("x".repeat(10_000));
    assertEquals(List.of("x".repeat(10_000)), stored());
  }

  @Test
  void connectionsThatAreAlwaysCutAreAnErrorAndNoConflict() {
    proxy.faults.addAll(Collections.nCopies(100, FaultyProxy.CUT_WHILE_SENDING));
    IOException failure = assertThrows(IOException.class, () -> write("ours"));
    assertFalse(failure instanceof FileAlreadyExistsException);
    assertNothingStored();
  }

  @Test
  void aConnectionCutWhileSomebodyElseCommitsIsAConflict() throws IOException {
    proxy.faults.add(afterAnotherWins(FaultyProxy.CUT_WHILE_SENDING));
    assertThrows(FileAlreadyExistsException.class, () -> write("ours"));
    assertEquals(List.of("theirs"), stored());
  }

  @Test
  void a412WithNothingThereIsTriedAgain() throws IOException {
    proxy.faults.add(FaultyProxy.answer(412, "PreconditionFailed"));
    write("ours");
    assertEquals(List.of("ours"), stored());
  }

  @Test
  void a409IsTriedAgain() throws IOException {
    proxy.faults.add(FaultyProxy.answer(409, "ConditionalRequestConflict"));
    proxy.faults.add(FaultyProxy.answer(409, "ConditionalRequestConflict"));
    write("ours");
    assertEquals(List.of("ours"), stored());
  }

  @Test
  void a409WhileSomebodyElseCommitsIsAConflict() {
    proxy.faults.add(afterAnotherWins(FaultyProxy.answer(409, "ConditionalRequestConflict")));
    assertThrows(FileAlreadyExistsException.class, () -> write("ours"));
  }

  @Test
  void a409ForEverIsAnErrorAndNoConflict() {
    proxy.faults.addAll(Collections.nCopies(1000, FaultyProxy.answer(409, "ConditionalRequestConflict")));
    IOException failure = assertThrows(IOException.class, () -> write("ours"));
    assertFalse(failure instanceof FileAlreadyExistsException);
    assertNothingStored();
  }

  @Test
  void slowDownIsWaitedFor() throws IOException {
    proxy.faults.add(FaultyProxy.answer(503, "SlowDown"));
    write("ours");
    assertEquals(List.of("ours"), stored());
  }

  @Test
  void slowDownForEverIsAnErrorAndNoConflict() {
    proxy.faults.addAll(Collections.nCopies(1000, FaultyProxy.answer(503, "SlowDown")));
    assertThrows(AWSServiceIOException.class, () -> write("ours"));
    assertNothingStored();
  }

  @Test
  void aForbiddenUploadIsAnErrorAtOnce() {
    proxy.faults.add(FaultyProxy.answer(403, "AccessDenied"));
    assertThrows(IOException.class, () -> write("ours"));
    assertNothingStored();
    assertEquals(1, proxy.uploads.get());
  }

  @Test
  void aSlowStoreDecidesWhenItWrites() throws IOException {
    proxy.faults.add(FaultyProxy.slow(500, this::anotherWins));
    assertThrows(FileAlreadyExistsException.class, () -> write("ours"));
    assertEquals(List.of("theirs"), stored());
  }

  @Test
  void aStoreThatTakesLongerThanOurPatienceMayStillHaveStoredIt() throws IOException {
    conf.set("fs.s3a.connection.request.timeout", "15s");
    conf.set("fs.s3a.connection.timeout", "1s");
    proxy.faults.add(FaultyProxy.slow(3000, () -> {}));
    write("ours");
    assertEquals(List.of("ours"), stored());
  }

  @Test
  void aFailureBetweenTwoActionsLeavesNothing() {
    Iterator<String> failing = new Iterator<>() {
      private boolean first = true;

      @Override
      public boolean hasNext() {
        return true;
      }

      @Override
      public String next() {
        if (!first) throw new NoSuchElementException();
        first = false;
        return "ours";
      }
    };
    assertThrows(NoSuchElementException.class, () -> new PutIfAbsentLogStore(conf).write(version, failing, false, conf));
    assertNothingStored();
  }

  @Test
  void aCommitOfSeveralPartsIsConditionalToo() throws IOException {
    conf.set("fs.s3a.multipart.size", "5M");
    conf.set("fs.s3a.multipart.threshold", "5M");
    String action = "x".repeat(12_000_000);
    write(action);
    assertTrue(proxy.uploads.get() > 3);
    assertEquals(List.of(action), stored());
    assertThrows(FileAlreadyExistsException.class, () -> write("y".repeat(12_000_000)));
    assertEquals(List.of(action), stored());
  }

  @Test
  void aCommitOfSeveralPartsWhoseLastAnswerIsLostIsSuccess() throws IOException {
    conf.set("fs.s3a.multipart.size", "5M");
    conf.set("fs.s3a.multipart.threshold", "5M");
    FaultyProxy.Fault loseTheLast = new FaultyProxy.Fault() {
      @Override
      public void meet(com.sun.net.httpserver.HttpExchange exchange, FaultyProxy it) throws IOException {
        boolean complete = exchange.getRequestMethod().equals("POST") && exchange.getRequestURI().getQuery().contains("uploadId");
        if (!complete) it.faults.addFirst(this);
        (complete ? FaultyProxy.LOST_ANSWER : FaultyProxy.slow(0, () -> {})).meet(exchange, it);
      }
    };
    proxy.faults.add(loseTheLast);
    String action = "x".repeat(12_000_000);
    write(action);
    assertEquals(List.of(action), stored());
  }

  /** Who gets round the gateway's list and makes a file system with them gets no unsafe one. */
  @Test
  void settingsThatTakeAwayS3AsOwnChecksDoNotTakeAwayThisOne() {
    conf.set("fs.s3a.performance.flags", "create,mkdir");
    conf.set("fs.s3a.create.performance", "true");
    anotherWins();
    assertThrows(FileAlreadyExistsException.class, () -> write("ours"));
  }

  @Test
  void aClientThatMayNotWriteConditionallyDoesNotWrite() {
    conf.set("fs.s3a.create.conditional.enabled", "false");
    assertThrows(Exception.class, () -> write("ours"));
    assertNothingStored();
  }

  @Test
  void ofEightWritersExactlyOneWins() throws Exception {
    assertArrayEquals(new int[] {RACES, 0, 0}, races(PutIfAbsentLogStore::new, RACES));
  }

  /** The control: were this one safe too, the race above would prove nothing. */
  @Test
  void ofEightWritersWithDeltasOwnStoreSeveralBelieveThatTheyWon() throws Exception {
    int[] outcome = races(PutIfAbsentLogStoreTest::ofAnotherDriver, 50);
    assertTrue(outcome[1] > 0, "no commit was lost in 50 races");
    System.out.println("Delta's own log store: " + outcome[1] + " of 50 races with a lost commit");
  }

  private interface Store {
    LogStore of(Configuration conf) throws Exception;
  }

  /** Delta's own, with a lock of its own each: it has one for all in a JVM, and drivers are several JVMs. */
  private static LogStore ofAnotherDriver(Configuration conf) throws Exception {
    ClassLoader driver = new ClassLoader(S3SingleDriverLogStore.class.getClassLoader()) {
      @Override
      protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.endsWith(".S3SingleDriverLogStore") && !name.startsWith("io.delta.storage.internal.PathLock")) return super.loadClass(name, resolve);
        Class<?> loaded = findLoadedClass(name);
        if (loaded != null) return loaded;
        try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
          byte[] code = in.readAllBytes();
          return defineClass(name, code, 0, code.length);
        } catch (IOException failure) {
          throw new ClassNotFoundException(name, failure);
        }
      }
    };
    return (LogStore) driver.loadClass(S3SingleDriverLogStore.class.getName()).getConstructor(Configuration.class).newInstance(conf);
  }

  /** How many races had exactly one winner whose commit is there, several, and none. */
  private int[] races(Store kind, int count) throws Exception {
    Configuration direct = conf(endpoint);
    direct.set("fs.s3a.impl.disable.cache", "false");
    ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
    CyclicBarrier start = new CyclicBarrier(WRITERS);
    List<LogStore> stores = new ArrayList<>();
    for (int writer = 0; writer < WRITERS; writer++) stores.add(kind.of(direct));
    int[] outcomes = new int[3];
    for (int race = 0; race < count; race++) {
      Path path = new Path(version.getParent(), String.format("%020d.json", race));
      List<Callable<String>> attempts = new ArrayList<>();
      for (int writer = 0; writer < WRITERS; writer++) {
        LogStore store = stores.get(writer);
        String content = race + "/" + writer;
        attempts.add(() -> {
          start.await();
          try {
            store.write(path, Collections.singleton(content).iterator(), false, direct);
            return content;
          } catch (FileAlreadyExistsException lost) {
            return null;
          }
        });
      }
      List<String> winners = new ArrayList<>();
      for (Future<String> attempt : writers.invokeAll(attempts)) if (attempt.get() != null) winners.add(attempt.get());
      String stored;
      try (CloseableIterator<String> read = stores.get(0).read(path, direct)) {
        stored = read.next();
      }
      outcomes[winners.equals(List.of(stored)) ? 0 : winners.size() > 1 ? 1 : 2]++;
    }
    writers.shutdown();
    return outcomes;
  }
}
