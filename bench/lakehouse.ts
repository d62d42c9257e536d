import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { environmentOf } from '../cli/context';
import { Cluster } from '../cli/kubectl';
import { environment } from '../environments';
import { row } from './table';

const CLI = ['--import', 'tsx', 'cli/lakehouse.ts'];

/** From empty namespaces, with the images present: how long until it answers, and what it takes to stay. */
export async function benchLakehouse(context: string): Promise<void> {
  execFileSync('node', [...CLI, 'stop', '--context', context, '--delete-data', '--yes'], { stdio: 'ignore' });
  await start(context);
  process.env.LAKEHOUSE_CONTEXT = context;
  // It reads the context when it is loaded.
  const { inSession, passwordOf, python, TENANT, USER } = await import('../e2e/lakehouse.js');
  const cluster = new Cluster(context);
  await cluster.kubectl('-n', TENANT, 'delete', 'pods', '-l', 'spark-role=driver');
  const began = performance.now();
  await inSession((session) => session.run('SELECT 1'));
  row('first query of a user, engine from nothing', (performance.now() - began) / 1000, 's', 'goal 15');
  const password = await passwordOf(USER);
  const latency = await cluster.forwarded('lakehouse', 'svc/kyuubi', 10009, (port) =>
    python('../../bench/latency.py', { PORT: String(port), USER_NAME: USER, PASSWORD: password }),
  );
  row('SELECT 1 on a warm engine, median of 100', Number(latency), 'ms', 'goal 100');
  await memory(cluster, Object.keys(environment(environmentOf({ context })).tenants));
}

/** `npm start` says when each part was ready. */
function start(context: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const starting = spawn('node', [...CLI, 'start', '--context', context], { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: starting.stdout }).on('line', (line) => {
      const [, part, ready] = /✔ (\S+) (\d+) s/.exec(line) ?? [];
      const [, first] = /answers, (\d+) s/.exec(line) ?? [];
      if (part) row(`ready: ${part}`, Number(ready), 's');
      if (first) row('first answer of a Delta table', Number(first), 's', 'goal 60');
    });
    starting.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`npm start ended with ${code}`))));
  });
}

/** Resident memory of all processes, as they say themselves. */
async function memory(cluster: Cluster, tenants: string[]): Promise<void> {
  let total = 0;
  for (const namespace of ['lakehouse', ...tenants.map((tenant) => `tenant-${tenant}`)]) {
    for (const { metadata, status } of await cluster.list('pods', '-n', namespace)) {
      if (status.phase !== 'Running') continue;
      const rss = await cluster.kubectl('-n', namespace, 'exec', metadata.name, '--', 'sh', '-c', 'cat /proc/[0-9]*/status');
      const mebibytes = [...rss.matchAll(/^VmRSS:\s+(\d+) kB/gm)].reduce((sum, [, kibibytes]) => sum + Number(kibibytes) / 1024, 0);
      total += mebibytes;
      row(`resident: ${metadata.name.replace(/-[0-9a-f-]{30,}/, '')}`, mebibytes, 'MiB');
    }
  }
  row('resident: all, with one engine', total, 'MiB', 'goal 4096');
}
