package lakehouse;

import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hive.metastore.HMSHandler;
import org.apache.hadoop.hive.metastore.HiveMetaStoreFsImpl;
import org.apache.hadoop.hive.metastore.MetaStoreFS;
import org.apache.hadoop.hive.metastore.MetaStorePreEventListener;
import org.apache.hadoop.hive.metastore.api.Database;
import org.apache.hadoop.hive.metastore.api.InvalidOperationException;
import org.apache.hadoop.hive.metastore.api.MetaException;
import org.apache.hadoop.hive.metastore.api.NoSuchObjectException;
import org.apache.hadoop.hive.metastore.api.Partition;
import org.apache.hadoop.hive.metastore.api.StorageDescriptor;
import org.apache.hadoop.hive.metastore.api.Table;
import org.apache.hadoop.hive.metastore.events.*;
import org.apache.hadoop.hive.metastore.utils.MetaStoreUtils;

/**
 * Lets the engines of a tenant change what lies in the tenant's folder, and nothing else.
 *
 * <p>The metastore deletes data with a login of its own, for whoever asks, and believes any user name. So the store's policies do not hold here, and a caller is known by
 * the address of its pod: Kubernetes says whose driver has it.
 */
public final class TenantGuard extends MetaStorePreEventListener implements MetaStoreFS {
  private static final Path ACCOUNT = Paths.get("/var/run/secrets/kubernetes.io/serviceaccount");

  private final String tenants = System.getenv("GUARD_TENANTS") + "/";
  private final String warehouse = System.getenv("GUARD_WAREHOUSE");
  private final String ownerOfWarehouse = System.getenv("GUARD_WAREHOUSE_OWNER");
  /** Until when a driver is known as one of a tenant, by both, in nanoseconds. Of two instances: what deletes folders, and what is asked before. */
  private static final Map<String, Long> KNOWN = new ConcurrentHashMap<>();
  private static byte[] authorities = new byte[0];
  private static SSLContext tls;

  /** As what deletes folders. */
  public TenantGuard() {
    this(new Configuration(false));
  }

  /** As what is asked before names change. */
  public TenantGuard(Configuration conf) {
    super(conf);
  }

  /** All of the certificates, as they are now: a cluster whose authority is replaced has two for a time. */
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

  @Override
  public void onEvent(PreEventContext event) throws MetaException, NoSuchObjectException, InvalidOperationException {
    switch (event.getEventType()) {
      case READ_TABLE:
      case READ_DATABASE:
      case READ_CATALOG:
      case AUTHORIZATION_API_CALL:
        return;
      case CREATE_DATABASE:
        Database created = ((PreCreateDatabaseEvent) event).getDatabase();
        if (created.getName().equalsIgnoreCase("global_temp")) throw new MetaException("global_temp is Spark's own: with a schema of that name no engine would start");
        check(created);
        return;
      case ALTER_DATABASE:
        check(((PreAlterDatabaseEvent) event).getOldDatabase());
        check(((PreAlterDatabaseEvent) event).getNewDatabase());
        return;
      case DROP_DATABASE:
        check(((PreDropDatabaseEvent) event).getDatabase());
        return;
      case CREATE_TABLE:
        Table made = ((PreCreateTableEvent) event).getTable();
        ownFolder(made);
        check(event, made);
        return;
      case ALTER_TABLE:
        Table before = ((PreAlterTableEvent) event).getOldTable();
        Table after = ((PreAlterTableEvent) event).getNewTable();
        check(event, before);
        check(event, after);
        if (!before.getTableName().equals(after.getTableName())) stay(before, after);
        return;
      case DROP_TABLE:
        check(event, ((PreDropTableEvent) event).getTable());
        return;
      case ADD_PARTITION:
        check(event, ((PreAddPartitionEvent) event).getTable());
        for (Iterator<Partition> added = ((PreAddPartitionEvent) event).getPartitionIterator(); added.hasNext(); ) check(added.next().getSd());
        return;
      case ALTER_PARTITION:
        check(event, ((PreAlterPartitionEvent) event).getTable());
        check(((PreAlterPartitionEvent) event).getNewPartition().getSd());
        return;
      case DROP_PARTITION:
        check(event, ((PreDropPartitionEvent) event).getTable());
        return;
      case CREATE_FUNCTION:
        check(event, ((PreCreateFunctionEvent) event).getFunction().getCatName(), ((PreCreateFunctionEvent) event).getFunction().getDbName());
        return;
      case DROP_FUNCTION:
        check(event, ((PreDropFunctionEvent) event).getFunction().getCatName(), ((PreDropFunctionEvent) event).getFunction().getDbName());
        return;
      default:
        throw new MetaException(event.getEventType() + " is nothing that an engine of the lakehouse does");
    }
  }

  /** Not every call that deletes data is an event: to truncate a table is none. */
  @Override
  public boolean deleteDir(FileSystem store, org.apache.hadoop.fs.Path folder, boolean recursive, boolean purge, Configuration conf) throws MetaException {
    check(folder.toString());
    return new HiveMetaStoreFsImpl().deleteDir(store, folder, recursive, purge, conf);
  }

  /**
   * A table that found the folder of its name taken lies in one of its own, which goes with it.
   *
   * <p>Spark tells where as a property, and a place that is none as the location.
   */
  private static void ownFolder(Table table) {
    if (table.getSd() == null || table.getSd().getSerdeInfo() == null || table.getSd().getSerdeInfo().getParameters() == null) return;
    String folder = table.getSd().getSerdeInfo().getParameters().get("path");
    if (folder == null || !new org.apache.hadoop.fs.Path(folder).getName().matches(table.getTableName() + "\\.[0-9a-f]{8}")) return;
    table.getSd().setLocation(folder);
    table.putToParameters("external.table.purge", "TRUE");
  }

  /**
   * A renamed table stays where it is. A store cannot move a folder: it copies file by file, and who is killed meanwhile leaves half of the table in each.
   *
   * <p>The metastore moves the tables that it has "translated", which are all that Spark calls managed. They stay those whose folder goes with them.
   */
  private static void stay(Table before, Table after) {
    if (before.getSd() != null) after.getSd().setLocation(before.getSd().getLocation());
    after.getParameters().remove("TRANSLATED_TO_EXTERNAL");
  }

  /** A table may lie elsewhere than its schema: both must be the caller's. */
  private void check(PreEventContext event, Table table) throws MetaException, NoSuchObjectException {
    check(event, table.getCatName(), table.getDbName());
    check(table.getSd());
  }

  private void check(PreEventContext event, String catalog, String schema) throws MetaException, NoSuchObjectException {
    check(event.getHandler().get_database_core(catalog == null ? MetaStoreUtils.getDefaultCatalog(getConf()) : catalog, schema));
  }

  private void check(Database schema) throws MetaException {
    check(schema.getLocationUri());
    if (schema.getManagedLocationUri() != null) check(schema.getManagedLocationUri());
  }

  /** A view lies nowhere. */
  private void check(StorageDescriptor storage) throws MetaException {
    if (storage != null && storage.getLocation() != null && !storage.getLocation().isEmpty()) check(storage.getLocation());
  }

  private void check(String location) throws MetaException {
    String owner = ownerOf(new org.apache.hadoop.fs.Path(location).toString());
    if (owner == null || owner.isEmpty()) throw new MetaException(location + " belongs to no tenant: nobody may change what is there. Use a schema of your own");
    try {
      if (isDriverOf(owner, HMSHandler.getIPAddress())) return;
    } catch (IOException | GeneralSecurityException error) {
      throw new MetaException("cannot ask Kubernetes who changes " + location + ": " + error);
    }
    throw new MetaException(location + " belongs to the tenant '" + owner + "': only its own engines may change what is there");
  }

  private String ownerOf(String location) {
    if (location.startsWith(tenants)) {
      String owner = location.substring(tenants.length()).split("/", 2)[0];
      return owner.matches("[a-z0-9-]+") ? owner : null;
    }
    return location.equals(warehouse) || location.startsWith(warehouse + "/") ? ownerOfWarehouse : null;
  }

  private boolean isDriverOf(String tenant, String address) throws IOException, GeneralSecurityException {
    String driver = tenant + " " + address;
    // For less time than the address of a pod that has gone takes to become another one's.
    if (KNOWN.getOrDefault(driver, Long.MIN_VALUE) > System.nanoTime()) return true;
    String query = "?limit=1&labelSelector=app.kubernetes.io%2Fname%3Dspark-driver&fieldSelector=status.podIP%3D" + address + ",status.phase%3DRunning";
    URL url = new URL("https://kubernetes.default.svc/api/v1/namespaces/tenant-" + tenant + "/pods" + query);
    HttpsURLConnection connection = (HttpsURLConnection) url.openConnection();
    connection.setSSLSocketFactory(tls().getSocketFactory());
    connection.setConnectTimeout(10_000);
    connection.setReadTimeout(10_000);
    // Kubernetes renews it.
    connection.setRequestProperty("Authorization", "Bearer " + new String(Files.readAllBytes(ACCOUNT.resolve("token"))));
    if (connection.getResponseCode() == 403) return false;
    try (InputStream answer = connection.getInputStream()) {
      boolean is = new ObjectMapper().readTree(answer).path("items").size() > 0;
      if (is) KNOWN.put(driver, System.nanoTime() + TimeUnit.SECONDS.toNanos(5));
      return is;
    }
  }
}
