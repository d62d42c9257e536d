package lakehouse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import org.apache.spark.SparkConf;
import org.apache.spark.io.LZ4CompressionCodec;
import org.apache.spark.util.io.ChunkedByteBufferInputStream;

/**
 * Spark's own codec, but for the rows of a result. {@code spark.driver.maxResultSize} weighs them as they come from the executors, and texts that repeat themselves weigh
 * nothing compressed, until they fill the driver.
 */
public final class PlainResults extends LZ4CompressionCodec {
  /** What LZ4 never begins with. */
  private static final int PLAIN = 0;

  public PlainResults(SparkConf conf) {
    super(conf);
  }

  @Override
  public OutputStream compressedOutputStream(OutputStream stream) {
    // Blocks, shuffles and broadcasts are written into other streams.
    if (!stream.getClass().equals(ByteArrayOutputStream.class)) return super.compressedOutputStream(stream);
    ((ByteArrayOutputStream) stream).write(PLAIN);
    return stream;
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
}
