import { invariant, type Manifest, type Manifests, type Pod } from '../manifests';

interface Reference {
  readonly kind: string;
  readonly name: string;
  readonly key?: string;
  readonly optional?: boolean;
}

/** What must be there before the containers of a pod can start. */
function references({ template: { spec } }: Pod, manifests: Manifests): Reference[] {
  const containers: Manifest[] = [...(spec.initContainers ?? []), ...spec.containers];
  const volumes: Manifest[] = spec.volumes ?? [];
  const variables: Manifest[] = containers.flatMap(({ env = [] }) => env.map(({ valueFrom }: Manifest) => valueFrom ?? {}));
  const files = containers.flatMap(({ volumeMounts = [] }) =>
    volumeMounts.flatMap(({ name, subPath }: Manifest) => {
      const { configMap } = volumes.find((volume) => volume.name === name) ?? {};
      return configMap && subPath ? [{ kind: 'ConfigMap', name: configMap.name, key: subPath }] : [];
    }),
  );
  return [
    ...variables.flatMap(({ secretKeyRef, configMapKeyRef }) => [
      ...(secretKeyRef ? [{ kind: 'Secret', ...secretKeyRef }] : []),
      ...(configMapKeyRef ? [{ kind: 'ConfigMap', ...configMapKeyRef }] : []),
    ]),
    ...volumes.flatMap(({ secret, configMap, persistentVolumeClaim }) => [
      ...(secret ? secretFiles(secret) : []),
      ...(configMap ? [{ kind: 'ConfigMap', ...configMap }] : []),
      ...(persistentVolumeClaim ? [{ kind: 'PersistentVolumeClaim', name: persistentVolumeClaim.claimName }] : []),
    ]),
    ...files,
    ...accounts(spec, manifests).map((name) => ({ kind: 'ServiceAccount', name })),
  ];
}

/** Without a key that it names, a Secret cannot be mounted. */
const secretFiles = ({ secretName, optional, items = [{}] }: Manifest): Reference[] =>
  items.map(({ key }: Manifest) => ({ kind: 'Secret', name: secretName, key, optional }));

/** Spark sets those of its pods. */
function accounts(spec: Manifest, manifests: Manifests): string[] {
  const spark = spec.containers[0].name.match(/^spark-kubernetes-(.*)$/)?.[1];
  if (spark) return [manifests.properties('spark-defaults.conf')[`spark.kubernetes.authenticate.${spark}.serviceAccountName`] ?? 'none'];
  return spec.serviceAccountName ? [spec.serviceAccountName] : [];
}

function dangling(manifests: Manifests): string[] {
  const waveOf = (object: Manifest) => Number(object.metadata.annotations['argocd.argoproj.io/sync-wave']);
  return manifests.pods.flatMap((pod) =>
    references(pod, manifests)
      .filter(({ kind, optional }) => !optional && (kind !== 'Secret' || manifests.throwAway))
      .filter(
        ({ kind, name, key }) =>
          !manifests
            .all(kind)
            .some(
              (object) =>
                object.metadata.name === name &&
                object.metadata.namespace === pod.namespace &&
                (key === undefined || Object.hasOwn(object.data, key)) &&
                waveOf(object) <= pod.wave,
            ),
      )
      .map(({ kind, name, key }) => `${pod.owner} in ${pod.namespace} reads ${kind} ${name} ${key ?? ''}`),
  );
}

invariant('what a pod refers to is in its namespace, and there before it', dangling, {
  'a Secret in another namespace': (broken) => {
    broken.get('Secret', 'object-store').metadata.namespace = 'lakehouse';
  },
  'a key that the Secret has not': (broken) => delete broken.get('Secret', 'minio-root').data.password,
  'a ConfigMap of another name': (broken) => {
    broken.get('ConfigMap', 'hive-metastore').metadata.name = 'hive';
  },
  'a file that the ConfigMap has not': (broken) => delete broken.get('ConfigMap', 'hive-metastore').data['core-site.xml'],
  'a ConfigMap of a later wave': (broken) => {
    broken.get('ConfigMap', 'hive-metastore').metadata.annotations['argocd.argoproj.io/sync-wave'] = '4';
  },
  'an account that is not there': (broken) => {
    broken.get('ServiceAccount', 'kyuubi').metadata.name = 'gateway';
  },
  'an account of drivers that is not there': (broken) => {
    broken.get('ServiceAccount', 'spark-driver').metadata.name = 'driver';
  },
  'a claim that is not there': (broken) => {
    const { volumes } = broken.get('Deployment', 'kyuubi').spec.template.spec;
    volumes.push({ name: 'claim', persistentVolumeClaim: { claimName: 'nothing' } });
  },
});

function unbound(manifests: Manifests): string[] {
  const has = (kind: string, name: string, namespace: string) =>
    manifests.all(kind).some(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  return manifests
    .all('RoleBinding')
    .filter(
      ({ metadata, roleRef, subjects }) =>
        !has(roleRef.kind, roleRef.name, metadata.namespace) || subjects.some(({ kind, name, namespace }: Manifest) => !has(kind, name, namespace)),
    )
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

invariant('RoleBindings name Roles and accounts that exist', unbound, {
  'a Role that does not': (broken) => {
    broken.get('RoleBinding', 'spark-driver').roleRef.name = 'admin';
  },
  'an account in another namespace': (broken) => {
    broken.get('RoleBinding', 'engine-launcher').subjects[0].namespace = 'tenant-demo';
  },
});

const headless = (manifests: Manifests) =>
  manifests
    .all('StatefulSet')
    .filter(
      ({ metadata, spec }) =>
        !manifests
          .all('Service')
          .some(
            (service) =>
              service.metadata.name === spec.serviceName && service.metadata.namespace === metadata.namespace && service.spec.clusterIP === 'None',
          ),
    )
    .map(({ metadata }) => metadata.name);

invariant('StatefulSets have a headless Service', headless, {
  'one of another name': (broken) => {
    broken.get('StatefulSet', 'minio').spec.serviceName = 'minio';
  },
});
