import { execFileSync, spawnSync } from 'node:child_process';
import { Release } from '../../lib/release';

const { delta, hadoop, awsSdk } = Release.SPARK_4_1.versions;
const has = (program: string) => execFileSync('sh', ['-c', `command -v ${program} || true`], { encoding: 'utf8' }) !== '';

/** They need no cluster, but a MinIO server on the path, and Maven. */
const withTools = has('minio') && has('mvn') ? test : test.skip;

export const keepsItsContract = (races: number) =>
  withTools(
    `the log store keeps its contract against MinIO, through faults and in ${races} races`,
    () => {
      const versions = { 'delta.version': delta, 'hadoop.version': hadoop, 'aws.version': awsSdk, races };
      const properties = Object.entries(versions).map(([key, value]) => `-D${key}=${value}`);
      // A download that breaks off is tried again.
      const options = ['--batch-mode', '--no-transfer-progress', '-Dmaven.wagon.http.retryHandler.count=5'];
      const { stdout: output } = spawnSync('mvn', [...options, ...properties, 'test'], { cwd: __dirname, encoding: 'utf8' });
      expect(output).toMatch(/Tests run: 24, Failures: 0, Errors: 0, Skipped: 0/);
      console.log(/^Delta's own log store: .*$/m.exec(output)![0]);
    },
    45 * 60_000,
  );
