import type { Catalog } from '../../lib/config/catalog';
import { Release } from '../../lib/release';
import { invariant, LIVE, type Manifest, type Manifests } from '../manifests';

const { catalogs } = Release.SPARK_4_1;

const CATALOGS: Record<string, Catalog> = {
  'kyuubi-defaults.conf': catalogs.kyuubi,
  'tenants.conf': catalogs.kyuubi,
  'spark-defaults.conf': catalogs.spark,
  'hive-site.xml': catalogs.metastore,
  'core-site.xml': catalogs.metastoreHadoop,
};

/** HAProxy does not start with a line that it does not know. */
const BY_ITSELF = ['haproxy.cfg'];

function keys(name: string, text: string): string[] {
  if (name.endsWith('.xml')) return [...text.matchAll(/<name>(.*?)<\/name>/g)].map((match) => match[1]!);
  return text.split('\n').flatMap((line) => line.match(/^[^#=]+(?==)/)?.[0] ?? []);
}

const configuration = (manifests: Manifests): [string, string][] =>
  manifests.all('ConfigMap').flatMap(({ data }) => Object.entries<string>(data).filter(([name]) => /\.(conf|cfg)$|-site\.xml$/.test(name)));

const unknown = (manifests: Manifests) =>
  configuration(manifests).flatMap(([name, text]) => {
    const catalog = CATALOGS[name];
    if (BY_ITSELF.includes(name)) return [];
    if (!catalog || keys(name, text).length === 0) return [`${name} is not checked`];
    return keys(name, text).flatMap((key) => catalog.problem(key) ?? []);
  });

const append = (broken: Manifests, map: string, file: string, text: string) => {
  broken.get('ConfigMap', map).data[file] += text;
};

invariant('every key of every configuration file is known to the program that reads it', unknown, {
  'a key of Kyuubi': (broken) => append(broken, 'kyuubi-kyuubi-config', 'kyuubi-defaults.conf', 'kyuubi.ha.enabled=true\n'),
  'a default of a user': (broken) => append(broken, 'kyuubi-tenants', 'tenants.conf', '___ana___.spark.executor.memroy=1g\n'),
  'a key of Spark': (broken) => append(broken, 'kyuubi-spark-config', 'spark-defaults.conf', 'spark.sprak=1\n'),
  'a key of the metastore': (broken) => append(broken, 'hive-metastore', 'hive-site.xml', '<name>hive.nothing</name>'),
  "a key of the metastore's Hadoop": (broken) => append(broken, 'hive-metastore', 'core-site.xml', '<name>fs.s3a.create.conditional.enabled</name>'),
  'a file that nobody checks': (broken) => {
    broken.get('ConfigMap', 'hive-metastore').data['java.conf'] = 'x=1';
  },
});

const repeated = (manifests: Manifests) =>
  configuration(manifests).flatMap(([name, text]) => {
    const all = keys(name, text);
    return all.filter((key, index) => all.indexOf(key) !== index).map((key) => `${key} in ${name}`);
  });

invariant('no key stands twice in a file', repeated, {
  'a port': (broken) => append(broken, 'kyuubi-kyuubi-config', 'kyuubi-defaults.conf', 'kyuubi.frontend.protocols=REST\n'),
});

const unrolled = (manifests: Manifests) =>
  manifests.pods.flatMap(({ owner, template: { metadata, spec } }) =>
    (spec.volumes ?? [])
      .filter(
        ({ name, configMap }: Manifest) => configMap && configMap.name !== LIVE && !/^[0-9a-f]{8}$/.test(metadata.annotations?.[`checksum/${name}`]),
      )
      .map(({ name }: Manifest) => `${name} of ${owner}`),
  );

invariant('a pod that mounts a ConfigMap has its checksum', unrolled, {
  'one that has not': (broken) => delete broken.get('Deployment', 'hive-metastore').spec.template.metadata.annotations,
  'one for another volume': (broken) => {
    const { volumes } = broken.get('Deployment', 'hive-metastore').spec.template.spec;
    volumes.find(({ configMap }: Manifest) => configMap).name = 'other';
  },
});
