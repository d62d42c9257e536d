import { invariant, type Manifest, type Manifests, type Pod } from '../manifests';

const violating = (broken: (spec: Manifest, pod: Pod) => boolean) => (manifests: Manifests) =>
  manifests.pods.filter((pod) => broken(pod.template.spec, pod)).map(({ owner, namespace }) => `${owner} in ${namespace}`);

const containers = (spec: Manifest): Manifest[] => [...(spec.initContainers ?? []), ...spec.containers];

const pod = (manifests: Manifests, name: string) =>
  [...manifests.all('StatefulSet'), ...manifests.all('Deployment')].find(({ metadata }) => metadata.name === name).spec.template.spec;

const rooted = violating(({ securityContext = {}, ...spec }) => {
  const { runAsNonRoot, runAsUser, runAsGroup } = securityContext;
  const overridden = containers(spec).some((container) => 'runAsUser' in (container.securityContext ?? {}));
  return runAsNonRoot !== true || !(runAsUser > 0) || !(runAsGroup > 0) || overridden;
});

invariant('no process is root, whatever the image says', rooted, {
  'no word about root': (broken) => delete pod(broken, 'minio').securityContext.runAsNonRoot,
  'the user 0': (broken) => {
    pod(broken, 'minio').securityContext.runAsUser = 0;
  },
  'the group 0': (broken) => {
    pod(broken, 'minio').securityContext.runAsGroup = 0;
  },
  'a container with a user of its own': (broken) => {
    broken.container('StatefulSet minio').securityContext.runAsUser = 0;
  },
});

const unrestricted = violating((spec) =>
  containers(spec).some(
    ({ securityContext: { allowPrivilegeEscalation, privileged, capabilities } = {} as Manifest }) =>
      allowPrivilegeEscalation !== false || privileged || !capabilities?.drop?.includes('ALL') || capabilities.add,
  ),
);

invariant('containers have no privileges', unrestricted, {
  escalation: (broken) => delete broken.container('Deployment kyuubi').securityContext.allowPrivilegeEscalation,
  'a capability': (broken) => {
    broken.container('Deployment libraries').securityContext.capabilities.drop = ['NET_RAW'];
  },
  'an added capability': (broken) => {
    broken.container('Deployment libraries').securityContext.capabilities.add = ['NET_ADMIN'];
  },
  'a privileged init container': (broken) => {
    pod(broken, 'kyuubi').initContainers[0].securityContext.privileged = true;
  },
});

const confined = violating(
  (spec) => spec.securityContext?.seccompProfile?.type !== 'RuntimeDefault' || Boolean(spec.hostNetwork || spec.hostPID || spec.hostIPC),
);

invariant('pods are confined: seccomp, and nothing of the host', confined, {
  'no seccomp profile': (broken) => delete pod(broken, 'postgres').securityContext.seccompProfile,
  'the network of the host': (broken) => {
    pod(broken, 'postgres').hostNetwork = true;
  },
});

const writable = violating((spec) => containers(spec).some(({ securityContext }) => securityContext?.readOnlyRootFilesystem !== true));

invariant('root file systems are read-only', writable, {
  'a writable one': (broken) => {
    broken.container('Deployment hive-metastore').securityContext.readOnlyRootFilesystem = false;
  },
});

const homeless = violating((spec) =>
  containers(spec).some(
    ({ env = [], volumeMounts = [] }) =>
      env.some(({ value = '' }: Manifest) => value.startsWith('/tmp')) && !volumeMounts.some(({ mountPath }: Manifest) => mountPath === '/tmp'),
  ),
);

invariant('who is told to write to /tmp has a volume there', homeless, {
  'one without': (broken) => {
    broken.container('Deployment kyuubi').volumeMounts = [];
  },
});

/** Those that Pod Security "restricted" admits and we use; each empty directory has a limit. */
const badVolumes = violating(({ volumes = [] }) =>
  volumes.some(({ name, emptyDir, ...source }: Manifest) => !emptyDir?.sizeLimit && !source.configMap && !source.secret && !source.projected),
);

invariant('volumes are configuration, Secrets, API access and empty directories with a limit', badVolumes, {
  'a directory of the host': (broken) => pod(broken, 'minio').volumes.push({ name: 'host', hostPath: { path: '/' } }),
  'an empty directory without a limit': (broken) => pod(broken, 'minio').volumes.push({ name: 'cache', emptyDir: {} }),
});

function unknownMounts(spec: Manifest, { owner }: Pod, manifests: Manifests): string[] {
  const claims = manifests.all('StatefulSet').filter(({ metadata }) => owner === `StatefulSet ${metadata.name}`);
  const names = [
    ...(spec.volumes ?? []),
    ...claims.flatMap((set) => (set.spec.volumeClaimTemplates ?? []).map(({ metadata }: Manifest) => metadata)),
  ];
  const mounts = containers(spec).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }: Manifest) => name));
  const known: string[] = names.map(({ name }) => name);
  return [
    ...mounts.filter((name) => !known.includes(name)),
    ...known.filter((name) => !mounts.includes(name) || known.indexOf(name) !== known.lastIndexOf(name)),
  ];
}

const mismounted = (manifests: Manifests) =>
  manifests.pods.flatMap((one) => unknownMounts(one.template.spec, one, manifests).map((name) => `${name} of ${one.owner}`));

invariant('every mount has its volume, and every volume its mount', mismounted, {
  'a mount without a volume': (broken) => broken.container('StatefulSet minio').volumeMounts.push({ name: 'nowhere', mountPath: '/nowhere' }),
  'a volume without a mount': (broken) => pod(broken, 'minio').volumes.push({ name: 'unused', emptyDir: {} }),
  'a volume without a claim': (broken) => {
    broken.get('StatefulSet', 'minio').spec.volumeClaimTemplates = [];
  },
  'two volumes of one name': (broken) => pod(broken, 'minio').volumes.push({ name: 'tmp', emptyDir: {} }),
});

const linked = violating(({ enableServiceLinks }) => enableServiceLinks !== false);

invariant('no pod gets the variables of all Services', linked, {
  'service links': (broken) => delete pod(broken, 'minio').enableServiceLinks,
});

/** All others have no use for the API. */
const USERS_OF_THE_API = ['Deployment kyuubi', 'Deployment hive-metastore', 'driver.yaml'];

const tokens = violating(({ automountServiceAccountToken }, { owner }) => automountServiceAccountToken !== USERS_OF_THE_API.includes(owner));

invariant('only the gateway, the metastore and drivers have a token of the API', tokens, {
  'a token': (broken) => {
    pod(broken, 'minio').automountServiceAccountToken = true;
  },
  'no word about it': (broken) => delete pod(broken, 'postgres').automountServiceAccountToken,
  'a gateway without': (broken) => {
    pod(broken, 'kyuubi').automountServiceAccountToken = false;
  },
});
