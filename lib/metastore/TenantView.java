package lakehouse;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hive.metastore.DefaultMetaStoreFilterHookImpl;
import org.apache.hadoop.hive.metastore.HMSHandler;
import org.apache.hadoop.hive.metastore.api.Database;
import org.apache.hadoop.hive.metastore.api.MetaException;
import org.apache.hadoop.hive.metastore.api.NoSuchObjectException;
import org.apache.hadoop.hive.metastore.api.Table;
import org.apache.hadoop.hive.metastore.api.TableMeta;
import org.apache.hadoop.hive.metastore.api.UnknownDBException;
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
    for (String schema : schemas) if (schema.equals(DEFAULT) || shows(schema) != Shown.NOTHING) shown.add(schema);
    return shown;
  }

  @Override
  public Database filterDatabase(Database schema) throws NoSuchObjectException {
    if (schema.getName().equals(DEFAULT) || shows(schema) != Shown.NOTHING) return schema;
    throw hidden("schema " + schema.getName());
  }

  @Override
  public List<String> filterTableNames(String catalog, String schema, List<String> tables) throws MetaException {
    Shown shown = shows(schema);
    if (shown != Shown.READABLE) return shown == Shown.ALL ? tables : Collections.emptyList();
    List<String> names = new ArrayList<>();
    for (Table table : inFolder(schema, tablesOf(catalog, schema, tables))) names.add(table.getTableName());
    return names;
  }

  @Override
  public List<TableMeta> filterTableMetas(String catalog, String schema, List<TableMeta> tables) throws MetaException {
    return filterTableMetas(tables);
  }

  @Override
  public List<TableMeta> filterTableMetas(List<TableMeta> tables) throws MetaException {
    Map<String, List<String>> names = new HashMap<>();
    for (TableMeta table : tables) names.computeIfAbsent(table.getDbName(), schema -> new ArrayList<>()).add(table.getTableName());
    Map<String, Set<String>> shown = new HashMap<>();
    for (String schema : names.keySet()) shown.put(schema, new HashSet<>(filterTableNames(MetaStoreUtils.getDefaultCatalog(conf), schema, names.get(schema))));
    List<TableMeta> left = new ArrayList<>();
    for (TableMeta table : tables) if (shown.get(table.getDbName()).contains(table.getTableName())) left.add(table);
    return left;
  }

  @Override
  public Table filterTable(Table table) throws NoSuchObjectException {
    if (!filterTables(Collections.singletonList(table)).isEmpty()) return table;
    throw hidden("table " + table.getDbName() + "." + table.getTableName());
  }

  @Override
  public List<Table> filterTables(List<Table> tables) {
    if (tables.isEmpty()) return tables;
    // All are of one schema.
    String schema = tables.get(0).getDbName();
    Shown shown = shows(schema);
    if (shown != Shown.READABLE) return shown == Shown.ALL ? tables : Collections.emptyList();
    return inFolder(schema, tables);
  }

  /** As a message: the metastore makes another error of it. */
  private static NoSuchObjectException hidden(String name) {
    return new NoSuchObjectException("the " + name + " is not there, or not for this tenant");
  }

  private List<Table> tablesOf(String catalog, String schema, List<String> names) throws MetaException {
    try {
      return HMSHandler.getMSForConf(conf).getTableObjectsByName(catalog, schema, names);
    } catch (UnknownDBException error) {
      return Collections.emptyList();
    }
  }

  /** Of the tables of a schema that others may read, those in its folder: elsewhere they may not. */
  private List<Table> inFolder(String schema, List<Table> tables) {
    String folder;
    try {
      folder = HMSHandler.getMSForConf(conf).getDatabase(MetaStoreUtils.getDefaultCatalog(conf), schema).getLocationUri() + "/";
    } catch (MetaException | NoSuchObjectException error) {
      LOG.warn("cannot tell where the tables of {} lie: {}", schema, error.toString());
      return tables;
    }
    List<Table> left = new ArrayList<>();
    for (Table table : tables) {
      String told = TableFolder.told(table);
      String location = told == null && table.getSd() != null ? table.getSd().getLocation() : told;
      if (location == null || location.startsWith(folder)) left.add(table);
    }
    return left;
  }

  private enum Shown { NOTHING, READABLE, ALL }

  private Shown shows(String schema) {
    try {
      return shows(HMSHandler.getMSForConf(conf).getDatabase(MetaStoreUtils.getDefaultCatalog(conf), schema));
    } catch (MetaException | NoSuchObjectException error) {
      LOG.warn("cannot tell who sees {}: {}", schema, error.toString());
      return Shown.ALL;
    }
  }

  private static Shown shows(Database schema) {
    String caller = HMSHandler.getIPAddress();
    String owner = Tenants.ownerOf(schema.getLocationUri());
    // The metastore itself.
    if (caller == null || owner.isEmpty()) return Shown.ALL;
    try {
      if (Tenants.isDriverOf(owner, caller)) return Shown.ALL;
      for (String reader : Tenants.readersOf(schema.getName())) if (Tenants.isDriverOf(reader, caller)) return Shown.READABLE;
      return Shown.NOTHING;
    } catch (IOException error) {
      LOG.warn("cannot ask Kubernetes who sees {}: {}", schema.getName(), error.toString());
      return Shown.ALL;
    }
  }
}
