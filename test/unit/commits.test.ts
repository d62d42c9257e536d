import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../../environments';
import { Libraries } from '../../lib/libraries/libraries';
import { ObjectStore } from '../../lib/object-store/object-store';
import type { SparkConf } from '../../lib/spark/spark-conf';
import { type Manifest, Manifests } from '../manifests';

const kind = environment('kind');
const withSpark = (spark: Record<string, string | boolean>) => () => Manifests.of({ ...kind, spark: spark as SparkConf });

describe('the log store', () => {
  test.each(['s3a', 's3', 's3n'])('is ours for the scheme %s', (scheme) => {
    expect(Manifests.of('kind').properties('spark-defaults.conf')[`spark.delta.logStore.${scheme}.impl`]).toBe('lakehouse.PutIfAbsentLogStore');
  });

  test('is compiled by the Job that publishes the libraries, against Spark and them', () => {
    const resolve = Manifests.of('kind')
      .all('Job')
      .find(({ metadata }) => metadata.name.startsWith('libraries-publish'));
    const { command } = resolve.spec.template.spec.initContainers.find(({ name }: Manifest) => name === 'resolve');
    expect(command.at(-1)).toMatch(/javac .*--release 17 .*-cp '\/opt\/spark\/jars\/\*:\/libraries\/\*' \/lock\/PutIfAbsentLogStore\.java/);
    expect(command.at(-1)).toContain('sha256sum lakehouse-log-store.jar >>SHA256SUMS');
    expect(Manifests.of('kind').text('PutIfAbsentLogStore.java')).toContain('class PutIfAbsentLogStore extends HadoopFileSystemLogStore');
  });

  test.each([
    ['spark.delta.logStore.s3a.impl', 'io.delta.storage.S3SingleDriverLogStore', /is set by the lakehouse to 'lakehouse\.PutIfAbsentLogStore'/],
    ['spark.delta.logStore.s3.impl', 'io.delta.storage.S3SingleDriverLogStore', /is set by the lakehouse/],
    ['spark.delta.logStore.class', 'io.delta.storage.S3SingleDriverLogStore', /is refused: Delta refuses it beside/],
    ['spark.hadoop.delta.enableFastS3AListFrom', true, /is refused: .*Remove it; docs\/commits\.md/],
    ['spark.hadoop.fs.s3a.performance.flags', 'create', /is refused: it takes away S3A's checks/],
    ['spark.hadoop.fs.s3a.bucket.lakehouse.performance.flags', '*', /is refused: it takes away S3A's checks/],
    ['spark.hadoop.fs.s3a.create.performance', true, /is refused: it takes away S3A's checks/],
    ['spark.hadoop.fs.s3a.create.conditional.enabled', false, /is refused: .*no commit is written/],
  ])('cannot be undone by %s', (key, value, message) => {
    expect(withSpark({ [key]: value })).toThrow(message);
  });
});

describe('the proof that the store creates an object once', () => {
  const prove = (manifests: Manifests) => manifests.all('Job').find(({ metadata }) => metadata.name.startsWith('kyuubi-conditional-writes-prove'));

  test.each(
    Object.entries({
      'a MinIO of ours': {},
      'an external store': { objectStore: ObjectStore.external({ url: 'https://s3.example.com', bucket: 'data' }) },
      'libraries from an image': { libraries: Libraries.image('registry.example.com/libraries:1') },
    }),
  )('is made for %s, and the gateway waits for it', (_, changes) => {
    const manifests = Manifests.of({ ...kind, ...changes });
    const { initContainers, containers } = prove(manifests).spec.template.spec;
    const [bucket] = /(?<=VALUES \(')[^']+/.exec(containers[0].command.at(-1))!;
    expect(initContainers[0].env).toContainEqual({ name: 'FOLDER', value: `${bucket.split('/').at(-1)}/conditional-writes` });
    const database = manifests.get('StatefulSet', 'kyuubi').spec.template.spec.initContainers.find(({ name }: Manifest) => name === 'database');
    expect(database.command.at(-1)).toContain(`SELECT 1 FROM conditional_writes WHERE bucket = '\\''${bucket}'\\''`);
  });

  /** `mc` in front of a store that keeps objects in files, and that may not be one for us. */
  function against(mc: string): { code: number; output: string } {
    const folder = mkdtempSync(join(tmpdir(), 'lakehouse-mc-'));
    writeFileSync(join(folder, 'mc'), `#!/bin/sh\nstore=${folder}\nfile() { echo "$store/$(echo "$1" | tr / _)"; }\n${mc}`);
    chmodSync(join(folder, 'mc'), 0o755);
    const script = prove(Manifests.of('kind'))
      .spec.template.spec.initContainers[0].command.at(-1)
      .replaceAll('/tmp/', `${folder}/`)
      .replaceAll('/login/', `${folder}/`);
    for (const name of ['username', 'password']) writeFileSync(join(folder, name), name);
    try {
      const env = {
        ...process.env,
        PATH: `${folder}:${process.env.PATH}`,
        STORE: 'http://store',
        FOLDER: 'bucket/conditional-writes',
        HOSTNAME: 'pod',
      };
      return { code: 0, output: execFileSync('sh', ['-euc', script], { env, encoding: 'utf8', stdio: 'pipe' }) };
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: string };
      return { code: status, output: stderr };
    }
  }

  /** The plain write before the proof succeeds; of a conditional one, `$source` and `$target` are what they say, and `refused` is MinIO's answer. */
  const CASES = `refused() { echo '{"error":{"cause":{"error":{"Code":"PreconditionFailed"}}}}'; exit 1; }
case $*$1 in alias*|rm*|*plain*) exit ;; cat*) cat "$(file "$2")"; exit ;; esac
source=$6 target=$(file "$7")
`;

  test('succeeds for a store that decides and writes at once', () => {
    const { code, output } = against(`${CASES}(set -C; cat "$source" >"$target") 2>/dev/null || refused`);
    expect(output).toContain('http://store creates an object once\n');
    expect(code).toBe(0);
  });

  test.each([
    ['that ignores the header', 'cat "$source" >"$target"', /9 of 9 writers created one object/],
    [
      'that looks first and writes then',
      '[ ! -e "$target" ] || refused; sleep 0.3; cat "$source" >"$target"',
      /[2-8] of 9 writers created one object/,
    ],
    ['that does not know the header', `echo '{"error":{"cause":{"error":{"Code":"NotImplemented"}}}}'; exit 1`, /does not know conditional writes/],
    [
      'that refuses and writes',
      'if (set -C; cat "$source" >"$target") 2>/dev/null; then sleep 0.3; else sleep 0.1; echo other >"$target"; refused; fi',
      /the content of a writer that was refused/,
    ],
    [
      'that forgets after a while',
      'case $source in *late) ;; *) (set -C; cat "$source" >"$target") 2>/dev/null || refused ;; esac',
      /2 of 9 writers created one object/,
    ],
  ])('refuses a store %s, for good and with what to do', (_, put, message) => {
    const { code, output } = against(CASES + put);
    expect(output).toMatch(message);
    expect(output).toContain("Use a store that honours 'If-None-Match: *' on PUT");
    expect(code).toBe(65);
  });

  const WELL = '(set -C; cat "$source" >"$target") 2>/dev/null || refused';

  // Each of them would have been a refusal that nobody saw, and so a proof.
  test.each([
    ['nobody could write', "echo 'Access Denied'; exit 1", /Access Denied/],
    ['the late writer was killed', `case $source in *late) kill -9 $$ ;; esac; ${WELL}`, /writer late has no answer, mc ended with 137/],
    ['writers were killed after they wrote', `${WELL}; kill -9 $$`, /has no answer, mc ended with 137/],
    [
      'a writer did not reach the store',
      `case $source in */3) echo 'connection refused'; exit 1 ;; esac; ${WELL}`,
      /writer 3 has no answer.*connection refused/,
    ],
  ])('begins again when %s, and shows why', (_, put, message) => {
    expect(against(CASES + put)).toEqual({ code: 1, output: expect.stringMatching(message) });
  });
});
