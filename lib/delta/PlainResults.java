package lakehouse;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import org.apache.spark.SparkConf;
import org.apache.spark.io.LZ4CompressionCodec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.util.io.ChunkedByteBufferInputStream;

/**
 * Spark's own codec, but for the rows of a result. {@code spark.driver.maxResultSize} weighs them as they come from the executors, and texts that repeat themselves weigh
 * nothing compressed, until they fill the driver.
 */
public final class PlainResults extends LZ4CompressionCodec {
  /** What LZ4 never begins with. */
  private static final int PLAIN = 0;
  private static final String LIMIT = "spark.driver.maxResultSize";

  private final long limit;

  public PlainResults(SparkConf conf) {
    super(conf);
    limit = conf.getSizeAsBytes(LIMIT, "1g");
  }

  @Override
  public OutputStream compressedOutputStream(OutputStream stream) {
    if (!StackWalker.getInstance().walk(callers -> callers.limit(5).anyMatch(caller -> caller.getClassName().equals(SparkPlan.class.getName()))))
      return super.compressedOutputStream(stream);
    try {
      stream.write(PLAIN);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return new Weighed(stream);
  }

  @Override
  public InputStream compressedInputStream(InputStream stream) {
    if (!(stream instanceof ChunkedByteBufferInputStream)) return super.compressedInputStream(stream);
    PushbackInputStream whole = new PushbackInputStream(stream);
    try {
      int first = whole.read();
      if (first == PLAIN) return stream;
      if (first >= 0) whole.unread(first);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return super.compressedInputStream(whole);
  }

  /** The driver weighs all tasks together, when each has all of its rows: one that is too large alone would fill its executor. */
  private final class Weighed extends FilterOutputStream {
    private long written;

    Weighed(OutputStream stream) {
      super(stream);
    }

    @Override
    public void write(int one) throws IOException {
      weigh(1);
      out.write(one);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      weigh(length);
      out.write(bytes, offset, length);
    }

    private void weigh(int more) throws IOException {
      written += more;
      if (written > limit)
        throw new IOException("The rows of one task are larger than " + LIMIT + ", which is " + limit + " bytes: ask for less, or write them into a table");
    }
  }
}
