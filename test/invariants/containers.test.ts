import { invariant, type Manifest, Manifests } from '../manifests';

interface Container {
  readonly title: string;
  readonly owner: string;
  readonly container: Manifest;
  readonly initial: boolean;
}

const containers = (manifests: Manifests): Container[] =>
  manifests.pods.flatMap(({ owner, namespace, template: { spec } }) =>
    [...(spec.initContainers ?? []), ...spec.containers].map((container) => ({
      title: `${container.name} of ${owner} in ${namespace}`,
      owner,
      container,
      initial: !spec.containers.includes(container),
    })),
  );

/** Spark gives it image, command, CPU and memory. */
const sparkCompletes = ({ container }: Container) => /^spark-kubernetes-(driver|executor)$/.test(container.name);

const violating = (broken: (container: Container) => boolean) => (manifests: Manifests) =>
  containers(manifests)
    .filter(broken)
    .map(({ title }) => title);

/** `registry/path:tag` or `registry/path@sha256:…`: what a short name means is up to each node. */
const PINNED = /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(\/[a-z0-9._-]+)+(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/;

invariant(
  'every image has its full name and a tag',
  violating((one) => !sparkCompletes(one) && !PINNED.test(one.container.image ?? '')),
  {
    'a short name': (broken) => {
      broken.container('StatefulSet postgres').image = 'postgres:17';
    },
    'no tag': (broken) => {
      broken.container('StatefulSet postgres').image = 'docker.io/library/postgres';
    },
    'the tag latest': (broken) => {
      broken.container('Deployment libraries').image = 'docker.io/library/postgres:latest';
    },
    'no image': (broken) => delete broken.container('StatefulSet minio').image,
  },
);

const pullsAgain = violating(({ container }) => container.image !== undefined && container.imagePullPolicy !== 'IfNotPresent');

invariant('no image is pulled again, so that those loaded into a node count', pullsAgain, {
  'the policy Always': (broken) => {
    broken.container('StatefulSet minio').imagePullPolicy = 'Always';
  },
});

const withoutResources = violating((one) => {
  const { requests, limits } = one.container.resources ?? {};
  return !sparkCompletes(one) && !(requests?.cpu && requests.memory && requests.memory === limits?.memory && !limits.cpu);
});

invariant('every container requests CPU and memory, and may use no more memory than that', withoutResources, {
  'no request of CPU': (broken) => delete broken.container('StatefulSet minio').resources.requests.cpu,
  'no memory': (broken) => delete broken.container('Deployment libraries').resources.requests.memory,
  'a limit above the request': (broken) => {
    broken.container('Deployment kyuubi').resources.limits.memory = '16Gi';
  },
  'an init container without': (broken) => delete broken.get('Deployment', 'hive-metastore').spec.template.spec.initContainers[0].resources,
});

const withoutDisk = (of: (one: Container) => boolean) => violating((one) => of(one) && !one.container.resources?.limits?.['ephemeral-storage']);

invariant(
  'every container has a limit of ephemeral storage',
  withoutDisk((one) => !sparkCompletes(one)),
  { none: (broken) => delete broken.container('Deployment hive-metastore').resources.limits['ephemeral-storage'] },
);

// Spark adds CPU and memory to the resources of the template, and nothing else.
test('the containers that Spark completes have a limit of ephemeral storage', () => {
  expect(withoutDisk(sparkCompletes)(Manifests.of('kind'))).toEqual([]);
});

const unprobed = violating(
  ({ owner, container, initial }) =>
    /^(StatefulSet|Deployment) /.test(owner) && !initial && !(container.startupProbe && container.readinessProbe && container.livenessProbe),
);

invariant('containers that run for ever have all probes', unprobed, {
  'no startup probe': (broken) => delete broken.container('Deployment kyuubi').startupProbe,
  'no readiness probe': (broken) => delete broken.container('Deployment hive-metastore').readinessProbe,
  'no liveness probe': (broken) => delete broken.container('StatefulSet minio').livenessProbe,
});

const misprobed = violating(({ container: { ports = [], startupProbe, readinessProbe, livenessProbe } }) => {
  const probes = [startupProbe, readinessProbe, livenessProbe].filter(Boolean);
  const dialled = probes.map(({ httpGet, tcpSocket }) => (httpGet ?? tcpSocket)?.port).filter(Boolean);
  const never = probes.some(({ failureThreshold }) => failureThreshold === 0);
  return never || dialled.some((port) => !ports.some((other: Manifest) => other.containerPort === port));
});

invariant('probes dial ports of their container', misprobed, {
  'another port': (broken) => {
    broken.container('Deployment kyuubi').livenessProbe.httpGet.port = 9001;
  },
});
