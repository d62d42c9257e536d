import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apply, cluster, ENVIRONMENT, eventually, NAMESPACE } from '../lakehouse';

/** For clients, outside of the lakehouse's own namespaces. */
const CLIENTS = 'e2e-clients';
const PACKAGES = ['PyHive', 'pure-sasl', 'thrift', 'thrift_sasl'];

/** One question of a client. */
export interface Asked {
  readonly user: string;
  /** A statement, or `login`. */
  readonly what: string;
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly seconds: number;
  /** Empty if it was answered. */
  readonly error: string;
}

/** Clients inside the cluster, one of each user: each logs in, runs its statements, and begins again. */
export class Clients {
  private constructor(private readonly users: string[]) {}

  /** @param statements by user */
  static async start(statements: Record<string, string[]>, passwords: Record<string, string>): Promise<Clients> {
    apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: CLIENTS } });
    const program = readFileSync(join(__dirname, '../clients/asks.py'), 'utf8');
    apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'program', namespace: CLIENTS }, data: { 'asks.py': program } });
    const users = Object.keys(statements);
    for (const user of users) apply(pod(user, passwords[user]!, statements[user]!));
    const packages = install();
    const unpack =
      "import sys, tarfile; tarfile.open(fileobj=sys.stdin.buffer, mode='r|').extractall('/packages', filter='data'); open('/packages/ready', 'w')";
    for (const user of users) {
      await cluster.kubectl('-n', CLIENTS, 'wait', `pod/${user}`, '--for=condition=Ready', '--timeout=120s');
      execFileSync('kubectl', ['--context', cluster.context, '-n', CLIENTS, 'exec', '-i', user, '--', 'python3', '-c', unpack], { input: packages });
    }
    return new Clients(users);
  }

  /** Returns when each has had all answers since a time. */
  async allAnswered(since: number, seconds: number): Promise<void> {
    await eventually('all clients have answers', seconds, async () => {
      const asked = (await this.asked()).filter(({ at, error }) => at > since && !error);
      return this.users.every((user) => asked.some((one) => one.user === user && one.what !== 'login'));
    });
  }

  async asked(): Promise<Asked[]> {
    const logs = await Promise.all(this.users.map((user) => cluster.kubectl('-n', CLIENTS, 'logs', user, '--tail=-1')));
    return logs.flatMap((log, index) =>
      log
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line))
        .map(({ at, ...rest }) => ({ ...rest, at: at * 1000, user: this.users[index]! })),
    );
  }

  async stop(): Promise<void> {
    await cluster.kubectl('delete', 'namespace', CLIENTS, '--ignore-not-found');
  }
}

/** What they import, as an archive. */
function install(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'lakehouse-clients-'));
  const lines = readFileSync(join(__dirname, '../clients/requirements.txt'), 'utf8').split('\n');
  const wanted = lines.filter((line) => PACKAGES.some((name) => line.startsWith(`${name}==`)));
  execFileSync('python3', ['-m', 'pip', 'install', '--quiet', '--root-user-action=ignore', '--target', folder, ...wanted]);
  return execFileSync('tar', ['c', '-C', folder, '.'], { maxBuffer: 256 * 1024 * 1024 });
}

const pod = (user: string, password: string, statements: string[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: user, namespace: CLIENTS },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'client',
        image: ENVIRONMENT.release.images.python,
        command: ['sh', '-c', 'until [ -e /packages/ready ]; do sleep 0.2; done; exec python3 -u /program/asks.py "$@"', 'sh', ...statements],
        env: Object.entries({ GATEWAY: `kyuubi.${NAMESPACE}.svc`, NAME: user, PASSWORD: password, PYTHONPATH: '/packages' }).map(([name, value]) => ({
          name,
          value,
        })),
        volumeMounts: [
          { name: 'packages', mountPath: '/packages' },
          { name: 'program', mountPath: '/program' },
        ],
      },
    ],
    volumes: [
      { name: 'packages', emptyDir: {} },
      { name: 'program', configMap: { name: 'program' } },
    ],
  },
});
