// A second is over at once.
jest.mock('node:timers/promises', () => ({ setTimeout: async (milliseconds: number) => jest.setSystemTime(Date.now() + milliseconds) }));

import type { KubernetesObject } from '../../cli/kubectl';
import type { Manifest } from '../../cli/manifests';
import { obstacleOf } from '../../cli/reasons';
import { logOf, type Snapshot } from '../../cli/snapshot';
import { NotReady, watch } from '../../cli/watch';

const workload = { kind: 'StatefulSet', metadata: { name: 'minio', namespace: 'lakehouse', uid: 'set' } };
const pod = (status: KubernetesObject, spec: KubernetesObject = {}) => ({
  kind: 'Pod',
  metadata: { name: 'minio-0', namespace: 'lakehouse', uid: 'pod', ownerReferences: [{ kind: 'StatefulSet', name: 'minio', uid: 'set' }] },
  spec,
  status,
});
const container = (state: KubernetesObject, more: KubernetesObject = {}) => ({
  initContainerStatuses: [{ name: 'first', ready: true, state: { terminated: { exitCode: 0 } } }],
  containerStatuses: [{ name: 'minio', ready: false, restartCount: 0, state, ...more }],
});
/** Of runc, with cgroup v1. */
const NO_MEMORY = 'failed to create containerd task: unable to set memory limit to 2097152 (current usage: 3964928, peak usage: 4091904)';
const event = (reason: string, message: string, involvedObject: KubernetesObject = { uid: 'pod' }) => ({ reason, message, involvedObject });

function obstacle(
  status: KubernetesObject,
  { events = [], log, spec = {} }: { events?: KubernetesObject[]; log?: string; spec?: KubernetesObject } = {},
) {
  const one = pod(status, spec);
  const logs = new Map(log === undefined ? [] : [[logOf(one, 'minio'), log]]);
  return obstacleOf(workload, [one], { objects: [], events, logs });
}

describe('somebody has to do something', () => {
  const unscheduled = { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available: 3 Insufficient memory.' }] };

  test.each<[string, ReturnType<typeof obstacle>, RegExp]>([
    [
      'an image that is in no registry',
      obstacle(container({ waiting: { reason: 'ErrImagePull', message: 'failed to pull "example.com/minio:1": not found' } })),
      /minio: failed to pull "example.com\/minio:1": not found\. Let the nodes reach its registry/,
    ],
    [
      'an image that is still not pulled',
      obstacle(container({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "example.com/minio:1"' } })),
      /example.com\/minio:1.*load it into them/,
    ],
    [
      'a pod that fits on no node',
      obstacle(unscheduled),
      /^minio-0 cannot be scheduled: 0\/3 nodes are available: 3 Insufficient memory\. Give the cluster/,
    ],
    [
      'a volume that nobody makes',
      obstacle(unscheduled, {
        spec: { volumes: [{ persistentVolumeClaim: { claimName: 'data-minio-0' } }] },
        events: [event('FailedBinding', 'no storage class is set', { kind: 'PersistentVolumeClaim', name: 'data-minio-0' })],
      }),
      /^no volume for the claim data-minio-0: no storage class is set\. Look at 'kubectl get storageclass'/,
    ],
    [
      'a Secret that is not there, as a variable',
      obstacle(container({ waiting: { reason: 'CreateContainerConfigError', message: 'secret "minio-root" not found' } })),
      /secret "minio-root" not found\. Apply what is missing/,
    ],
    [
      'a Secret that is not there, as a file',
      obstacle(container({ waiting: { reason: 'ContainerCreating' } }), { events: [event('FailedMount', 'secret "minio-root" not found')] }),
      /secret "minio-root" not found\. Apply what is missing/,
    ],
    [
      'a container that was killed for memory',
      obstacle(
        container(
          { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
          { lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } },
        ),
      ),
      /^minio was killed: it needs more memory than its limit\. Raise its memory/,
    ],
    [
      'one of whose processes was killed for memory',
      obstacle(
        container(
          { running: {} },
          { lastState: { terminated: { exitCode: 137, reason: 'Error', message: 'x\na process needs more memory than the limit' } } },
        ),
      ),
      /^minio was killed/,
    ],
    [
      'one that has too little memory to begin with',
      obstacle(container({ waiting: { reason: 'RunContainerError', message: NO_MEMORY } })),
      /^minio was killed: it needs more memory than its limit\. Raise its memory/,
    ],
    [
      'one that has too little memory to begin with, some time later',
      obstacle(
        container(
          { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting failed container' } },
          { lastState: { terminated: { exitCode: 128, reason: 'StartError', message: NO_MEMORY } } },
        ),
      ),
      /^minio was killed: it needs more memory than its limit/,
    ],
    [
      'a script for which another try is hopeless',
      obstacle(container({ terminated: { exitCode: 65, reason: 'Error', message: 'waits for it\nthe schema is 3.1.0\n' } })),
      /^minio: the schema is 3\.1\.0\. It tries again every five minutes/,
    ],
  ])('%s', (_, { reason, progress }, message) => {
    expect(reason).toMatch(message);
    expect(reason).not.toContain('\n');
    expect(progress).toBe('stuck');
  });

  test('a pod that a quota or a policy refuses', () => {
    const events = [event('FailedCreate', 'exceeded quota: engines', { uid: 'set' })];
    expect(obstacleOf(workload, [], { objects: [], events, logs: new Map() })).toEqual({
      reason: 'the API server refuses its pod: exceeded quota: engines. Raise the quota, or change the policy that the message names',
      progress: 'stuck',
    });
  });

  test("a pod of a Deployment's ReplicaSet that is refused", () => {
    const deployment = { kind: 'Deployment', metadata: { name: 'hive', namespace: 'lakehouse', uid: 'x' } };
    const events = [event('FailedCreate', 'exceeded quota', { kind: 'ReplicaSet', name: 'hive-7d9', uid: 'y' })];
    expect(obstacleOf(deployment, [], { objects: [], events, logs: new Map() }).progress).toBe('stuck');
  });
});

const SERVER = { containers: [{ name: 'minio', startupProbe: {} }] };

describe('it goes on by itself', () => {
  test.each<[string, ReturnType<typeof obstacle>, ReturnType<typeof obstacle>]>([
    ['a container that runs', obstacle(container({ running: {} })), { reason: 'minio runs, not ready yet', progress: 'works' }],
    [
      'a server that starts',
      obstacle(container({ running: { startedAt: new Date().toISOString() } }), { spec: SERVER }),
      { reason: 'minio runs, not ready yet', progress: 'works' },
    ],
    [
      'a server that has run for long',
      obstacle(container({ running: { startedAt: new Date(Date.now() - 200_000).toISOString() } }), { spec: SERVER }),
      { reason: 'minio runs since 200 s and is not ready', progress: 'waits' },
    ],
    [
      'an init container that has run for long',
      obstacle(container({ running: { startedAt: new Date(Date.now() - 200_000).toISOString() } })),
      { reason: 'minio runs, not ready yet', progress: 'works' },
    ],
    [
      'a container that waits',
      obstacle(container({ running: {} }), { log: 'still waits for the store, since 31 s: refused\n' }),
      { reason: 'minio still waits for the store, since 31 s: refused', progress: 'waits' },
    ],
    [
      'a container that has waited',
      obstacle(container({ running: {} }), { log: 'waits for the store\ngoes on, after 3 s' }),
      { reason: 'minio runs, not ready yet', progress: 'works' },
    ],
    [
      'a container whose image is pulled',
      obstacle(container({ waiting: { reason: 'ContainerCreating' } }), { events: [event('Pulling', 'Pulling image "example.com/minio:1"')] }),
      { reason: 'minio is not started yet: Pulling image "example.com/minio:1"', progress: 'works' },
    ],
    [
      'a container that failed once',
      obstacle(container({ running: {} }, { restartCount: 1, lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'a\nrefused\n' } } })),
      { reason: 'minio ended with exit code 1 and starts again: refused', progress: 'retries' },
    ],
    [
      'a container that failed twice and runs again',
      obstacle(container({ running: {} }, { restartCount: 2, lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'a\nrefused\n' } } })),
      { reason: 'minio ended with exit code 1 and starts again: refused', progress: 'waits' },
    ],
    [
      'a container that fails each time',
      obstacle(
        container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 4, lastState: { terminated: { exitCode: 1, reason: 'Error' } } }),
      ),
      { reason: 'minio ended with exit code 1 and starts again: Error', progress: 'waits' },
    ],
    [
      'a pod for which the cluster adds a node',
      obstacle(
        { conditions: [{ type: 'PodScheduled', status: 'False', message: 'Insufficient memory' }] },
        { events: [event('TriggeredScaleUp', 'pod triggered scale-up')] },
      ),
      { reason: 'minio-0 waits for a node, the cluster adds one', progress: 'works' },
    ],
  ])('%s', (_, found, expected) => expect(found).toEqual(expected));
});

describe('the watch', () => {
  const manifests = [
    { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'minio', namespace: 'lakehouse' } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'setup', namespace: 'lakehouse' } },
  ] as Manifest[];
  const minio = { ...workload, spec: { replicas: 1 }, status: {} };
  const deployment = {
    kind: 'Deployment',
    metadata: { name: 'setup', namespace: 'lakehouse', uid: 'deployment' },
    spec: { replicas: 1 },
    status: {},
  };
  const setup = (log: string) => {
    const one = {
      ...pod(container({ running: {} })),
      metadata: {
        name: 'setup-0-x',
        namespace: 'lakehouse',
        uid: 'setup',
        ownerReferences: [{ kind: 'ReplicaSet', name: 'setup-0', uid: 'replica-set' }],
      },
    };
    return { one, log };
  };

  /** Goes through snapshots of a cluster, one each second of a clock that does not wait. */
  async function until(snapshots: (second: number) => Snapshot, seconds = 900): Promise<string> {
    jest.useFakeTimers({ now: 0 });
    const current = () => snapshots(Math.round(Date.now() / 1000));
    const get = async (path: string) => {
      const { objects, events, logs } = current();
      const [, pod] = /pods\/(.*)\/log\?container=minio&tailLines=1$/.exec(path) ?? [];
      if (pod) return logs.get(pod) ?? '';
      const [, resource] = /lakehouse\/(\w+)/.exec(path)!;
      return JSON.stringify({ items: resource === 'events' ? events : objects.filter(({ kind }) => `${kind.toLowerCase()}s` === resource) });
    };
    const said = await (async () => {
      for await (const _ of watch(get, manifests, seconds));
      return 'ready';
    })().catch((error: Error) => (error instanceof NotReady ? error.message : Promise.reject(error)));
    const took = Math.round(Date.now() / 1000);
    jest.useRealTimers();
    return `${said} after ${took} s`;
  }

  const waiting = setup('still waits for the store');
  const imageless = pod(container({ waiting: { reason: 'ErrImagePull', message: 'not found' } }));
  const logs = new Map([['setup-0-x', waiting.log]]);

  test('ends soon when one needs a hand and the others wait, and says why each is not ready', async () => {
    const said = await until(() => ({ objects: [minio, imageless, deployment, waiting.one], events: [], logs }));
    expect(said).toMatch(
      /^the lakehouse is not up: somebody has to do something\n {2}minio: an image cannot be pulled.*\n {2}setup: minio still waits for the store after 1\d s$/,
    );
  });

  test('goes on while another one works, since it may be what is missing', async () => {
    const working = { ...pod(container({ running: {} })), metadata: waiting.one.metadata };
    const said = await until((second) => ({
      objects: [minio, imageless, deployment, second < 300 ? working : waiting.one],
      events: [],
      logs: second < 300 ? new Map() : logs,
    }));
    expect(said).toMatch(/ after 3[01]\d s$/);
  });

  test.each([
    ['does not wait for one that failed beside it, and tries again', imageless, /somebody has to do something[\s\S]* after 1\d s$/],
    ['waits for one that failed once and tries again', undefined, /900 s are over/],
  ])('%s', async (_, beside, message) => {
    const again = pod(container({ running: {} }, { restartCount: 1, lastState: { terminated: { exitCode: 1, reason: 'Error' } } }));
    const retrying = { ...again, metadata: waiting.one.metadata };
    expect(await until(() => ({ objects: [minio, ...(beside ? [beside] : []), deployment, retrying], events: [], logs: new Map() }), 900)).toMatch(
      message,
    );
  });

  test('ends when all wait for each other', async () => {
    const silent = pod(
      container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 4, lastState: { terminated: { exitCode: 1, reason: 'Error' } } }),
    );
    const said = await until(() => ({ objects: [minio, silent, deployment, waiting.one], events: [], logs }));
    expect(said).toMatch(/all that is left waits for something that does not come\n[\s\S]* after 6\d s$/);
  });

  test('ends when the time is over', async () => {
    const said = await until(() => ({ objects: [minio, pod(container({ running: {} }))], events: [], logs: new Map() }), 20);
    expect(said).toMatch(/20 s are over\n {2}minio: minio runs, not ready yet\n {2}setup: not there yet after 2\d s$/);
  });

  test('is over when all are ready', async () => {
    const ready = {
      ...minio,
      metadata: { ...minio.metadata, generation: 1 },
      status: { observedGeneration: 1, readyReplicas: 1, currentRevision: 'a', updateRevision: 'a' },
    };
    const rolled = { updatedReplicas: 1, availableReplicas: 1, replicas: 1 };
    const said = await until((second) => ({
      objects: [ready, { ...deployment, status: second > 4 ? rolled : {} }],
      events: [],
      logs: new Map(),
    }));
    expect(said).toMatch(/^ready after [567] s$/);
  });

  test('says so while the cluster does not answer', async () => {
    const said = await until(() => {
      throw new Error('connection refused');
    }, 5);
    expect(said).toContain('minio: the cluster does not answer: connection refused');
  });
});
