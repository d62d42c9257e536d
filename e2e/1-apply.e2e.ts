import { execFileSync } from 'node:child_process';
import { DIST } from '../cli/manifests';
import { cluster, NAMESPACE, run, TENANT } from './lakehouse';

test('a second apply changes nothing', () => {
  const lines = run('kubectl apply -f dist/').trim().split('\n');
  expect(lines.length).toBeGreaterThan(40);
  expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
});

test('the API server accepts everything strictly, without a warning', () => {
  const kubectl = ['--context', cluster.context, 'apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '-f', DIST];
  // Warnings go to standard error.
  const output = execFileSync('sh', ['-c', 'kubectl "$@" 2>&1', 'sh', ...kubectl], { encoding: 'utf8' });
  expect(output.split('\n').filter((line) => line && !line.endsWith(' serverside-applied (server dry run)'))).toEqual([]);
});

test.each([NAMESPACE, TENANT])('the namespace %s enforces Pod Security "restricted"', async (namespace) => {
  const labels = await cluster.kubectl('get', 'namespace', namespace, '-o', 'jsonpath={.metadata.labels}');
  expect(JSON.parse(labels)).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  const privileged = ['run', 'intruder', '-n', namespace, '--image=docker.io/library/busybox:1.37', '--dry-run=server'];
  await expect(cluster.kubectl(...privileged)).rejects.toThrow('violates PodSecurity "restricted');
});

test('the Secrets that the command prints are what the API server wants', () => {
  const printed = run('npm run --silent lakehouse -- secrets --environment production');
  const output = execFileSync('kubectl', ['--context', cluster.context, 'create', '--dry-run=client', '--validate=strict', '-f', '-'], {
    encoding: 'utf8',
    input: printed,
  });
  expect(output.trim().split('\n')).toEqual(
    expect.arrayContaining(['secret/database-kyuubi created (dry run)', 'secret/kyuubi-users created (dry run)']),
  );
});
