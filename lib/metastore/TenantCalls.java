package lakehouse;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hive.metastore.HMSHandler;
import org.apache.hadoop.hive.metastore.IHMSHandler;
import org.apache.hadoop.hive.metastore.RetryingHMSHandler;
import org.apache.hadoop.hive.metastore.api.Function;
import org.apache.hadoop.hive.metastore.api.MetaException;
import org.apache.hadoop.hive.metastore.api.ThriftHiveMetastore;
import org.apache.thrift.TApplicationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the calls that Spark makes, each of which asks {@link TenantGuard} or {@link TenantView}. The metastore has two hundred and fifty others, many of which ask
 * nobody: they hand out its own settings with the passwords, take SQL and serialized objects, write statistics, tokens and locks.
 */
public final class TenantCalls extends RetryingHMSHandler {
  private static final Logger LOG = LoggerFactory.getLogger(TenantCalls.class);

  private static final Set<String> ANSWERED = new HashSet<>(Arrays.asList(
      "getStatus", "set_ugi", "shutdown",
      "create_database", "alter_database", "drop_database", "get_database", "get_databases", "get_all_databases",
      "create_table_with_environment_context", "alter_table_with_environment_context", "drop_table_with_environment_context",
      "get_table", "get_tables", "get_tables_by_type", "get_all_tables", "get_table_objects_by_name",
      "add_partitions_req", "add_partition_with_environment_context", "append_partition_with_environment_context",
      "alter_partition_with_environment_context", "alter_partitions_with_environment_context", "rename_partition", "drop_partition_with_environment_context",
      "get_partition", "get_partition_with_auth", "get_partition_names", "get_partition_names_ps", "get_partitions", "get_partitions_with_auth",
      "get_partitions_ps_with_auth", "get_partitions_by_filter", "get_partitions_by_names",
      "create_function", "alter_function", "drop_function", "get_function", "get_functions"));

  private static final Set<String> CALLS = Arrays.stream(ThriftHiveMetastore.Iface.class.getMethods()).map(Method::getName).collect(Collectors.toSet());

  /** As the metastore makes it. */
  public TenantCalls(Configuration conf, IHMSHandler handler, boolean local) throws MetaException {
    super(conf, handler, local);
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    // By name: the metastore declares some of them again. What is no call of Thrift's is its own.
    if (CALLS.contains(method.getName())) {
      if (!ANSWERED.contains(method.getName())) throw refused(method.getName() + " is nothing that an engine of the lakehouse asks the metastore");
      // The guard is asked about the new one alone.
      if (method.getName().equals("alter_function") && !String.valueOf(arguments[0]).equals(((Function) arguments[2]).getDbName()))
        throw refused("a function stays in its schema: '" + arguments[0] + "' is not '" + ((Function) arguments[2]).getDbName() + "'");
    }
    return super.invoke(proxy, method, arguments);
  }

  private static TApplicationException refused(String why) {
    LOG.warn("refused to {}: {}", HMSHandler.getIPAddress(), why);
    return new TApplicationException(TApplicationException.UNKNOWN_METHOD, why);
  }
}
