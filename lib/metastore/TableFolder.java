package lakehouse;

import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hive.metastore.api.Table;

/** Where a table lies, if that is not where its name says. */
final class TableFolder {
  /** Spark tells where a table lies as a property, and a place that is none as the location. Nothing if it does not tell. */
  static String told(Table table) {
    if (table.getSd() == null || table.getSd().getSerdeInfo() == null || table.getSd().getSerdeInfo().getParameters() == null) return null;
    return table.getSd().getSerdeInfo().getParameters().get("path");
  }

  /** A table that found the folder of its name taken lies in one of its own, which goes with it. */
  static void take(Table table) {
    String folder = told(table);
    if (folder == null || !new Path(folder).getName().matches(Pattern.quote(table.getTableName()) + "\\.own-[0-9a-f]{8}")) return;
    table.getSd().setLocation(folder);
    table.putToParameters("external.table.purge", "TRUE");
  }

  /**
   * A renamed table stays where it is. A store cannot move a folder: it copies file by file, and who is killed meanwhile leaves half of the table in each.
   *
   * <p>The metastore moves the tables that it has "translated", which are all that Spark calls managed. They stay those whose folder goes with them.
   */
  static void keep(Table before, Table after) {
    if (before.getSd() != null) after.getSd().setLocation(before.getSd().getLocation());
    after.getParameters().remove("TRANSLATED_TO_EXTERNAL");
  }
}
