import type { ConfigFile } from '../config/config-file';
import { textFile } from '../config/config-volume';

/** A class of ours, in the package `lakehouse`. It is compiled where the libraries are, since it is in no Maven repository. */
export interface JavaLibrary {
  readonly name: string;
  readonly source: string;
  readonly jar: string;
  /** With /opt/spark/jars, /libraries and /hive. */
  readonly classPath: string;
  /** Version that it must run on. @default - that of Spark */
  readonly java?: string;
}

export const sourceFile = ({ name, source }: JavaLibrary): ConfigFile => textFile(`${name}.java`, source);

/**
 * Shell: adds the jar to /libraries and to its list of checksums.
 *
 * The same source and the same image give the same bytes: the classes have no date, and the archive has a fixed one.
 */
export const compileScript = ({ name, jar, classPath, java }: JavaLibrary, sparksJava: string) => `
javac -J-Xmx256m -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -proc:none -Xlint:-options --release ${java ?? sparksJava} -d /tmp/classes/${name} -cp '${classPath}' /lock/${name}.java
jar --create --date 2000-01-01T00:00:00Z --file /libraries/${jar} -C /tmp/classes/${name} .
sha256sum ${jar} >>SHA256SUMS`;
