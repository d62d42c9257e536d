import { createHash, createHmac } from 'node:crypto';
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import type { KubernetesObject } from '../cli/kubectl';
import { cluster, gateway, inSession, NAMESPACE, type rest } from './lakehouse';
import { bringUp } from './setup';
import { applyTenants, as, removeTenants, TENANTS } from './tenants';

/** Whose code, passwords and addresses the attacks have: cleo's, of the tenant `science`. */
export const OWN = 'tenant-science';
export const OURS = { 'e2e.lakehouse.dev/attack': 'true' };

/** What Scala in cleo's engine returns, a text. */
export const scala = (code: string): Promise<string> =>
  inSession(async (session) => {
    await session.run('SET kyuubi.operation.language=SCALA');
    const [[text]] = (await session.run(`result.set(Seq({ ${code} }).toDF("text"))`)) as [[string]];
    return text;
  }, 'cleo');

export type Api = (method: string, path: string, body?: unknown) => Promise<{ status: number; body: KubernetesObject }>;

/** The API server, as it knows cleo's driver: by the token that code in it reads. */
export async function asDriver(): Promise<Api> {
  const server = await cluster.kubectl('config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}');
  const token = await scala('scala.io.Source.fromFile("/var/run/secrets/kubernetes.io/serviceaccount/token").mkString');
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const asked = https(server.trim() + path, { method, headers, rejectUnauthorized: false }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode!, body: JSON.parse(text) });
      });
      asked.on('error', reject).end(body ? JSON.stringify(body) : undefined);
    });
}

/** In a namespace of the tenant that may run what its policies allow. */
export const at = (namespace: string, what: string) => `/api/v1/namespaces/${namespace}/${what}`;

/** Cleo's own driver, as her token sees it. */
export async function driver(api: Api): Promise<KubernetesObject> {
  const { body } = await api('GET', `${at(OWN, 'pods')}?labelSelector=spark-role%3Ddriver`);
  return body.items.find(({ metadata, status }: KubernetesObject) => metadata.annotations?.['lakehouse.dev/engine'] && status.phase === 'Running');
}

interface PodProps {
  readonly name: string;
  readonly labels?: Record<string, string>;
  readonly script?: string;
  readonly spec?: object;
}

/** A pod as the tenant's namespace admits it, of the driver's image. */
export function pod(one: KubernetesObject, { name, labels = {}, script = 'true', spec = {} }: PodProps): KubernetesObject {
  const memory = '64Mi';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `e2e-${name}`, labels: { ...OURS, ...labels } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 185, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'attack',
          image: one.spec.containers[0].image,
          command: ['bash', '-c', script],
          resources: { requests: { cpu: '10m', memory }, limits: { memory } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
      ...spec,
    },
  };
}

/** What the kubelet refuses at once, so that it has ended without having begun. */
export const refusedByTheNode = (one: KubernetesObject) => ({ nodeName: one.spec.nodeName, nodeSelector: { 'e2e.lakehouse.dev/nowhere': 'true' } });

/** A request of S3 as the one who has a login, its query as it is written. */
export async function s3(port: number, [key, secret]: string[], path: string, query: [string, string][], headers: Record<string, string> = {}) {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const mac = (by: string | Buffer, text: string) => createHmac('sha256', by).update(text).digest();
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const day = now.slice(0, 8);
  const written = query
    .toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .join('&');
  const signed = { host: `127.0.0.1:${port}`, 'x-amz-content-sha256': hash(''), 'x-amz-date': now };
  const names = Object.keys(signed).join(';');
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const scope = `${day}/us-east-1/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', now, scope, hash(['GET', path, written, lines.join(''), names, hash('')].join('\n'))].join('\n');
  const by = [day, 'us-east-1', 's3', 'aws4_request'].reduce<string | Buffer>((before, part) => mac(before, part), `AWS4${secret}`);
  const signature = createHmac('sha256', by).update(text).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  const response = await fetch(`http://127.0.0.1:${port}${path}?${written}`, { headers: { ...headers, ...signed, Authorization: authorization } });
  return `${response.status} ${await response.text()}`;
}

/** A request of REST that never ends, and what is answered to it meanwhile. */
export function unfinished(port: number, path: string, authorization: string, body: Buffer) {
  let status: number | undefined;
  const headers = { Authorization: authorization, 'Content-Type': 'application/json', 'Content-Length': String(body.length + 1) };
  const asked = http({ port, host: '127.0.0.1', method: 'POST', path: `/api/v1${path}`, headers, agent: false }, (response) => {
    status = response.statusCode;
    response.resume();
  });
  asked.on('error', () => undefined);
  const sent = new Promise<void>((resolve) => {
    asked.write(body, () => resolve());
    asked.on('error', () => resolve());
  });
  return { sent, end: () => asked.destroy(), status: () => status };
}

export const onRest = <T>(use: (port: number) => Promise<T>) => cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, use);

/** What goes on for as long as nobody ends it, and needs no executor. */
export const BATCH = {
  batchType: 'SPARK',
  name: 'e2e',
  resource: 'spark-internal',
  className: 'org.apache.spark.deploy.history.HistoryServer',
  conf: { 'spark.history.fs.logDirectory': 'file:/tmp' },
};

type Ask = Awaited<ReturnType<typeof rest>>;

export const submitted = async (ask: Ask, changes: object = {}): Promise<string> => {
  const { ok, text } = await ask('POST', '/batches', { ...BATCH, ...changes });
  if (!ok) throw new Error(text);
  return JSON.parse(text).id;
};

export const stateOf = async (ask: Ask, batch: string) => JSON.parse((await ask('GET', `/batches/${batch}`)).text);

export const restarts = async (): Promise<number> => {
  const found = JSON.parse(await cluster.kubectl('-n', NAMESPACE, 'get', 'pod', await gateway(), '-o', 'json'));
  return found.status.containerStatuses.find(({ name }: { name: string }) => name === 'kyuubi').restartCount;
};

/** Of a lakehouse that is there, which has the tenants at the end no more. */
export function asCleo(): void {
  beforeAll(async () => {
    await bringUp(process.env.LAKEHOUSE_CONTEXT!);
    await applyTenants(TENANTS);
    await Promise.all(['bea', 'cleo'].map((user) => as(user, 'SELECT 1')));
  }, 900_000);

  afterEach(async () => {
    await cluster.kubectl('-n', OWN, 'delete', 'pods,configmaps', '-l', Object.entries(OURS)[0]!.join('='), '--grace-period=0', '--force');
  });

  afterAll(() => removeTenants('analytics', 'science'), 300_000);
}
