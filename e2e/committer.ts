import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SparkPod } from './spark-pod';

/** The commit is the driver's work: without executors, and with one partition for one row, there are more of them in a second. */
const LOCAL =
  '--master local[1] --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=1 --conf spark.databricks.delta.snapshotPartitions=1';
/** They live for a minute: what the JVM compiles well they hardly use. */
const SHORT_LIVED = "export SPARK_SUBMIT_OPTS='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'";

export const DELTAS_OWN = { 'spark.delta.logStore.s3a.impl': 'io.delta.storage.S3SingleDriverLogStore' };

let jar: string;

/** Once for all drivers to come. */
export async function compile(): Promise<void> {
  const pod = await SparkPod.start({
    name: 'e2e-compile',
    files: { 'Committer.java': readFileSync(join(__dirname, 'clients/Committer.java'), 'utf8') },
    script: `javac -d /tmp/classes -cp '/opt/spark/jars/*' /e2e/Committer.java
jar --create --file /tmp/committer.jar -C /tmp/classes .
base64 /tmp/committer.jar`,
  });
  jar = await pod.output(120);
}

/** A folder with an empty table `appends` and a table `counter` with a 0, which no test before has used. */
export async function newTables(): Promise<string> {
  const folder = `warehouse/e2e_commits/${Date.now()}`;
  const script = `
CREATE TABLE delta.\`s3a://lakehouse/${folder}/appends\` (driver STRING, n INT) USING delta PARTITIONED BY (driver);
CREATE TABLE delta.\`s3a://lakehouse/${folder}/counter\` (value INT) USING delta;
INSERT INTO delta.\`s3a://lakehouse/${folder}/counter\` VALUES (0);`;
  const pod = await SparkPod.start({
    name: 'e2e-tables',
    files: { 'script.sql': script },
    script: `${SHORT_LIVED}\nexec spark-sql $SETTINGS ${LOCAL} -f /e2e/script.sql`,
  });
  await pod.output(120);
  return folder;
}

/** Shell: `clients/Committer.java` with these arguments. */
export const submit = (folder: string, driver: string, count: number, counter = false) =>
  `spark-submit $SETTINGS ${LOCAL} --class Committer /tmp/committer.jar s3a://lakehouse/${folder} ${driver} ${count} ${counter ? 'counter' : ''}`;

/** A pod that runs `script`, in which {@link submit} works. */
export const committerPod = (name: string, script: string, settings: Record<string, string> = {}) =>
  SparkPod.start({ name, files: { jar }, script: `base64 -d /e2e/jar >/tmp/committer.jar\n${SHORT_LIVED}\n${script}`, settings });

/** A driver in a pod of its own that appends `count` rows, each in a commit. */
export const committer = (
  name: string,
  folder: string,
  driver: string,
  count: number,
  { counter, settings }: { counter?: boolean; settings?: Record<string, string> } = {},
) => committerPod(name, `exec ${submit(folder, driver, count, counter)}`, settings);
