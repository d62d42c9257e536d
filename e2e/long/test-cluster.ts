import { execFile, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The program that makes clusters of one or more nodes without Docker, see .ci/run. */
const PROGRAM = process.env.LAKEHOUSE_TEST_CLUSTER ?? join(__dirname, '../../../shared/cluster/cluster');

/** Runs one of its commands. */
export async function testCluster(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(PROGRAM, args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** A cluster with nothing on it but the images; kubectl's current context from now on. */
export async function newCluster(nodes = 1): Promise<void> {
  await testCluster('reset');
  await testCluster('up', '--nodes', String(nodes));
  await testCluster('load');
  const exported = execFileSync('bash', ['-c', 'eval "$("$0" env)"; printf "%s\\n%s" "$KUBECONFIG" "$PATH"', PROGRAM], { encoding: 'utf8' });
  const [config, path] = exported.split('\n');
  Object.assign(process.env, { KUBECONFIG: config, PATH: path });
}

/** Keeps all CPUs of this machine busy, at the priority of everything else, until the returned function is called. */
export function keepBusy(processes: number): () => void {
  const loops = Array.from({ length: processes }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  return () => {
    for (const loop of loops) loop.kill('SIGKILL');
  };
}

/** Processes that the kernel has killed for memory since the machine started. */
export function memoryKills(): string[] {
  const log = execFileSync('dmesg', { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return log.split('\n').filter((line) => /Killed process|oom-kill:/.test(line));
}
