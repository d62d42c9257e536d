import { Lazy, Size } from 'cdk8s';
import { type Cpu, k8s } from 'cdk8s-plus-28';
import { COMMON_LABELS } from './chart';
import type { SecretKey } from './credentials';
import { type Mount, quantity, type Volume } from './volume';

/** What a container gets. Memory is request and limit at once; CPU is only requested, since a CPU limit slows a JVM down where there is CPU to spare. */
export interface Resources {
  readonly cpu: Cpu;
  readonly memory: Size;
}

export interface ContainerProps {
  readonly name: string;
  /** @default - Spark sets it */
  readonly image?: string;
  readonly command?: string[];
  readonly args?: string[];
  readonly env?: Record<string, string | SecretKey>;
  /** Port numbers by name. */
  readonly ports?: Record<string, number>;
  /** Volumes, or files of volumes, by path. */
  readonly mounts?: Record<string, Mount>;
  /** @default - Spark sets them */
  readonly resources?: Resources;
  /** `Always`: an init container that goes on beside those after it. @default - that of the pod */
  readonly restartPolicy?: 'Always';
  readonly startupProbe?: k8s.Probe;
  readonly readinessProbe?: k8s.Probe;
  readonly livenessProbe?: k8s.Probe;
  readonly lifecycle?: k8s.Lifecycle;
}

export interface PodProps extends Omit<k8s.PodSpec, 'containers' | 'initContainers' | 'volumes' | 'securityContext'> {
  /** Its `app.kubernetes.io/name`, by which Services and policies select it. */
  readonly name: string;
  /** User and group of all processes and of the volumes. */
  readonly uid: number;
  readonly containers: ContainerProps[];
  readonly initContainers?: ContainerProps[];
}

/** Labels that select the pods of a component. They are for ever: the selector of a StatefulSet or Deployment cannot be changed. */
export const selectorLabels = (name: string) => ({ 'app.kubernetes.io/name': name });

/** A pod that Pod Security "restricted" admits, with a read-only root file system, and that rolls when a configuration it mounts changes. */
export function podTemplate(props: PodProps): k8s.PodTemplateSpec {
  const { name, uid, containers, initContainers = [], ...spec } = props;
  const volumes = volumesOf([...initContainers, ...containers]);
  const checksums = [...volumes.values()].filter((volume) => volume.checksum).map((volume) => [`checksum/${volume.name}`, volume.checksum!]);
  return {
    metadata: {
      labels: { ...COMMON_LABELS, ...selectorLabels(name) },
      ...(checksums.length > 0 && { annotations: Object.fromEntries(checksums) }),
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...spec,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: uid,
        runAsGroup: uid,
        fsGroup: uid,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      initContainers: orNothing(initContainers.map(container)),
      containers: containers.map(container),
      volumes: orNothing([...volumes.values()].filter((volume) => volume.source).map((volume) => ({ name: volume.name, ...volume.source }))),
    },
  };
}

/** Raises an error for two volumes of one name: the second would take the place of the first. */
function volumesOf(containers: ContainerProps[]): Map<string, Volume> {
  const volumes = new Map<string, Volume>();
  for (const { volume } of containers.flatMap(({ mounts = {} }) => Object.values(mounts))) {
    const other = volumes.get(volume.name);
    if (other && JSON.stringify(other.source) !== JSON.stringify(volume.source))
      throw new Error(`a pod has two volumes called '${volume.name}': rename one`);
    volumes.set(volume.name, volume);
  }
  return volumes;
}

function container({ env = {}, ports = {}, mounts = {}, resources, ...props }: ContainerProps): k8s.Container {
  const variables = Object.entries(env).map(([name, value]) =>
    typeof value === 'string' ? { name, value } : { name, valueFrom: { secretKeyRef: { name: value.secret, key: value.key } } },
  );
  return {
    ...props,
    ...(props.image && { imagePullPolicy: 'IfNotPresent' }),
    // Why it ended stays readable in the pod's status when its log is gone.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    env: orNothing(variables),
    ports: orNothing(Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort }))),
    volumeMounts: orNothing(Object.entries(mounts).map(([mountPath, { volume, subPath }]) => ({ name: volume.name, mountPath, subPath }))),
    resources: requirements(resources),
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, privileged: false, capabilities: { drop: ['ALL'] } },
  };
}

/** The API server forgets empty lists, and `kubectl apply` would say "configured" for ever. */
export const orNothing = <T>(list: T[]) => (list.length > 0 ? list : undefined);

/** A list that grows while the lakehouse is wired, and is rendered when it is. */
// biome-ignore lint/suspicious/noExplicitAny: the typed object takes a list, cdk8s resolves the token in its place.
export const lazy = (produce: () => unknown[]) => Lazy.any({ produce: () => orNothing(produce()) }) as any;

/** Logs and small temporary files of a container; its volumes have limits of their own. */
const DISK = Size.gibibytes(1);

/** What Spark spills and shuffles goes to an emptyDir, too. */
const SPARK_DISK = Size.gibibytes(16);

/** Spark adds CPU and memory to what a template has. */
function requirements(resources?: Resources): k8s.ResourceRequirements {
  const fixed = { ...(resources && { memory: quantity(resources.memory) }), 'ephemeral-storage': quantity(resources ? DISK : SPARK_DISK) };
  return { requests: { ...(resources && { cpu: k8s.Quantity.fromString(resources.cpu.amount) }), ...fixed }, limits: fixed };
}

/** Of programs that do not ask for the name of their user. Above the range that belongs to people and to the system. */
export const NAMELESS_UID = 10001;
