import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { textFile } from '../../config/config-volume';
import type { ContainerProps } from '../../k8s/pod';
import { shell } from '../../k8s/shell';
import { Volume } from '../../k8s/volume';
import { JAVAC, javaSources, sourceFiles } from '../../libraries/java-library';
import type { Release } from '../../release';
import { firstSettings, type SettingsVolumes, settingsMounts } from '../take-over';

/** Of ours, among the server's settings. */
export const PROGRAMS = [
  textFile('spark-submit', readFileSync(join(__dirname, 'spark-submit.sh'), 'utf8')),
  ...sourceFiles({ sources: javaSources(__dirname) }),
];

/** Shell: a Spark whose `spark-submit` is ours. */
const SPARK = `
mkdir -p /home/spark/bin
ln -sf /opt/spark/jars /opt/spark/python /home/spark/
cp /settings/spark-submit /home/spark/bin/
chmod +x /home/spark/bin/spark-submit`;

/** Shell: a server whose main class is ours, and whose classes are found before those of others. */
const MAIN = `
${JAVAC} -d /tmp/classes -cp '/home/jars/*' /settings/*.java
jar --create --file /home/jars/lakehouse-gateway.jar -C /tmp/classes .
sed -i -e 's/^CLASS="org.apache.kyuubi.server.KyuubiServer"$/CLASS="lakehouse.Gateway"/' \
  -e 's#^KYUUBI_CLASSPATH="$\{KYUUBI_CONF_DIR}#KYUUBI_CLASSPATH="$\{KYUUBI_JAR_DIR}/lakehouse-gateway.jar:$\{KYUUBI_CONF_DIR}#' /home/bin/kyuubi
for ours in lakehouse.Gateway lakehouse-gateway.jar; do
  grep -q "$ours" /home/bin/kyuubi && continue
  echo "bin/kyuubi starts another class than the one that ours extends: is the image that of the release's Kyuubi?" >&2
  exit 1
done`;

/** Kyuubi's own image has a Java that cannot run Spark 4: its files go into a pod of Spark's image, with its configuration. */
export function serverFiles(release: Release, settings: SettingsVolumes, tenants: Volume): ContainerProps[] {
  return [
    {
      name: 'kyuubi-files',
      image: release.images.kyuubi,
      command: shell(`cp -r /opt/kyuubi/bin /opt/kyuubi/jars /opt/kyuubi/beeline-jars /home/${SPARK}${firstSettings('/tenants')}`),
      mounts: { ...settingsMounts(settings), '/tenants': tenants },
      resources: { cpu: Cpu.millis(50), memory: Size.mebibytes(512) },
    },
    {
      name: 'main-class',
      image: release.images.spark,
      command: shell(MAIN),
      mounts: { ...settingsMounts(settings), '/tmp': Volume.scratch('classes', Size.mebibytes(16)) },
      resources: { cpu: Cpu.millis(200), memory: Size.mebibytes(384) },
    },
  ];
}
