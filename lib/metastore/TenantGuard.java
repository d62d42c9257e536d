package lakehouse;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
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
  /** Asked for the one name that somebody has; lists go through it anyway. None if all names are shown to all. */
  private final TenantView view;

  /** As what deletes folders. */
  public TenantGuard() {
    this(new Configuration(false));
  }

  /** As what is asked before names change. */
  public TenantGuard(Configuration conf) {
    super(conf);
    view = Tenants.HIDES ? new TenantView(conf) : null;
  }

  @Override
  public void onEvent(PreEventContext event) throws MetaException, NoSuchObjectException, InvalidOperationException {
    switch (event.getEventType()) {
      case READ_TABLE:
        if (view != null) view.filterTable(((PreReadTableEvent) event).getTable());
        return;
      case READ_DATABASE:
        if (view != null) view.filterDatabase(((PreReadDatabaseEvent) event).getDatabase());
        return;
      case READ_CATALOG:
      case AUTHORIZATION_API_CALL:
        return;
      case CREATE_DATABASE:
        Database created = ((PreCreateDatabaseEvent) event).getDatabase();
        if (created.getName().equalsIgnoreCase("global_temp")) throw new MetaException("global_temp is Spark's own: with a schema of that name no engine would start");
        check(created);
        checkName(created.getName());
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
        TableFolder.take(made);
        check(event, made);
        if (made.isSetColStats()) throw noStatistics();
        return;
      case ALTER_TABLE:
        Table before = ((PreAlterTableEvent) event).getOldTable();
        Table after = ((PreAlterTableEvent) event).getNewTable();
        check(event, before);
        check(event, after);
        if (!before.getTableName().equals(after.getTableName())) TableFolder.keep(before, after);
        return;
      case DROP_TABLE:
        check(event, ((PreDropTableEvent) event).getTable());
        return;
      case ADD_PARTITION:
        check(event, ((PreAddPartitionEvent) event).getTable());
        // A list or an iterator, as whoever asks has them: the other is null.
        List<Partition> added = ((PreAddPartitionEvent) event).getPartitions();
        Iterator<Partition> each = added != null ? added.iterator() : ((PreAddPartitionEvent) event).getPartitionIterator();
        while (each.hasNext()) check(each.next(), ((PreAddPartitionEvent) event).getTable());
        return;
      case ALTER_PARTITION:
        check(event, ((PreAlterPartitionEvent) event).getTable());
        check(((PreAlterPartitionEvent) event).getNewPartition(), ((PreAlterPartitionEvent) event).getTable());
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
  public boolean deleteDir(FileSystem store, Path folder, boolean recursive, boolean purge, Configuration conf) throws MetaException {
    check(folder.toString());
    return new HiveMetaStoreFsImpl().deleteDir(store, folder, recursive, purge, conf);
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

  /** It stays in the table for which it was asked. */
  private void check(Partition partition, Table table) throws MetaException {
    if (!table.getDbName().equalsIgnoreCase(partition.getDbName()) || !table.getTableName().equalsIgnoreCase(partition.getTableName()))
      throw new MetaException("a partition of " + table.getDbName() + "." + table.getTableName() + " cannot be one of " + partition.getDbName() + "." + partition.getTableName());
    if (partition.isSetColStats()) throw noStatistics();
    check(partition.getSd());
  }

  /** They name a table themselves. Spark keeps its own as properties. */
  private static MetaException noStatistics() {
    return new MetaException("statistics of columns are nothing that an engine of the lakehouse writes here");
  }

  /** A schema that is declared is its tenant's before there is one. */
  private static void checkName(String schema) throws MetaException {
    try {
      String owner = Tenants.declaredOwnerOf(schema);
      if (!owner.isEmpty() && !Tenants.isDriverOf(owner, HMSHandler.getIPAddress()))
        throw new MetaException("the schema " + schema + " is declared for the tenant '" + owner + "': only its own engines may create it");
    } catch (IOException error) {
      throw new MetaException("cannot ask Kubernetes whose schema " + schema + " is: " + error);
    }
  }

  /** A view lies nowhere. */
  private void check(StorageDescriptor storage) throws MetaException {
    if (storage != null && storage.getLocation() != null && !storage.getLocation().isEmpty()) check(storage.getLocation());
  }

  private void check(String location) throws MetaException {
    String owner = Tenants.ownerOf(location);
    if (owner.isEmpty()) throw new MetaException(location + " belongs to no tenant: nobody may change what is there. Use a schema of your own");
    try {
      if (Tenants.isDriverOf(owner, HMSHandler.getIPAddress())) return;
    } catch (IOException error) {
      throw new MetaException("cannot ask Kubernetes who changes " + location + ": " + error);
    }
    throw new MetaException(location + " belongs to the tenant '" + owner + "': only its own engines may change what is there");
  }
}
