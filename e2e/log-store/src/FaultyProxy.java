import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Between S3A and the store: the next uploads meet the faults that wait here, one each; all else goes through. */
final class FaultyProxy implements AutoCloseable {
  /** What happens to one upload. */
  interface Fault {
    void meet(HttpExchange exchange, FaultyProxy proxy) throws IOException;
  }

  /** The store does it, and nobody hears. */
  static final Fault LOST_ANSWER = (exchange, proxy) -> {
    proxy.ask(exchange, exchange.getRequestBody().readAllBytes());
    exchange.close();
  };

  /** Half of it arrives. */
  static final Fault CUT_WHILE_SENDING = (exchange, proxy) -> {
    exchange.getRequestBody().readNBytes(50);
    exchange.close();
  };

  static Fault answer(int status, String code) {
    return (exchange, proxy) -> {
      exchange.getRequestBody().readAllBytes();
      byte[] body = ("<Error><Code>" + code + "</Code><Message>injected</Message></Error>").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/xml");
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    };
  }

  /** Before the store hears of it. */
  static Fault slow(long milliseconds, Runnable meanwhile) {
    return (exchange, proxy) -> {
      byte[] body = exchange.getRequestBody().readAllBytes();
      meanwhile.run();
      sleep(milliseconds);
      proxy.pass(exchange, body);
    };
  }

  final Deque<Fault> faults = new ConcurrentLinkedDeque<>();
  final AtomicInteger uploads = new AtomicInteger();
  private static final Set<String> OF_THE_CONNECTION = Set.of("connection", "content-length", "expect", "transfer-encoding");
  private final HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
  private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String store;

  FaultyProxy(String store) throws IOException {
    this.store = store;
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", this::handle);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    boolean upload = exchange.getRequestMethod().equals("PUT") || exchange.getRequestMethod().equals("POST");
    if (upload) uploads.incrementAndGet();
    Fault fault = upload ? faults.poll() : null;
    if (fault != null) fault.meet(exchange, this);
    else pass(exchange, exchange.getRequestBody().readAllBytes());
  }

  private void pass(HttpExchange exchange, byte[] body) throws IOException {
    HttpResponse<byte[]> answer = ask(exchange, body);
    answer.headers().map().forEach((name, values) -> {
      if (!OF_THE_CONNECTION.contains(name)) exchange.getResponseHeaders().put(name, values);
    });
    boolean head = exchange.getRequestMethod().equals("HEAD");
    if (head) answer.headers().firstValue("content-length").ifPresent(length -> exchange.getResponseHeaders().set("Content-Length", length));
    exchange.sendResponseHeaders(answer.statusCode(), head || answer.body().length == 0 ? -1 : answer.body().length);
    if (!head && answer.body().length > 0) exchange.getResponseBody().write(answer.body());
    exchange.close();
  }

  private HttpResponse<byte[]> ask(HttpExchange exchange, byte[] body) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(store + exchange.getRequestURI()))
        .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
    exchange.getRequestHeaders().forEach((name, values) -> {
      if (!OF_THE_CONNECTION.contains(name.toLowerCase())) values.forEach(value -> request.header(name, value));
    });
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException interruption) {
      throw new IOException(interruption);
    }
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
    }
  }
}
