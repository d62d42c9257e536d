import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { invariant, type Manifest, type Manifests } from '../manifests';

/** In MiB: what a container held at most, and of a JVM what of it was not heap. `npm run e2e -- memory` writes it. */
type Held = Record<string, Record<'quiet' | 'busy', { held: number; rest?: number } | undefined>>;
const FILE = join(__dirname, 'memory.json');
const HELD: Held = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};

/** Spark completes them: their sizes are settings. */
const ENGINES: Record<string, string> = { 'spark-kubernetes-driver': 'driver', 'spark-kubernetes-executor': 'executor' };

/** Of a program that does more elsewhere. */
const SAME: Record<string, string> = { 'object-store-watcher/store': 'minio/store' };

interface Limit {
  readonly limit: number;
  /** Of all JVMs of the container together. */
  readonly heap: number;
}

const mebibytes = (size: string) => Number.parseInt(size, 10) * (/g/i.test(size) ? 1024 : 1);

function limitOf({ name, command = [], env = [], resources }: Manifest, manifests: Manifests): Limit {
  const role = ENGINES[name];
  if (role) {
    const conf = manifests.properties('spark-defaults.conf');
    const heap = mebibytes(conf[`spark.${role}.memory`]!);
    return { limit: heap + mebibytes(conf[`spark.${role}.memoryOverhead`]!), heap };
  }
  const heaps = (texts: string[]) => [...texts.join(' ').matchAll(/-(?:J-)?Xmx(\d+[mg])/g)].map(([, size]) => mebibytes(size!));
  // A server and what it starts run together, the commands of a script one after the other.
  const together = heaps(env.map(({ value = '' }: Manifest) => value)).reduce((sum, size) => sum + size, 0);
  return { limit: mebibytes(resources.limits.memory), heap: together + Math.max(0, ...heaps(command)) };
}

/** At least half as much again as it ever held; of a heap its own limit, which it may reach any day. */
const needed = ({ held, rest }: { held: number; rest?: number }, heap: number) => Math.ceil(rest === undefined ? 1.5 * held : heap + 1.5 * rest);

const tight = (manifests: Manifests) =>
  manifests.pods.flatMap(({ owner, template: { metadata, spec } }) =>
    [...(spec.initContainers ?? []), ...spec.containers].flatMap((container: Manifest) => {
      const name = `${metadata.labels['app.kubernetes.io/name']}/${container.name}`;
      const figures = Object.values(HELD[SAME[name] ?? name] ?? {}).filter((figure) => figure !== undefined);
      if (figures.length === 0) return [`${name} of ${owner} has no figure: run 'npm run e2e -- memory'`];
      const { limit, heap } = limitOf(container, manifests);
      const least = Math.max(...figures.map((figure) => needed(figure, heap)));
      return limit < least ? [`${name} of ${owner} may use ${limit} MiB and needs ${least}`] : [];
    }),
  );

invariant('no container has less memory than it may need', tight, {
  'half of it': (broken) => {
    broken.container('StatefulSet minio').resources.limits.memory = '64Mi';
  },
  'a heap that fills its container': (broken) => {
    const { env } = broken.container('Deployment kyuubi');
    env.find(({ name }: Manifest) => name === 'KYUUBI_JAVA_OPTS').value = '-Xmx1536m';
  },
  'a container that nobody measured': (broken) => {
    broken.container('StatefulSet minio').name = 'other';
  },
});
