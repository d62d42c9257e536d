package lakehouse;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hive.metastore.DefaultMetaStoreFilterHookImpl;
import org.apache.hadoop.hive.metastore.HMSHandler;
import org.apache.hadoop.hive.metastore.api.Database;
import org.apache.hadoop.hive.metastore.api.MetaException;
import org.apache.hadoop.hive.metastore.api.NoSuchObjectException;
import org.apache.hadoop.hive.metastore.api.Table;
import org.apache.hadoop.hive.metastore.api.TableMeta;
import org.apache.hadoop.hive.metastore.utils.MetaStoreUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows an engine the schemas and tables that its tenant may read. What it may read is up to the store: here are only names.
 *
 * <p>So who cannot be asked about hides nothing: an engine goes on when the API server is away.
 */
public final class TenantView extends DefaultMetaStoreFilterHookImpl {
  private static final Logger LOG = LoggerFactory.getLogger(TenantView.class);
  /** In which every session begins. */
  private static final String DEFAULT = "default";

  private final Configuration conf;

  public TenantView(Configuration conf) {
    super(conf);
    this.conf = conf;
  }

  @Override
  public List<String> filterDatabases(List<String> schemas) {
    List<String> shown = new ArrayList<>();
    for (String schema : schemas) if (schema.equals(DEFAULT) || shows(schema)) shown.add(schema);
    return shown;
  }

  @Override
  public Database filterDatabase(Database schema) throws NoSuchObjectException {
    if (schema.getName().equals(DEFAULT) || shows(schema)) return schema;
    throw hidden("schema " + schema.getName());
  }

  @Override
  public List<String> filterTableNames(String catalog, String schema, List<String> tables) {
    return shows(schema) ? tables : Collections.emptyList();
  }

  @Override
  public List<TableMeta> filterTableMetas(String catalog, String schema, List<TableMeta> tables) {
    return shows(schema) ? tables : Collections.emptyList();
  }

  @Override
  public List<TableMeta> filterTableMetas(List<TableMeta> tables) {
    Map<String, Boolean> shown = new HashMap<>();
    List<TableMeta> left = new ArrayList<>();
    for (TableMeta table : tables) {
      if (!shown.containsKey(table.getDbName())) shown.put(table.getDbName(), shows(table.getDbName()));
      if (shown.get(table.getDbName())) left.add(table);
    }
    return left;
  }

  @Override
  public Table filterTable(Table table) throws NoSuchObjectException {
    if (shows(table.getDbName())) return table;
    throw hidden("table " + table.getDbName() + "." + table.getTableName());
  }

  @Override
  public List<Table> filterTables(List<Table> tables) {
    // All are of one schema.
    return tables.isEmpty() || shows(tables.get(0).getDbName()) ? tables : Collections.emptyList();
  }

  /** As a message: the metastore makes another error of it. */
  private static NoSuchObjectException hidden(String name) {
    return new NoSuchObjectException("the " + name + " is not there, or not for this tenant");
  }

  private boolean shows(String schema) {
    try {
      return shows(HMSHandler.getMSForConf(conf).getDatabase(MetaStoreUtils.getDefaultCatalog(conf), schema));
    } catch (MetaException | NoSuchObjectException error) {
      LOG.warn("cannot tell who sees {}: {}", schema, error.toString());
      return true;
    }
  }

  private static boolean shows(Database schema) {
    String caller = HMSHandler.getIPAddress();
    String owner = Tenants.ownerOf(schema.getLocationUri());
    // The metastore itself.
    if (caller == null || owner.isEmpty()) return true;
    try {
      if (Tenants.isDriverOf(owner, caller)) return true;
      for (String reader : Tenants.readersOf(schema.getName())) if (Tenants.isDriverOf(reader, caller)) return true;
      return false;
    } catch (IOException error) {
      LOG.warn("cannot ask Kubernetes who sees {}: {}", schema.getName(), error.toString());
      return true;
    }
  }
}
