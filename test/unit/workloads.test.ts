import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { ConfigVolume, textFile } from '../../lib/config/config-volume';
import { contentHash } from '../../lib/k8s/content-hash';
import { Deployment, type DeploymentProps } from '../../lib/k8s/deployment';
import type { ContainerProps, PodProps } from '../../lib/k8s/pod';
import { bash, probes } from '../../lib/k8s/probes';
import { shell } from '../../lib/k8s/shell';
import { StatefulSet, type StatefulSetProps } from '../../lib/k8s/stateful-set';
import { quantity, Volume } from '../../lib/k8s/volume';
import { Manifests } from '../manifests';

const container: ContainerProps = { name: 'main', image: 'example.com/image:1', resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) } };
const pod: PodProps = { name: 'server', uid: 1000, containers: [container] };

describe('a StatefulSet', () => {
  const of = (props: Partial<StatefulSetProps> = {}) =>
    Manifests.in((chart) => new StatefulSet(new Construct(chart, 'server'), { ...pod, service: { http: 80 }, ...props }));

  test('has claims with apiVersion and kind, without which kubectl would change it for ever', () => {
    const claims = of({ claims: { data: Size.gibibytes(2), logs: Size.mebibytes(512) } }).get('StatefulSet', 'server').spec.volumeClaimTemplates;
    const claim = (name: string, storage: string) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    });
    expect(claims).toMatchObject([claim('data', '2Gi'), claim('logs', '512Mi')]);
  });

  test('has no claims if it needs none', () => {
    expect(of().get('StatefulSet', 'server').spec.volumeClaimTemplates ?? []).toEqual([]);
  });

  test('has one pod, or as many as are asked for, selected by a name that stays', () => {
    expect(of().get('StatefulSet', 'server').spec).toMatchObject({ replicas: 1, selector: { matchLabels: { 'app.kubernetes.io/name': 'server' } } });
    expect(of({ replicas: 3 }).get('StatefulSet', 'server').spec.replicas).toBe(3);
  });

  test('has a Service, and one that gives each pod a name', () => {
    const manifests = of({ service: { http: 80, https: 443 } });
    const ports = [
      { name: 'http', port: 80 },
      { name: 'https', port: 443 },
    ];
    const selector = { 'app.kubernetes.io/name': 'server' };
    expect(manifests.get('Service', 'server').spec).toEqual({ selector, ports });
    expect(manifests.get('Service', 'server-pods').spec).toEqual({ selector, ports, clusterIP: 'None', publishNotReadyAddresses: true });
    expect(manifests.get('StatefulSet', 'server').spec.serviceName).toBe('server-pods');
  });

  test('is reachable from any namespace', () => {
    Manifests.in((chart) => {
      const server = new StatefulSet(new Construct(chart, 'server'), { ...pod, service: { http: 80 } });
      expect(server.host).toBe('server.lakehouse.svc');
    });
  });
});

describe('a Deployment', () => {
  const of = (props: Partial<DeploymentProps> = {}) =>
    Manifests.in((chart) => new Deployment(new Construct(chart, 'server'), { ...pod, succession: 'one at a time', ...props }));

  test('has one pod, and a Service if it has ports', () => {
    expect(of().get('Deployment', 'server').spec).toMatchObject({ replicas: 1, selector: { matchLabels: { 'app.kubernetes.io/name': 'server' } } });
    expect(of().all('Service')).toEqual([]);
    expect(of({ service: { http: 80 } }).get('Service', 'server').spec).toEqual({
      selector: { 'app.kubernetes.io/name': 'server' },
      ports: [{ name: 'http', port: 80 }],
    });
  });

  test('ends the old pod before the new one starts, or after it serves', () => {
    expect(of().get('Deployment', 'server').spec.strategy).toEqual({ type: 'Recreate' });
    expect(of({ succession: 'overlap' }).get('Deployment', 'server').spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0 });
  });

  test('answers for a moment after it was told to stop, if another one takes its place', () => {
    const lifecycle = (props: Partial<DeploymentProps>) =>
      of({ service: { http: 80 }, containers: [{ ...container, ports: { http: 80 } }], ...props }).container('Deployment server').lifecycle;
    expect(lifecycle({ succession: 'overlap' })).toEqual({ preStop: { exec: { command: ['sleep', '5'] } } });
    expect(lifecycle({})).toBeUndefined();
  });
});

describe('a pod', () => {
  const template = (props: Partial<ContainerProps>) =>
    Manifests.in((chart) => new Deployment(chart, { ...pod, succession: 'overlap', containers: [{ ...container, ...props }] })).get(
      'Deployment',
      'server',
    ).spec.template;

  test('has the volumes that its containers mount, as a whole or a file of them', () => {
    const scratch = Volume.scratch('tmp', Size.mebibytes(16));
    const { containers, volumes } = template({ mounts: { '/tmp': scratch, '/etc/x': Volume.secret('login', 'secret').file('x') } }).spec;
    expect(volumes).toEqual([
      { name: 'tmp', emptyDir: { sizeLimit: '16Mi' } },
      { name: 'login', secret: { secretName: 'secret', defaultMode: 0o440 } },
    ]);
    expect(containers[0].volumeMounts).toEqual([
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'login', mountPath: '/etc/x', subPath: 'x' },
    ]);
  });

  test('has variables by value or from a Secret', () => {
    const { containers } = template({ env: { NAME: 'value', PASSWORD: { secret: 'login', key: 'password' } } }).spec;
    expect(containers[0].env).toEqual([
      { name: 'NAME', value: 'value' },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
    ]);
  });

  test('runs scripts that stop at the first error and at unknown variables', () => {
    expect(shell('true')).toEqual(['sh', '-euc', expect.stringMatching(/\ntrue$/)]);
  });

  test('has probes that are often while it starts, and calm later, most of all those that start a program', () => {
    const exec = { command: ['bash', '-c', 'true'] };
    expect(probes({ started: 'true', within: Duration.minutes(5) })).toMatchObject({
      readinessProbe: { exec, periodSeconds: 15 },
      livenessProbe: { exec, periodSeconds: 20, failureThreshold: 6 },
    });
    expect(
      probes({ started: 'true', within: Duration.minutes(5), ready: { httpGet: { port: k8s.IntOrString.fromNumber(1) } } }).readinessProbe,
    ).toMatchObject({
      periodSeconds: 5,
    });
    const live = bash('false');
    expect(probes({ started: 'true', within: Duration.minutes(5), live })).toMatchObject({ readinessProbe: { exec }, livenessProbe: live });
  });

  test('has a probe that asks until it has started, without a failed one in between, and no longer than it may take', () => {
    const { startupProbe } = probes({ started: 'true', within: Duration.minutes(5) });
    const [timeout, seconds] = startupProbe!.exec!.command!;
    expect(timeout).toBe('timeout');
    expect(startupProbe!.timeoutSeconds).toBeGreaterThan(Number(seconds));
    expect(Number(seconds) * startupProbe!.failureThreshold!).toBe(300);
  });

  // The second takes the place of the first: its container would find other files.
  test('fails for two ConfigMaps in volumes of one name', () => {
    const build = () =>
      Manifests.in((chart) => {
        const [a, b] = ['a', 'b'].map((text) => new ConfigVolume(new Construct(chart, text), 'config-map', [textFile('file', text)]));
        new Deployment(chart, { ...pod, succession: 'overlap', containers: [{ ...container, mounts: { '/a': a!, '/b': b! } }] });
      });
    expect(build).toThrow('config-map');
  });
});

test.each([
  [Size.gibibytes(2), '2Gi'],
  [Size.mebibytes(1024), '1Gi'],
  [Size.mebibytes(1536), '1536Mi'],
])('%s is the quantity %s', (size, spelled) => {
  expect(quantity(size).value).toBe(spelled);
});

test('a hash has eight digits and follows the content', () => {
  expect(contentHash({ a: 1 })).toMatch(/^[0-9a-f]{8}$/);
  expect(contentHash({ a: 1 })).toBe(contentHash({ a: 1 }));
  expect(contentHash({ a: 1 })).not.toBe(contentHash({ a: 2 }));
});
