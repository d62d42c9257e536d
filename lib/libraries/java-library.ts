import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ConfigFile } from '../config/config-file';
import { textFile } from '../config/config-volume';

/** Classes of ours, in the package `lakehouse`. They are compiled where the libraries are, since they are in no Maven repository. */
export interface JavaLibrary {
  /** By the name of the class. */
  readonly sources: Record<string, string>;
  readonly jar: string;
  /** With /opt/spark/jars, /libraries and /hive. */
  readonly classPath: string;
  /** Version that it must run on. @default - that of Spark */
  readonly java?: string;
}

/** All that lie in a folder. */
export const javaSources = (folder: string): JavaLibrary['sources'] =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((file) => file.endsWith('.java'))
      .sort()
      .map((file) => [basename(file, '.java'), readFileSync(join(folder, file), 'utf8')]),
  );

export const sourceFiles = ({ sources }: Pick<JavaLibrary, 'sources'>): ConfigFile[] =>
  Object.entries(sources).map(([name, source]) => textFile(`${name}.java`, source));

/** Shell: the compiler, in little memory, for the source files and options that follow. */
export const JAVAC = 'javac -J-Xmx256m -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -proc:none -Xlint:-options';

/**
 * Shell: adds the jar to /libraries and to its list of checksums.
 *
 * The same source and the same image give the same bytes: the classes have no date, and the archive has a fixed one.
 */
export const compileScript = ({ sources, jar, classPath, java }: JavaLibrary, sparksJava: string) => `
${JAVAC} --release ${java ?? sparksJava} -d /tmp/classes/${jar} -cp '${classPath}' ${Object.keys(sources)
  .map((name) => `/lock/${name}.java`)
  .join(' ')}
jar --create --date 2000-01-01T00:00:00Z --file /libraries/${jar} -C /tmp/classes/${jar} .
sha256sum ${jar} >>SHA256SUMS`;
