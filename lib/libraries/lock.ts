import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigFile } from '../config/config-file';
import { textFile } from '../config/config-volume';
import type { Release } from '../release';
import { compileScript, type JavaLibrary, sourceFiles } from './java-library';

/** Some coordinates with all they need, and the SHA-256 of each jar. */
export interface LockEntry {
  readonly coordinates: string[];
  /** SHA-256 by `group:artifact:version`. */
  readonly jars: Record<string, string>;
}

export const LOCK_FILE = join(__dirname, 'checksums.json');

/** The entry for these coordinates. Raises an error if there is none. */
export function locked(release: Release, extra: string[]): LockEntry {
  release.checkCoordinates(extra);
  const coordinates = [...new Set([...release.coordinates, ...extra])].sort();
  const entries: LockEntry[] = JSON.parse(readFileSync(LOCK_FILE, 'utf8'));
  const entry = entries.find((candidate) => candidate.coordinates.join() === coordinates.join());
  if (!entry) throw new Error(`lib/libraries/checksums.json has no checksums for ${coordinates.join(', ')}: run 'npm run lock' and commit the file`);
  return entry;
}

/** `sha256sum` reads it. */
export function checksums(entry: LockEntry): ConfigFile {
  const lines = Object.entries(entry.jars).map(([coordinate, sha256]) => {
    const [, artifact, version] = coordinate.split(':');
    return `${sha256}  ${artifact}-${version}.jar\n`;
  });
  return textFile('SHA256SUMS', lines.join(''));
}

/** Ivy comes with Spark. It gets each jar by name and nothing else: what belongs together was decided when the lock was made. */
export function ivyModule(entry: LockEntry): ConfigFile {
  const dependencies = Object.keys(entry.jars).map((coordinate) => {
    const [group, artifact, version] = coordinate.split(':');
    return `    <dependency org="${group}" name="${artifact}" rev="${version}" transitive="false" conf="default->master(*)"/>\n`;
  });
  return textFile(
    'ivy.xml',
    `<ivy-module version="2.0">
  <info organisation="lakehouse" module="libraries"/>
  <configurations><conf name="default"/></configurations>
  <dependencies>
${dependencies.join('')}  </dependencies>
</ivy-module>
`,
  );
}

/** Raises an error if it is no URL. */
export function repositoryUrl(repository: string): URL {
  const url = /^https?:\/\/[^\s"<>&?#@]+$/.test(repository) && URL.canParse(repository) && new URL(repository);
  if (!url)
    throw new Error(
      `the Maven repository is '${repository.replace(/\/\/.*@/, '//…@')}': give a URL that begins with http:// or https://, without a login, '?' or '#'`,
    );
  return url;
}

/** @param repository URL of a Maven repository. @default - Ivy's own */
export function ivySettings(repository?: string): ConfigFile {
  const root = repository !== undefined ? ` root="${repositoryUrl(repository).href.replace(/\/?$/, '/')}"` : '';
  return textFile(
    'ivysettings.xml',
    `<ivysettings>
  <settings defaultResolver="maven"/>
  <caches defaultCacheDir="/tmp/ivy"/>
  <resolvers><ibiblio name="maven" m2compatible="true"${root}/></resolvers>
</ivysettings>
`,
  );
}

/** The files of /lock. @param ours what is compiled beside the jars @param repository URL of a Maven repository. @default - Ivy's own */
export const lockFiles = (lock: LockEntry, ours: JavaLibrary[], repository?: string) => [
  checksums(lock),
  ivyModule(lock),
  ivySettings(repository),
  ...ours.flatMap(sourceFiles),
];

/** Shell, in the metastore's image: what {@link resolveScript} compiles against beside Spark. */
export const HIVE_JARS = '/opt/hive/lib/hive-standalone-metastore-*.jar';

/**
 * Fills /libraries from the repository as the files in /lock say; fails with the name of each jar that is not the one that was locked.
 *
 * By itself Java waits for ever for a server that took a connection and is silent then.
 */
export const resolveScript = (release: Release, ours: JavaLibrary[], exitCode: number) => `echo "resolves the jars of lib/libraries/checksums.json"
java -Xmx256m -Dsun.net.client.defaultConnectTimeout=20000 -Dsun.net.client.defaultReadTimeout=60000 -jar /opt/spark/jars/ivy-*.jar -settings /lock/ivysettings.xml -ivy /lock/ivy.xml -confs default -types jar bundle \\
  -retrieve '/libraries/[artifact]-[revision].[ext]' -warn
cp /lock/SHA256SUMS /libraries/
cd /libraries
sha256sum --quiet -c SHA256SUMS || { echo "the jars named above are not those of lib/libraries/checksums.json: nothing is published" >&2; exit ${exitCode}; }
${ours.map((library) => compileScript(library, release.versions.java).trim()).join('\n')}
`;
