import java.util.concurrent.ThreadLocalRandom;
import org.apache.spark.sql.SparkSession;

/**
 * A driver that commits: appends rows to one table and with each fifth adds one to the row of another, and prints what was acknowledged
 * and, of an append, when.
 *
 * <p>Two updates of one row do exclude each other, of which Delta tells the client: it tries again, and has been told nothing before it succeeds.
 */
public class Committer {
  public static void main(String[] args) throws Exception {
    String folder = args[0];
    String driver = args[1];
    int count = Integer.parseInt(args[2]);
    boolean counts = args.length > 3;
    SparkSession spark = SparkSession.builder().getOrCreate();
    System.out.println("begins " + driver);
    for (int n = 0; n < count; n++) {
      spark.sql("INSERT INTO delta.`" + folder + "/appends` VALUES ('" + driver + "', " + n + ")");
      System.out.println("appended " + driver + " " + n + " " + System.currentTimeMillis());
      while (counts && n % 5 == 0) {
        try {
          spark.sql("UPDATE delta.`" + folder + "/counter` SET value = value + 1");
          System.out.println("counted " + driver + " " + n);
          break;
        } catch (Exception failure) {
          if (!failure.getClass().getName().startsWith("io.delta.exceptions.")) throw failure;
          System.out.println("conflict " + driver + " " + n);
          // Else those who lost lose again, together.
          Thread.sleep(ThreadLocalRandom.current().nextInt(2000));
        }
      }
    }
    System.out.println("ends " + driver);
    spark.stop();
  }
}
