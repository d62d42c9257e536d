package lakehouse;

import io.delta.storage.HadoopFileSystemLogStore;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.AWSServiceIOException;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;

/**
 * Delta's log on S3, for any number of writers: a commit is one PUT that the store refuses if its version is there already (If-None-Match: *).
 *
 * <p>Delta asks its log store for one thing: of all who write version N, one wins, the others get a {@link FileAlreadyExistsException}, upon which Delta looks
 * at what the winner did and tries to be N + 1. Delta's own log store for S3 looks first and writes then, which is safe within one JVM only.
 */
public final class PutIfAbsentLogStore extends HadoopFileSystemLogStore {
  private static final String IF_NONE_MATCH = "fs.option.create.conditional.overwrite";
  private static final int ATTEMPTS = 6;

  public PutIfAbsentLogStore(Configuration hadoopConf) {
    super(hadoopConf);
  }

  @Override
  public void write(Path path, Iterator<String> actions, Boolean overwrite, Configuration hadoopConf) throws IOException {
    byte[] content = bytes(actions);
    FileSystem store = path.getFileSystem(hadoopConf);
    if (overwrite) put(store, path, content, false);
    else putIfAbsent(store, path, content);
  }

  /** An object appears whole or not at all. */
  @Override
  public Boolean isPartialWriteVisible(Path path, Configuration hadoopConf) {
    return false;
  }

  private static void putIfAbsent(FileSystem store, Path path, byte[] content) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        put(store, path, content, true);
        return;
      } catch (IOException failure) {
        byte[] stored = readBack(store, path, failure);
        // A PUT of ours that was done, but whose answer was lost. No two commits are equal, each has a transaction's ID.
        if (Arrays.equals(stored, content)) return;
        // Whatever the failure was: this version is another's, and none of our PUTs can take it any more.
        if (stored != null) throw (IOException) new FileAlreadyExistsException(path.toString()).initCause(failure);
        if (attempt == ATTEMPTS || !isRefusal(failure)) throw failure;
        pause(attempt);
      }
    }
  }

  /** All in one: nothing is sent before there is everything to send, and a failure on the way leaves nothing. */
  private static void put(FileSystem store, Path path, byte[] content, boolean ifAbsent) throws IOException {
    // overwrite(true) keeps S3A from looking first: what it would see may change before it writes.
    FSDataOutputStreamBuilder<?, ?> file = store.createFile(path).overwrite(true).recursive();
    // Not opt(): a client that does not know the condition must fail, not write without it.
    if (ifAbsent) file.must(IF_NONE_MATCH, true);
    FSDataOutputStream out = file.build();
    try {
      out.write(content);
    } catch (IOException | RuntimeException failure) {
      out.abort();
      throw failure;
    }
    out.close();
  }

  /** What is there, or null. */
  private static byte[] readBack(FileSystem store, Path path, IOException failure) throws IOException {
    try (FSDataInputStream in = store.open(path)) {
      return in.readAllBytes();
    } catch (FileNotFoundException nothing) {
      return null;
    } catch (IOException unknown) {
      // It may be done or not. Delta aborts the statement, and nobody is told that it is stored.
      failure.addSuppressed(unknown);
      throw failure;
    }
  }

  /** Another PUT was on its way (409), or the object that was in the way is gone again (412): the store did nothing and may be asked again. */
  private static boolean isRefusal(IOException failure) {
    return failure instanceof RemoteFileChangedException || failure instanceof AWSServiceIOException service && service.statusCode() == 409;
  }

  private static byte[] bytes(Iterator<String> actions) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (actions.hasNext()) {
      bytes.writeBytes(actions.next().getBytes(StandardCharsets.UTF_8));
      bytes.write('\n');
    }
    return bytes.toByteArray();
  }

  private static void pause(int attempt) throws IOException {
    try {
      Thread.sleep(50L << attempt);
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException().initCause(interruption);
    }
  }
}
