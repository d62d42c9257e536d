import { EXIT_HOPELESS } from '../lib/k8s/shell';
import type { KubernetesObject } from './kubectl';
import { logOf, type Snapshot, statusesOf } from './snapshot';

/** Why something is not ready, in one line. */
export interface Obstacle {
  readonly reason: string;
  /**
   * Whether it goes on by itself: it works; it tries again what failed; it waits for something else, or has failed again and again; or somebody has to do what
   * the reason says.
   */
  readonly progress: 'works' | 'retries' | 'waits' | 'stuck';
}

const works = (reason: string): Obstacle => ({ reason, progress: 'works' });
const waits = (reason: string): Obstacle => ({ reason, progress: 'waits' });
const stuck = (reason: string, mend: string): Obstacle => ({ reason: `${oneLine(reason)}. ${mend}`, progress: 'stuck' });

const oneLine = (text: string) => text.trim().replace(/\s+/g, ' ').replace(/\.$/, '');
const lastLine = (text = '') => text.trim().split('\n').at(-1)!.trim();

/** What keeps a workload from being ready. @param pods its own */
export function obstacleOf(workload: KubernetesObject, pods: KubernetesObject[], snapshot: Snapshot): Obstacle {
  const obstacles = pods.map((pod) => podObstacle(pod, snapshot)).filter((obstacle) => obstacle !== undefined);
  const worst = (['stuck', 'waits', 'retries', 'works'] as const).flatMap((progress) =>
    obstacles.filter((obstacle) => obstacle.progress === progress),
  )[0];
  if (worst) return worst;
  const refused = snapshot.events.findLast(({ reason, involvedObject }) => reason === 'FailedCreate' && isOf(involvedObject, workload));
  if (pods.length === 0 && refused)
    return stuck(`the API server refuses its pod: ${refused.message}`, 'Raise the quota, or change the policy that the message names');
  return works('waits for its pod');
}

const isOf = (involved: KubernetesObject, { kind, metadata: { uid, name } }: KubernetesObject) =>
  // A Deployment's pods are made by its ReplicaSet, which has a suffix.
  involved.uid === uid || (kind === 'Deployment' && involved.kind === 'ReplicaSet' && involved.name.startsWith(`${name}-`));

/** The first container that is not as it should be has the reason: those behind it wait for it. */
export function podObstacle(pod: KubernetesObject, snapshot: Snapshot): Obstacle | undefined {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp) return works(`${metadata.name} of before still ends`);
  const events = snapshot.events.filter(({ involvedObject }) => involvedObject.uid === metadata.uid);
  const unscheduled = status.conditions?.find((condition: KubernetesObject) => condition.type === 'PodScheduled' && condition.status === 'False');
  if (unscheduled) return schedulingObstacle(pod, unscheduled.message, events, snapshot);
  const statuses = statusesOf(pod);
  for (const container of statuses) {
    const { startupProbe } = pod.spec.containers?.find(({ name }: KubernetesObject) => name === container.name) ?? {};
    const obstacle = containerObstacle({ ...container, startupProbe }, snapshot.logs.get(logOf(pod, container.name)), events);
    if (obstacle) return obstacle;
  }
  return statuses.length === 0 ? works('its pod begins to start') : undefined;
}

function schedulingObstacle(pod: KubernetesObject, message: string, events: KubernetesObject[], snapshot: Snapshot): Obstacle {
  if (events.some(({ reason }) => reason === 'TriggeredScaleUp')) return works(`${pod.metadata.name} waits for a node, the cluster adds one`);
  const claims: string[] = (pod.spec.volumes ?? []).map(({ persistentVolumeClaim }: KubernetesObject) => persistentVolumeClaim?.claimName);
  const unbound = snapshot.events.findLast(
    ({ reason, involvedObject }) =>
      involvedObject.kind === 'PersistentVolumeClaim' && claims.includes(involvedObject.name) && /^(FailedBinding|ProvisioningFailed)$/.test(reason),
  );
  if (unbound)
    return stuck(
      `no volume for the claim ${unbound.involvedObject.name}: ${unbound.message}`,
      "Look at 'kubectl get storageclass': one must be the default, and its provisioner must run",
    );
  return stuck(`${pod.metadata.name} cannot be scheduled: ${message}`, 'Give the cluster what is missing, or ask for less in the environment');
}

/** Reasons of the kubelet for which a container does not start until something changes, and what to change. */
const UNSTARTABLE: Record<string, (name: string, message: string) => Obstacle> = {
  ErrImagePull: image,
  ImagePullBackOff: image,
  InvalidImageName: image,
  ErrImageNeverPull: image,
  CreateContainerConfigError: configuration,
  CreateContainerError: configuration,
  RunContainerError: configuration,
};

function image(name: string, message: string): Obstacle {
  return stuck(
    `an image cannot be pulled: ${name}: ${message}`,
    "Let the nodes reach its registry, load it into them (as by 'kind load docker-image'), or name another one in the environment's release",
  );
}

/** As a script of ours says it (lib/k8s/shell.ts), and as a container runtime does for a limit with which a container cannot even begin. */
const LACKS_MEMORY = /needs more memory than|memory limit/;

const lacksMemory = (name: string) => stuck(`${name} was killed: it needs more memory than its limit`, 'Raise its memory in the environment');

function configuration(name: string, message: string): Obstacle {
  if (LACKS_MEMORY.test(message)) return lacksMemory(name);
  return stuck(`${name}: ${message}`, 'Apply what is missing: docs/secrets.md lists the Secrets');
}

function containerObstacle(container: KubernetesObject, log: string | undefined, events: KubernetesObject[]): Obstacle | undefined {
  const { name, state, lastState, ready, restartCount, startupProbe } = container;
  if (state.terminated?.exitCode === 0 || ready) return undefined;
  const { reason, message = '' } = state.waiting ?? {};
  const unstartable = UNSTARTABLE[reason];
  if (unstartable) return unstartable(name, message || lastEvent(events, 'Failed') || reason);
  const end = state.terminated ?? lastState?.terminated;
  if (end && end.exitCode !== 0 && !waitsNow(log)) return endObstacle(name, end, state.running && restartCount < 2 ? 'retries' : 'waits');
  if (state.waiting) {
    const unmounted = reason === 'ContainerCreating' || reason === 'PodInitializing' ? lastEvent(events, 'FailedMount', 'FailedAttachVolume') : '';
    if (unmounted) return configuration(name, unmounted);
    return works(`${name} is not started yet: ${lastEvent(events, 'Pulling') || reason}`);
  }
  if (waitsNow(log)) return waits(`${name} ${lastLine(log)}`);
  const seconds = Math.round((Date.now() - Date.parse(state.running.startedAt)) / 1000);
  return startupProbe && seconds > SLOW ? waits(`${name} runs since ${seconds} s and is not ready`) : works(`${name} runs, not ready yet`);
}

/** Seconds after which a server that is not ready does not count as one that will be: three times the slowest on a busy machine. */
const SLOW = 180;

/** As `waitFor` of lib/k8s/shell.ts says it. */
const waitsNow = (log = '') => /^(still )?waits for /.test(lastLine(log));

const lastEvent = (events: KubernetesObject[], ...reasons: string[]): string =>
  events.findLast(({ reason }) => reasons.includes(reason))?.message ?? '';

function endObstacle(name: string, { exitCode, reason, message }: KubernetesObject, progress: 'retries' | 'waits'): Obstacle {
  if (reason === 'OOMKilled' || LACKS_MEMORY.test(message ?? '')) return lacksMemory(name);
  const why = lastLine(message) || reason;
  if (exitCode === EXIT_HOPELESS) return stuck(`${name}: ${why}`, 'It tries again every five minutes');
  return { reason: `${name} ended with exit code ${exitCode} and starts again: ${oneLine(why)}`, progress };
}
