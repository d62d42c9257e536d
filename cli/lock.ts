import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, environmentNames } from '../environments';
import { LOCK_FILE, type LockEntry } from '../lib/libraries/lock';

/** What Spark has in its image: two versions of one library on a class path are a lottery. */
const IN_SPARK = [
  'software.amazon.awssdk:bundle',
  'org.scala-lang:*',
  'org.scala-lang.modules:*',
  'org.apache.spark:*',
  'org.slf4j:*',
  'org.antlr:*',
  'com.fasterxml.jackson.core:*',
  'com.fasterxml.jackson.datatype:*',
  'io.netty:*',
  'org.apache.parquet:*',
  'org.apache.logging.log4j:*',
  'org.roaringbitmap:*',
  'org.apache.hadoop:hadoop-client-api',
  'org.apache.hadoop:hadoop-client-runtime',
  'com.github.luben:*',
  'org.xerial.snappy:*',
  'io.airlift:*',
  'commons-codec:*',
  'commons-pool:*',
  'commons-logging:*',
  'org.apache.httpcomponents:*',
  'javax.annotation:*',
  'com.google.code.findbugs:*',
];

/** Resolves the libraries of all environments with Maven, and writes down each jar's SHA-256. */
export function lock(): void {
  const sets = new Map<string, string[]>();
  for (const name of environmentNames) {
    const { release, libraries } = environment(name);
    const coordinates = [...release.coordinates, ...libraries.extra].sort();
    sets.set(coordinates.join(), coordinates);
  }
  const entries: LockEntry[] = [];
  for (const coordinates of sets.values()) entries.push({ coordinates, jars: resolve(coordinates) });
  writeFileSync(LOCK_FILE, `${JSON.stringify(entries, undefined, 2)}\n`);
}

function resolve(coordinates: string[]): Record<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'lakehouse-lock-'));
  writeFileSync(join(directory, 'pom.xml'), pom(coordinates));
  const target = join(directory, 'repository');
  execFileSync(
    'mvn',
    [
      '-q',
      '-B',
      '-f',
      directory,
      'dependency:copy-dependencies',
      '-Dmdep.useRepositoryLayout=true',
      `-DoutputDirectory=${target}`,
      '-DincludeScope=runtime',
    ],
    {
      stdio: 'inherit',
    },
  );
  const jars = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.jar'));
  return Object.fromEntries(
    jars
      .map((file) => [
        coordinate(file),
        createHash('sha256')
          .update(readFileSync(join(target, file)))
          .digest('hex'),
      ])
      .sort(),
  );
}

/** `org/postgresql/postgresql/42.7.11/postgresql-42.7.11.jar` → `org.postgresql:postgresql:42.7.11` */
function coordinate(file: string): string {
  const parts = file.split('/');
  const [artifact, version] = parts.slice(-3);
  return `${parts.slice(0, -3).join('.')}:${artifact}:${version}`;
}

function pom(coordinates: string[]): string {
  const exclusions = IN_SPARK.map((exclusion) => {
    const [group, artifact] = exclusion.split(':');
    return `<exclusion><groupId>${group}</groupId><artifactId>${artifact}</artifactId></exclusion>`;
  }).join('');
  const dependencies = coordinates.map((dependency) => {
    const [group, artifact, version] = dependency.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version><exclusions>${exclusions}</exclusions></dependency>`;
  });
  return `<project><modelVersion>4.0.0</modelVersion><groupId>lakehouse</groupId><artifactId>libraries</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('')}</dependencies></project>`;
}
