import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Duration } from 'cdk8s';
import { Secrets } from '../lib/secrets/secrets';
import {
  apply,
  applyChanged,
  client,
  cluster,
  eventually,
  gateway,
  gatewayLog,
  inSession,
  loginOf,
  mcAs,
  NAMESPACE,
  podsNamed,
  roles,
  rolledOut,
  run,
  TENANT,
} from './lakehouse';
import { withGateway } from './with-gateway';

test('a changed setting rolls the pods that read it, and no other', async () => {
  const generations = async () => {
    const servers = await cluster.list('statefulsets,deployments', '-n', NAMESPACE);
    return Object.fromEntries(servers.map(({ metadata }) => [metadata.name, metadata.generation]));
  };
  const before = await generations();
  await applyChanged({ spark: { 'spark.sql.shuffle.partitions': 17 } });
  const after = await generations();
  expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(['kyuubi']);
  expect(Object.keys(before).length).toBeGreaterThan(4);
});

/** Of the second revision. */
let second: string[] = [];

withGateway('another revision of the Secrets: all start anew with other logins, engines go on, and the logins of before end', async () => {
  await inSession((session) => session.run("CREATE OR REPLACE TABLE default.rotated USING delta AS SELECT 'before' AS value"));
  const read = (user: string) =>
    inSession(async (session) => {
      await expect(session.run("SELECT java_method('java.lang.System', 'getenv', 'AWS_ACCESS_KEY_ID')")).resolves.toEqual([[user]]);
      return session.run('SELECT value FROM default.rotated');
    });
  const [pod] = await podsNamed(NAMESPACE, 'postgres');
  const old = await loginOf('object-store', TENANT);
  await applyChanged({ secrets: Secrets.development({ revision: '2' }) });
  await Promise.all(['deployment/kyuubi', 'deployment/hive-metastore'].map((server) => rolledOut(server, 300)));
  await expect(read('tenant-demo')).resolves.toEqual([['before']]);
  await expect(mayList(old)).resolves.toBe(true);
  await cluster.kubectl('-n', TENANT, 'delete', 'pods', '-l', 'spark-role=driver');
  await expect(read('tenant-demo.2')).resolves.toEqual([['before']]);
  second = await loginOf('object-store.2', TENANT);
  await expect(mayList(second)).resolves.toBe(true);
  await eventually('the login of before has ended', 60, async () => !(await mayList(old)));
  await eventually('the roles of before have ended', 90, async () => (await roles()) === 'kyuubi.2 metastore.2');
  // It has made the roles while it ran.
  await expect(podsNamed(NAMESPACE, 'postgres').then(([one]) => one.metadata.uid)).resolves.toBe(pod.metadata.uid);
});

const mayList = (login: string[]) =>
  mcAs(login, 'ls store/lakehouse/warehouse/').then(
    () => true,
    () => false,
  );

describe('with TLS', () => {
  /** A certificate for localhost in the Secret. @returns its file */
  function issue(): string {
    const folder = mkdtempSync(join(tmpdir(), 'lakehouse-tls-'));
    const openssl =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext 'subjectAltName=DNS:localhost' -keyout tls.key -out tls.crt";
    execFileSync('sh', ['-c', openssl], { cwd: folder, stdio: 'ignore' });
    store(folder, folder);
    return join(folder, 'tls.crt');
  }

  function store(certificate: string, key: string): void {
    const [crt, pem] = [readFileSync(join(certificate, 'tls.crt')), readFileSync(join(key, 'tls.key'))];
    const data = { 'tls.crt': crt.toString('base64'), 'tls.key': pem.toString('base64') };
    apply({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'e2e-tls', namespace: NAMESPACE }, data });
  }

  /** Asks over JDBC. @param end a file: it goes on asking until there is one, and prints its last answer */
  const read = (certificate: string, end = '') => client('tls_reads.py', { CERTIFICATE: certificate, END: end });

  /** What REST answers to who trusts one certificate. */
  const rest = (certificate: string) =>
    cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, (port) =>
      promisify(execFile)('curl', [
        '-sS',
        '--cacert',
        certificate,
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        `https://localhost:${port}/api/v1/sessions`,
      ]),
    );

  const uids = async () => (await cluster.list('pods,configmaps,services', '-n', TENANT)).map(({ metadata }) => metadata.uid as string);

  let first = '';
  let already: string[] = [];
  let made: string[] = [];
  beforeAll(async () => {
    await cluster.kubectl('-n', TENANT, 'delete', 'pods', '-l', 'spark-role=driver');
    first = issue();
    // Also the first revision of the Secrets again.
    await applyChanged({ gateway: { tls: { secretName: 'e2e-tls' }, engineIdleTimeout: Duration.seconds(10) } });
    await rolledOut();
    already = await uids();
  }, 300_000);

  // The pod that has it goes in the next test.
  afterAll(() => cluster.kubectl('-n', NAMESPACE, 'delete', 'secret', 'e2e-tls'));

  withGateway('who checks the certificate reads over JDBC and REST, and who speaks plain text is refused', async () => {
    await expect(read(first)).resolves.toBe('[(1,)]');
    made = (await uids()).filter((uid) => !already.includes(uid));
    await expect(rest(first)).resolves.toMatchObject({ stdout: '401' });
    await expect(read('')).rejects.toThrow();
    await expect(cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, (port) => fetch(`http://127.0.0.1:${port}/ui/`))).rejects.toThrow();
  });

  withGateway('a certificate that is renewed in its Secret is served within two minutes, and an open session goes on', async () => {
    const end = join(mkdtempSync(join(tmpdir(), 'lakehouse-tls-')), 'end');
    const open = read(first, end);
    await delay(5000);
    // One that does not match its key is not served, and the one before goes on.
    const before = dirname(first);
    const second = issue();
    store(before, dirname(second));
    // Then the kubelet looks at what it mounts at once, and not within a minute.
    await cluster.kubectl('-n', NAMESPACE, 'annotate', 'pod', await gateway(), 'lakehouse.dev/e2e=now');
    await eventually('it is said', 150, async () => (await gatewayLog('certificate')).includes('cannot be served, the one before goes on'));
    await expect(rest(first)).resolves.toMatchObject({ stdout: '401' });
    store(dirname(second), dirname(second));
    const began = Date.now();
    await eventually('the new one is served', 120, async () => (await rest(second)).stdout === '401');
    console.log(`a new certificate is served after ${Math.round((Date.now() - began) / 1000)} s`);
    await expect(read(second)).resolves.toBe('[(1,)]');
    await expect(read(first)).rejects.toThrow();
    writeFileSync(end, '');
    await expect(open).resolves.toBe('[(1,)]');
  });

  withGateway('the pods of an engine are gone after its idle time, with everything that was made for it', async () => {
    expect(made.length).toBeGreaterThan(3);
    await eventually('what was made for the engine is gone', 300, async () => {
      const after = await uids();
      return !made.some((uid) => after.includes(uid));
    });
  });
});

withGateway('on a network that enforces no policies the gateway stays closed and says so, and opens when it does', async () => {
  // As if there were none: whoever can be dialled on this port can be dialled on all.
  const name = 'e2e-open';
  const ports = [{ port: 9101, protocol: 'TCP' }];
  for (const [app, rules] of Object.entries({ minio: { ingress: [{ ports }] }, kyuubi: { egress: [{ ports }] } }))
    apply({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `${name}-${app}`, namespace: NAMESPACE },
      spec: { podSelector: { matchLabels: { 'app.kubernetes.io/name': app } }, ...rules },
    });
  const before = (await podsNamed(NAMESPACE, 'kyuubi')).map(({ metadata }) => metadata.name);
  // The environment's own again, without TLS: another pod.
  await applyChanged({});
  const next = async () => (await podsNamed(NAMESPACE, 'kyuubi')).find(({ metadata }) => !before.includes(metadata.name))!;
  await eventually('it says so', 120, async () => {
    const log = await cluster.kubectl('-n', NAMESPACE, 'logs', (await next()).metadata.name, '-c', 'database');
    return /still waits for the network plugin to enforce policies.*:9101 can be dialled, which no NetworkPolicy allows/.test(log);
  });
  await delay(20_000);
  expect((await next()).status.containerStatuses.some(({ started }: { started: boolean }) => started)).toBe(false);
  await cluster.kubectl('-n', NAMESPACE, 'delete', 'networkpolicy', `${name}-minio`, `${name}-kyuubi`);
  await rolledOut();
  await expect(inSession((session) => session.run('SELECT 1'))).resolves.toEqual([[1]]);
});

withGateway('the first revision again: the logins of the second end', async () => {
  await eventually('the login of the second has ended', 60, async () => !(await mayList(second)));
  await eventually('the roles of the second have ended', 90, async () => (await roles()) === 'kyuubi metastore');
  await expect(inSession((session) => session.run('SELECT value FROM default.rotated'))).resolves.toEqual([['before']]);
});

/** What the lines for pandas answer, pasted into a terminal in an empty folder, beside the one that opens the way. */
function pandasOf(printed: string): string {
  const [, forward] = /in a terminal of its own:\n +(.*)/.exec(printed)!;
  const [, install, ask] = /\npandas +(.*)\n +(.*)/.exec(printed)!;
  const lines = `python3 -m venv . && . bin/activate && ${install}
${forward} & trap "kill $!" EXIT
until (exec 3<>/dev/tcp/127.0.0.1/10009) 2>/dev/null; do sleep 1; done
${ask}`;
  return execFileSync('bash', ['-c', lines], { cwd: mkdtempSync(join(tmpdir(), 'lakehouse-pandas-')), encoding: 'utf8' });
}

withGateway('npm stop keeps the volumes, npm start finds the data again', async () => {
  await inSession((session) => session.run("CREATE TABLE IF NOT EXISTS default.kept USING delta AS SELECT 'kept' AS value"));
  const stopped = run('npm stop -- --context test');
  expect(stopped).toContain('lakehouse/data-minio-0');
  const left = await cluster.list('all,configmaps,secrets,networkpolicies,roles,rolebindings', '-n', NAMESPACE);
  expect(left.map(({ metadata }) => metadata.name)).toEqual(['kube-root-ca.crt']);
  await expect(cluster.kubectl('get', 'namespace', TENANT)).rejects.toThrow('not found');
  const started = run('npm start -- --context test');
  expect(started).toMatch(/The lakehouse answers, \d+ s after/);
  expect(pandasOf(started)).toContain('The lakehouse answers');
  await expect(inSession((session) => session.run('SELECT value FROM default.kept'))).resolves.toEqual([['kept']]);
});

test('npm stop with --delete-data leaves nothing, and asks for consent', async () => {
  expect(() => run('npm stop -- --context test --delete-data')).toThrow('add --yes');
  expect(run('npm stop -- --context test --delete-data --yes')).toContain('nothing is left');
  await delay(1000);
  const namespaces = (await cluster.list('namespaces')).map(({ metadata }) => metadata.name);
  expect(namespaces).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(lakehouse|tenant-.*)$/)]));
  const volumes = await cluster.list('persistentvolumes');
  expect(volumes.filter(({ spec, status }) => spec.claimRef?.namespace === NAMESPACE && status.phase === 'Bound')).toEqual([]);
});
