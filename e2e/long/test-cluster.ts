import { execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The program that makes clusters of one or more nodes without Docker, see .ci/run. */
const PROGRAM = process.env.LAKEHOUSE_TEST_CLUSTER ?? join(__dirname, '../../../shared/cluster/cluster');

/** Runs one of its commands. */
export async function testCluster(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(PROGRAM, args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** A cluster with nothing on it but the images. */
export async function newCluster(nodes = 1): Promise<void> {
  await testCluster('reset');
  await testCluster('up', '--nodes', String(nodes));
  await testCluster('load');
}

/** Where kubectl finds such a cluster, also one that is not there yet. */
export function useTestCluster(): void {
  const exported = execFileSync('bash', ['-c', 'eval "$("$0" env)"; printf "%s\\n%s" "$KUBECONFIG" "$PATH"', PROGRAM], { encoding: 'utf8' });
  const [config, path] = exported.split('\n');
  Object.assign(process.env, { KUBECONFIG: config, PATH: path });
}

/** Keeps all CPUs of this machine busy, at the priority of everything else, until the returned function is called. */
export function keepBusy(processes: number): () => void {
  // It ends with this process, however that ends.
  const loop = 'for (const parent = process.ppid; process.ppid === parent; ) for (let turns = 0; turns < 1e8; turns++);';
  const loops = Array.from({ length: processes }, () => spawn(process.execPath, ['-e', loop], { stdio: 'ignore' }));
  return () => {
    for (const loop of loops) loop.kill('SIGKILL');
  };
}

/** Seconds since this machine has started, which is how the kernel tells the time in its log. */
export const uptime = (): number => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);

/** When the kernel killed a process for memory, after a given time. The log forgets its oldest lines: how many there are says nothing. */
export function memoryKills(since: number): number[] {
  const log = execFileSync('dmesg', { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const times = log.split('\n').flatMap((line) => /^\[ *([\d.]+)\].*Killed process/.exec(line)?.[1] ?? []);
  return times.map(Number).filter((time) => time > since);
}
