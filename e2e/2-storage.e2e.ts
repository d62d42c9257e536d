import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { DIST } from '../cli/manifests';
import { EXIT_HOPELESS } from '../lib/k8s/shell';
import { apply, cluster, eventually, mc, NAMESPACE, podsNamed, TENANT } from './lakehouse';
import { withGateway } from './with-gateway';

test('a consumer of the store may write to its folders', async () => {
  await mc('object-store', 'cp /tmp/one store/lakehouse/warehouse/e2e/one', TENANT);
  await expect(mc('object-store-hive-metastore', 'cat store/lakehouse/warehouse/e2e/one')).resolves.toMatchObject({ stdout: 'one\n' });
  await mc('object-store', 'rm store/lakehouse/warehouse/e2e/one', TENANT);
});

test.each([
  ['write to the libraries', 'cp /tmp/one store/lakehouse/libraries/one'],
  ['write beside the folders', 'cp /tmp/one store/lakehouse/one'],
  ['list the whole bucket', 'ls store/lakehouse/'],
  ['make a bucket', 'mb store/another'],
  ['see the users', 'admin user list store'],
])('a consumer of the store may not %s', async (_, command) => {
  await expect(mc('object-store', command, TENANT)).rejects.toThrow(/Access Denied|Insufficient permissions/);
});

describe('who asks before sending a body, and is refused', () => {
  const refusal = (target: string, at: number, path: string) =>
    cluster.forwarded(NAMESPACE, target, at, async (port) => {
      const client = connect(port);
      try {
        client.write(`PUT ${path} HTTP/1.1\r\nHost: any\r\nExpect: 100-continue\r\nContent-Length: 20\r\n\r\n`);
        return `${(await once(client, 'data', { signal: AbortSignal.timeout(10_000) }))[0]}`;
      } finally {
        client.destroy();
      }
    });
  const ended = /^HTTP\/1.1 4\d\d .*\r\nconnection: close\r\n/is;

  test('by the store: asks no more on this connection', () => expect(refusal('svc/minio', 9000, '/lakehouse/nobodys')).resolves.toMatch(ended));
  withGateway('by the gateway: asks no more on this connection', () =>
    expect(refusal('svc/kyuubi', 10099, '/api/v1/sessions')).resolves.toMatch(ended),
  );
});

test('a library that does not match its checksum: the pod says which, and nothing is published', async () => {
  const documents = parseAllDocuments(readFileSync(join(DIST, '2-libraries.k8s.yaml'), 'utf8')).map((document) => document.toJS());
  const configMap = documents.find(({ kind }) => kind === 'ConfigMap');
  const deployment = documents.find(({ kind }) => kind === 'Deployment');
  const name = 'libraries-tampered';
  const sums = configMap.data.SHA256SUMS as string;
  const jar = sums.split('\n')[0]!.split('  ')[1]!;
  configMap.metadata.name = name;
  configMap.data.SHA256SUMS = sums.replace(/^\w{8}/, '00000000');
  deployment.metadata.name = name;
  deployment.spec.template.spec.volumes.find((volume: { configMap?: object }) => volume.configMap).configMap.name = name;
  for (const object of [configMap, deployment]) apply(object);
  try {
    await eventually('the pod says what is wrong', 120, async () => {
      const [pod] = (await podsNamed(NAMESPACE, 'libraries')).filter(({ metadata }) => metadata.name.startsWith(name));
      const { state, lastState } = pod.status.initContainerStatuses.find((container: { name: string }) => container.name === 'resolve');
      const { exitCode, message } = state.terminated ?? lastState.terminated;
      return exitCode === EXIT_HOPELESS && message.includes(`${jar}: FAILED`) && message.includes('nothing is published');
    });
  } finally {
    await cluster.kubectl('-n', NAMESPACE, 'delete', 'deployment,configmap', name);
  }
});
