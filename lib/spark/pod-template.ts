import { Size, Yaml } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import type { ConfigFile } from '../config/config-file';
import { Credentials } from '../k8s/credentials';
import { type ContainerProps, podTemplate } from '../k8s/pod';
import { shell } from '../k8s/shell';
import { Volume } from '../k8s/volume';
import type { ILibraries } from '../libraries/libraries';
import type { Release } from '../release';
import type { Secrets } from '../secrets/secrets';

export const DRIVER = 'spark-driver';
export const EXECUTOR = 'spark-executor';
export const ENGINE_JAR = '/opt/kyuubi-engine/engine.jar';
/** Of an engine's Thrift interface, which is the gateway's alone. */
export const ENGINE_PORT = 10009;
export const LIBRARIES = '/opt/libraries';
/** `spark` in Spark's image. */
export const SPARK_UID = 185;

export interface PodTemplateProps {
  readonly release: Release;
  readonly libraries: ILibraries;
  readonly secrets: Secrets;
}

/** What Spark completes to the pod of a driver. One for all tenants: what differs is in their namespaces. */
export function driverTemplate({ release, libraries, secrets }: PodTemplateProps): ConfigFile {
  const engine = Volume.scratch('engine', Size.mebibytes(256));
  const main = sparkContainer('driver', libraries, secrets);
  return template('driver.yaml', DRIVER, {
    automountServiceAccountToken: true,
    initContainers: [
      main.install,
      {
        name: 'engine',
        image: release.images.kyuubi,
        command: shell(`cp /opt/kyuubi/externals/engines/spark/kyuubi-spark-sql-engine_${release.versions.scala}-*.jar /engine/engine.jar`),
        mounts: { '/engine': engine },
        resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) },
      },
    ],
    containers: [
      {
        ...main.container,
        command: shell(checked(release)),
        ports: { thrift: ENGINE_PORT },
        mounts: { ...main.container.mounts, '/opt/kyuubi-engine': engine },
      },
    ],
  });
}

/** Shell: what Spark's image does, if it is one of this release. A tenant may bring its own, which no container sees that has more rights than its engines. */
const checked = ({ versions: { spark, scala, java }, images }: Release) => `
if ! [ -e /opt/spark/jars/spark-core_${scala}-${spark}.jar ] || ! grep -q '^JAVA_VERSION="${java}[."]' "$JAVA_HOME/release"; then
  echo "the image has $(cd /opt/spark/jars 2>&1 && ls spark-core_* 2>&1) and $(grep JAVA_VERSION= "$JAVA_HOME/release" 2>&1), but an engine is Spark ${spark} for Scala ${scala} with Java ${java}: build it from ${images.spark}" >&2
  exit 1
fi
exec /opt/entrypoint.sh "$0" "$@"`;

/** What Spark completes to the pod of an executor. It has no API token. */
export function executorTemplate({ libraries, secrets }: PodTemplateProps): ConfigFile {
  const main = sparkContainer('executor', libraries, secrets);
  return template('executor.yaml', EXECUTOR, {
    // Time to hand its blocks to another executor.
    terminationGracePeriodSeconds: 60,
    initContainers: [main.install],
    containers: [main.container],
  });
}

function template(file: string, name: string, spec: Omit<Parameters<typeof podTemplate>[0], 'name' | 'uid'>): ConfigFile {
  const manifest = k8s.KubePod.manifest(podTemplate({ name, uid: SPARK_UID, ...spec }));
  return { name: file, render: () => Yaml.stringify(manifest) };
}

function sparkContainer(role: string, libraries: ILibraries, secrets: Secrets): { install: ContainerProps; container: ContainerProps } {
  const jars = Volume.scratch('libraries', Size.gibibytes(1));
  const login = new Credentials(secrets.revised('object-store'));
  return {
    install: libraries.install(jars, login),
    container: {
      name: `spark-kubernetes-${role}`,
      env: { AWS_ACCESS_KEY_ID: login.username, AWS_SECRET_ACCESS_KEY: login.password, HOME: '/tmp' },
      mounts: {
        [LIBRARIES]: jars,
        '/tmp': Volume.scratch('tmp', Size.gibibytes(4)),
        '/opt/spark/work-dir': Volume.scratch('work', Size.gibibytes(1)),
      },
    },
  };
}
