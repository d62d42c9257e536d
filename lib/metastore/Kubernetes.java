package lakehouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The API server, asked as the account of this pod. */
final class Kubernetes {
  private static final Path ACCOUNT = Paths.get("/var/run/secrets/kubernetes.io/serviceaccount");

  private static byte[] authorities = new byte[0];
  private static SSLContext tls;

  private Kubernetes() {}

  /** What is there, or a missing node where this account may not look. */
  static JsonNode get(String path) throws IOException {
    HttpsURLConnection connection = (HttpsURLConnection) new URL("https://kubernetes.default.svc" + path).openConnection();
    try {
      connection.setSSLSocketFactory(tls().getSocketFactory());
    } catch (GeneralSecurityException error) {
      throw new IOException(error);
    }
    connection.setConnectTimeout(10_000);
    connection.setReadTimeout(10_000);
    // Kubernetes renews it.
    connection.setRequestProperty("Authorization", "Bearer " + text("token"));
    if (connection.getResponseCode() == 403) return MissingNode.getInstance();
    try (InputStream answer = connection.getInputStream()) {
      return new ObjectMapper().readTree(answer);
    }
  }

  static String namespace() throws IOException {
    return text("namespace");
  }

  private static String text(String file) throws IOException {
    return new String(Files.readAllBytes(ACCOUNT.resolve(file)));
  }

  /** With all of the certificates, as they are now: a cluster whose authority is replaced has two for a time. */
  private static synchronized SSLContext tls() throws IOException, GeneralSecurityException {
    byte[] now = Files.readAllBytes(ACCOUNT.resolve("ca.crt"));
    if (Arrays.equals(now, authorities)) return tls;
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null);
    for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(now)))
      trusted.setCertificateEntry("kubernetes-" + trusted.size(), one);
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    authorities = now;
    return tls;
  }
}
