package lakehouse;

import java.util.UUID;
import java.util.regex.Pattern;

/** What a client writes becomes words of `spark-submit`: it must be what it stands for, and nothing else. */
final class Words {
  /** With `=` in it, a name would be another one and its value: `master=k8s://…` is no setting that is refused. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z][\\w.:/-]*");

  private Words() {}

  static void checkName(String setting) {
    if (!NAME.matcher(setting).matches())
      throw new IllegalArgumentException("A setting cannot be called '" + setting + "': use letters, digits and . : / _ -, beginning with a letter");
  }

  /** In the place of the resource, spark-submit takes options. */
  static void checkResource(String resource) {
    if (resource == null || resource.isBlank() || resource.startsWith("-"))
      throw new IllegalArgumentException("A batch cannot have the resource '" + resource + "': name a file, as in s3a://bucket/job.jar");
  }

  /** Kyuubi takes several spellings for one batch. */
  static void checkIdentifier(String batch) {
    try {
      if (UUID.fromString(batch).toString().equals(batch)) return;
    } catch (IllegalArgumentException error) {
      // It is none, as others are not written as they should be.
    }
    throw new IllegalArgumentException("The batch cannot have the identifier '" + batch + "': write a UUID in lower case, or leave kyuubi.batch.id out");
  }
}
