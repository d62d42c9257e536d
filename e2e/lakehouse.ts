import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { applyDist } from '../cli/apply';
import { environmentOf } from '../cli/context';
import { Cluster, type KubernetesObject } from '../cli/kubectl';
import { DIST, manifestsInDist } from '../cli/manifests';
import { SqlSession } from '../cli/sql/session';
import { environment } from '../environments';
import { Lakehouse, type LakehouseProps } from '../lib/lakehouse';

export const cluster = new Cluster(process.env.LAKEHOUSE_CONTEXT!);
export const NAMESPACE = 'lakehouse';
export const TENANT = 'tenant-demo';
export const USER = 'ana';

const onThisCluster = (command: string) =>
  command.replace('--context test', `--context ${cluster.context}`).replace(/^kubectl /, `kubectl --context ${cluster.context} `);

/** Runs a command as the README has it, on this cluster. */
export function run(command: string): string {
  return execFileSync('sh', ['-c', onThisCluster(command)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What is shown to somebody who types at a terminal, and waits for what is to be seen. */
export const atTerminal = (command: string, ...steps: ['type' | 'see' | 'run' | 'hang', string][]) =>
  python('terminal.py', { COMMAND: onThisCluster(command), STEPS: JSON.stringify(steps), HOME: mkdtempSync(join(tmpdir(), 'lakehouse-home-')) });

export function apply(manifest: KubernetesObject): void {
  execFileSync('kubectl', ['--context', cluster.context, 'apply', '-f', '-'], {
    input: JSON.stringify(manifest),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
}

/** The environment of this cluster. */
export const ENVIRONMENT = environment(environmentOf({ context: cluster.context }));

/** Applies the environment with something changed. */
export async function applyChanged(changes: Partial<LakehouseProps>): Promise<void> {
  new Lakehouse({ ...ENVIRONMENT, ...changes }, { outdir: DIST }).synth();
  await applyDist(cluster, manifestsInDist());
}

/** Returns when the new pods of a server have taken the place of the old ones. */
export const rolledOut = (server = 'deployment/kyuubi', seconds = 180) =>
  cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', server, `--timeout=${seconds}s`);

/** A value of a Secret, as whoever may read it sees it. */
export async function secretValue(namespace: string, name: string, key: string): Promise<string> {
  return Buffer.from(await cluster.kubectl('-n', namespace, 'get', 'secret', name, '-o', `jsonpath={.data.${key}}`), 'base64').toString();
}

export const passwordOf = (user: string) => secretValue(NAMESPACE, 'kyuubi-users', user);

/** The pod of the gateway that takes new sessions. */
export const gateway = () => cluster.podOf(NAMESPACE, 'kyuubi');

export const gatewayLog = async (container: 'kyuubi' | 'tenants' | 'certificate', ...options: string[]) =>
  cluster.kubectl('-n', NAMESPACE, 'logs', await gateway(), '-c', container, ...options);

/** Feeds a program of a container by its standard input, so that nothing secret is an argument. */
export const exec = (pod: string, container: string, program: string[], input = '', namespace = NAMESPACE) =>
  cluster.exec(namespace, pod, container, program, input);

/** The username and the password in a Secret. */
export const loginOf = (secret: string, namespace = NAMESPACE) =>
  Promise.all(['username', 'password'].map((key) => secretValue(namespace, secret, key)));

/** Runs `mc` in the store's pod as the one whose login is in the Secret. */
export const mc = async (secret: string, command: string, namespace = NAMESPACE) => mcAs(await loginOf(secret, namespace), command);

export function mcAs(login: string[], command: string) {
  const script = `export MC_CONFIG_DIR=$(mktemp -d); mc alias set store http://127.0.0.1:9000 >/dev/null && echo one > /tmp/one && mc ${command}`;
  return exec('minio-0', 'minio', ['sh', '-c', script], `${login.join('\n')}\n`);
}

/** What a statement of the database's administrator returns, who needs no password in its pod. */
export async function inPostgres(statement: string): Promise<string> {
  const { stdout } = await exec('postgres-0', 'databases', ['psql', '-XqAt', '-h', '/var/run/postgresql', '-U', 'postgres', '-c', statement]);
  return stdout.trim();
}

/** The roles that can log in to the database, but for the administrator. */
export const roles = () => inPostgres("SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin AND NOT rolsuper");

/** Runs a script with Kyuubi's own Beeline, in the pod of the gateway. @param settings of the session, as they end a JDBC URL */
export async function beeline(script: string, settings = '', user = USER): Promise<string> {
  const shell = `umask 077; folder=$(mktemp -d); IFS= read -r password; printf %s "$password" > $folder/password; cat > $folder/script.sql
/opt/kyuubi/bin/kyuubi-beeline -u jdbc:kyuubi://kyuubi.${NAMESPACE}.svc:10009/default'${settings}' -n ${user} -w $folder/password \\
  --outputformat=csv2 --showHeader=false -f $folder/script.sql 2>$folder/log || { grep -v INFO $folder/log >&2; exit 1; }`;
  const { stdout } = await exec(await gateway(), 'kyuubi', ['sh', '-c', shell], `${await passwordOf(user)}\n${script}\n`);
  return stdout.trim();
}

/** Runs `use` in a session of its own on the gateway. */
export async function inSession<T>(use: (session: SqlSession) => Promise<T>, user = USER, known?: string, settings = {}): Promise<T> {
  const password = known ?? (await passwordOf(user));
  return cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, (port) => SqlSession.with(port, user, password, use, settings));
}

/** What the REST interface answers to a user. */
export async function rest(port: number, user: string) {
  const authorization = `Basic ${Buffer.from(`${user}:${await passwordOf(user)}`).toString('base64')}`;
  return async (method: string, path: string, body?: unknown) => {
    const headers = { Authorization: authorization, 'Content-Type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { ok: response.ok, text: await response.text() };
  };
}

const VENV = join(__dirname, '.venv');
const PACKAGE = join(__dirname, '../python');

/** Runs one of the Python clients. What they need is installed at the first time, and when it is something else: also the package of this repository, as a wheel. */
export async function python(script: string, environment: Record<string, string>): Promise<string> {
  const [requirements, installed] = [join(__dirname, 'clients/requirements.txt'), join(VENV, 'installed.txt')];
  const sources = readdirSync(join(PACKAGE, 'lakehouse_sql')).filter((file) => file.endsWith('.py'));
  const files = [requirements, join(PACKAGE, 'pyproject.toml'), ...sources.map((file) => join(PACKAGE, 'lakehouse_sql', file))];
  const wanted = files.map((file) => readFileSync(file, 'utf8')).join('');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== wanted) {
    execFileSync('python3', ['-m', 'venv', '--clear', VENV]);
    execFileSync(join(VENV, 'bin/pip'), ['install', '--quiet', '-r', requirements, `${PACKAGE}[sqlalchemy]`]);
    writeFileSync(installed, wanted);
  }
  const { stdout } = await promisify(execFile)(join(VENV, 'bin/python'), [join(__dirname, 'clients', script)], {
    env: { ...process.env, ...environment },
  });
  return stdout.trim();
}

/** What one of them answers to a user of the gateway. */
export async function client(script: string, environment: Record<string, string> = {}, user = USER, known?: string): Promise<string> {
  const password = known ?? (await passwordOf(user));
  return cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10009, (port) =>
    python(script, { ...environment, PORT: String(port), USER_NAME: user, PASSWORD: password }),
  );
}

/** What the Python clients need to read the store directly, as the tenant. */
export async function withStore<T>(use: (environment: Record<string, string>) => Promise<T>): Promise<T> {
  const [key, secret] = await loginOf('object-store', TENANT);
  return cluster.forwarded(NAMESPACE, 'svc/minio', 9000, (port) =>
    use({
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ALLOW_HTTP: 'true',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: key!,
      AWS_SECRET_ACCESS_KEY: secret!,
    }),
  );
}

/** Asks again until the answer is yes. Raises an error after `seconds`. */
export async function eventually(what: string, seconds: number, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await delay(1000)) {
    if (await isSo().catch(() => false)) return;
  }
  throw new Error(`not so after ${seconds} s: ${what}`);
}

/**
 * What of `kubectl get --watch` matches first. Raises an error if nothing does in time.
 *
 * Not asked again and again: a kubectl each second for each of several pods takes a CPU from what is tested.
 */
export async function watched(what: string, seconds: number, pattern: RegExp, args: string[]): Promise<string> {
  const running = spawn('kubectl', ['--context', cluster.context, 'get', '--watch', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const overdue = setTimeout(() => running.kill(), seconds * 1000);
  let said = '';
  try {
    return await new Promise((resolve, reject) => {
      for (const stream of [running.stdout, running.stderr])
        stream.on('data', (text) => {
          said += text;
          const match = pattern.exec(said)?.[0];
          if (match) resolve(match);
        });
      running.on('exit', () => reject(new Error(`not so after ${seconds} s: ${what}; kubectl said: ${said.trim()}`)));
    });
  } finally {
    clearTimeout(overdue);
    running.kill();
  }
}

export async function podsNamed(namespace: string, name: string): Promise<KubernetesObject[]> {
  return cluster.list('pods', '-n', namespace, '-l', `app.kubernetes.io/name=${name}`);
}
