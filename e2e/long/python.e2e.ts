import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Release } from '../../lib/release';
import { cluster, eventually, inSession, NAMESPACE, rest, TENANT, USER } from '../lakehouse';
import { bringUp } from '../setup';
import { applyTenants, as, removeTenants, TENANTS } from '../tenants';
import { withGateway } from '../with-gateway';
import { testCluster } from './test-cluster';

/** The release's image with what docs/python.md installs. */
const TEAMS = 'registry.example.com/science:1';
const OTHER = 'docker.io/apache/hive:4.0.0';

async function buildTeamsImage(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lakehouse-image-'));
  const archive = join(folder, 'image.tar');
  const images = (...words: string[]) => testCluster('ctr', '-n', 'k8s.io', 'images', ...words);
  const packages = ['pandas==2.3.3', 'pyarrow==22.0.0'];
  const target = join(folder, 'layer/usr/local/lib/python3.11/dist-packages');
  execFileSync('pip', ['install', '--quiet', '--target', target, '--python-version', '3.11', '--only-binary=:all:', ...packages]);
  await images('export', archive, Release.SPARK_4_1.images.spark);
  execFileSync('python3', [join(__dirname, 'layer.py'), archive, join(folder, 'layer'), TEAMS]);
  await images('import', archive);
}

beforeAll(async () => {
  await bringUp(process.env.LAKEHOUSE_CONTEXT!);
  await buildTeamsImage();
  await applyTenants({
    ...ENGINES,
    science: { ...TENANTS.science!, reads: [], image: TEAMS },
    visitors: { users: ['dora'], engine: TENANTS.science!.engine, image: OTHER },
  });
}, 900_000);

const ENGINES = { demo: TENANTS.demo! };

const python = (user: string, ...statements: string[]) =>
  inSession(async (session) => {
    await session.run('SET kyuubi.operation.language=PYTHON');
    let answer: unknown[][] = [];
    for (const statement of statements) answer = await session.run(statement);
    return answer[0]?.[0];
  }, user);

withGateway("pandas functions run on executors of a team's own image", async () => {
  const twice = 'from pyspark.sql.functions import pandas_udf\n@pandas_udf("long")\ndef twice(numbers):\n    return 2 * numbers';
  const answer = await python('cleo', twice, 'spark.range(0, 1000, 1, 2).select(twice("id").alias("n")).groupBy().sum("n").toPandas().iloc[0, 0]');
  expect(answer).toContain('999000');
});

withGateway("an engine with an image of something else does not start, and the session's error says so in a sentence", async () => {
  const began = Date.now();
  const refused = as('dora', 'SELECT 1');
  await expect(refused).rejects.toThrow(
    'but an engine is Spark 4.1.2 for Scala 2.13 with Java 17: build it from docker.io/apache/spark:4.1.2-scala2.13-java17-python3-ubuntu',
  );
  await expect(refused).rejects.not.toThrow('PodStatus');
  expect(Date.now() - began).toBeLessThan(60_000);
});

withGateway('Python that takes more memory than its pod has costs its engine at most, and the next session answers', async () => {
  await expect(python(USER, 'held = bytearray(3_000_000_000)')).rejects.toThrow();
  const fat = 'from pyspark.sql.functions import udf\n@udf("long")\ndef fat(number):\n    return len(bytearray(3_000_000_000))';
  await expect(python(USER, fat, 'spark.range(0, 10, 1, 2).select(fat("id").alias("n")).collect()')).rejects.toThrow();
  await expect(python(USER, 'spark.range(7).count()')).resolves.toBe('7');
});

const JOB = `
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf
spark = SparkSession.builder.getOrCreate()
spark.sql("DROP TABLE IF EXISTS default.from_batch")
twice = udf(lambda number: 2 * number, "long")
spark.range(10).select(twice("id").alias("n")).write.mode("overwrite").saveAsTable("default.from_batch")
`;

withGateway('a file of Python in the folder of a tenant runs as a batch', async () => {
  const resource = 's3a://lakehouse/tenants/demo/jobs/nightly.py';
  const write = `path = spark._jvm.org.apache.hadoop.fs.Path("${resource}")
out = path.getFileSystem(spark._jsc.hadoopConfiguration()).create(path)
out.write(bytearray(${JSON.stringify(JOB)}, "utf8"))
out.close()`;
  await python(USER, write);
  await cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, async (port) => {
    const ask = await rest(port, USER);
    const { id } = JSON.parse((await ask('POST', '/batches', { batchType: 'PYSPARK', name: 'nightly', resource, conf: {} })).text);
    await eventually('it has ended well', 300, async () => JSON.parse((await ask('GET', `/batches/${id}`)).text).state === 'FINISHED');
  });
  await expect(as(USER, 'SELECT sum(n) FROM default.from_batch')).resolves.toEqual([[90]]);
  const drivers = await cluster.list('pods', '-n', TENANT, '-l', 'spark-role=driver,spark-app-name=nightly');
  expect(drivers.every(({ spec }) => spec.serviceAccountName === 'spark-driver')).toBe(true);
});

afterAll(() => removeTenants('science', 'visitors'));
