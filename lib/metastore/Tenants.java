package lakehouse;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.Path;

/** Whose is what, and who calls: a caller is known by the address of its pod, and Kubernetes says whose driver has it. */
final class Tenants {
  private static final String FOLDERS = System.getenv("GUARD_TENANTS") + "/";
  private static final String WAREHOUSE = System.getenv("GUARD_WAREHOUSE");
  private static final String OWNER_OF_WAREHOUSE = System.getenv("GUARD_WAREHOUSE_OWNER");
  /** The ConfigMap in which it stands who has which schema, and who else may read it. */
  private static final String SCHEMAS = System.getenv("GUARD_SCHEMAS");
  /** Whether names are shown only to who may read what they name. */
  static final boolean HIDES = !Boolean.parseBoolean(System.getenv("GUARD_DISCOVERABLE"));

  /** By what was asked. */
  private static final Map<String, Answer> ANSWERS = new ConcurrentHashMap<>();

  private static final class Answer {
    final JsonNode items;
    final long until;

    /** What is there is known for less time than the address of a pod that has gone takes to become another one's; what is not, for less than an engine takes to start. */
    Answer(JsonNode items) {
      this.items = items;
      this.until = System.nanoTime() + TimeUnit.SECONDS.toNanos(items.size() > 0 ? 5 : 1);
    }
  }

  private Tenants() {}

  /** The tenant in whose folder this is, or nothing. */
  static String ownerOf(String location) {
    String path = new Path(location).toString();
    if (path.startsWith(FOLDERS)) {
      String owner = path.substring(FOLDERS.length()).split("/", 2)[0];
      return owner.matches("[a-z0-9-]+") ? owner : "";
    }
    return path.equals(WAREHOUSE) || path.startsWith(WAREHOUSE + "/") ? OWNER_OF_WAREHOUSE : "";
  }

  static boolean isDriverOf(String tenant, String address) throws IOException {
    String driver = "labelSelector=app.kubernetes.io%2Fname%3Dspark-driver&fieldSelector=status.podIP%3D" + address + ",status.phase%3DRunning";
    return list("tenant-" + tenant, "pods?limit=1&" + driver).size() > 0;
  }

  /** The tenant that declares a schema, or nothing. */
  static String declaredOwnerOf(String schema) throws IOException {
    List<String> owner = declared("owners", schema);
    return owner.isEmpty() ? "" : owner.get(0);
  }

  /** The tenants that may read a schema of another one. */
  static List<String> readersOf(String schema) throws IOException {
    return declared("readers", schema);
  }

  private static List<String> declared(String key, String schema) throws IOException {
    String lines = list(Kubernetes.namespace(), "configmaps?fieldSelector=metadata.name%3D" + SCHEMAS).path(0).path("data").path(key).asText();
    for (String line : lines.split("\n")) {
      List<String> words = Arrays.asList(line.split(" "));
      if (words.get(0).equalsIgnoreCase(schema)) return words.subList(1, words.size());
    }
    return Collections.emptyList();
  }

  private static JsonNode list(String namespace, String what) throws IOException {
    String path = "/api/v1/namespaces/" + namespace + "/" + what;
    Answer known = ANSWERS.get(path);
    if (known != null && known.until > System.nanoTime()) return known.items;
    Answer answer = new Answer(Kubernetes.get(path).path("items"));
    ANSWERS.values().removeIf(old -> old.until < System.nanoTime());
    ANSWERS.put(path, answer);
    return answer.items;
  }
}
