import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../../environments';
import { Release } from '../../lib/release';
import { Manifests } from '../manifests';

const kind = environment('kind');
const withImage = (image: string) => Manifests.of({ ...kind, tenants: { analytics: { users: ['ana'], image }, science: { users: ['cleo'] } } });

test("a tenant's own image is that of its engines, and of nobody else's", () => {
  const own = 'registry.example.com/analytics:1';
  const settings = withImage(own).properties('tenants.conf');
  expect(settings).toMatchObject({ '___ana___.spark.kubernetes.container.image': own });
  expect(Object.keys(settings).filter((key) => key.startsWith('___cleo___.spark.kubernetes.container'))).toEqual([]);
  const images = withImage(own).pods.flatMap(({ template: { spec } }) =>
    [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => image),
  );
  // A container with the gateway's rights would run what a team has put into it.
  expect(images).not.toContain(own);
});

test.each(['analytics:1', 'registry.example.com/analytics', 'registry.example.com/analytics:latest'])('%s: an error', (image) => {
  expect(() => withImage(image)).toThrow(`tenants.analytics.image is '${image}': write it as registry/name:tag`);
});

/** What the container of a driver does in an image with these. */
function driver(core: string | undefined, java: string) {
  const spark = mkdtempSync(join(tmpdir(), 'lakehouse-image-'));
  writeFileSync(join(spark, 'release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${java}"\n`);
  if (core) {
    mkdirSync(join(spark, 'jars'));
    writeFileSync(join(spark, 'jars', core), '');
  }
  const { command } = Manifests.of(kind).pods.find(({ owner }) => owner === 'driver.yaml')!.template.spec.containers[0];
  const [program, ...words] = command.map((word: string) => word.replaceAll('/opt/spark', spark).replace('/opt/entrypoint.sh', 'echo'));
  return spawnSync(program, [...words, 'driver', '--class', 'a b'], { encoding: 'utf8', env: { ...process.env, JAVA_HOME: spark } });
}

test("the release's image starts what Spark wants to start", () => {
  expect(driver('spark-core_2.13-4.1.2.jar', '17.0.16')).toMatchObject({ status: 0, stdout: 'driver --class a b\n', stderr: '' });
});

test.each([
  ['another Spark', 'spark-core_2.13-4.0.1.jar', '17.0.16', 'the image has spark-core_2.13-4.0.1.jar and JAVA_VERSION="17.0.16"'],
  ['another Scala', 'spark-core_2.12-4.1.2.jar', '17.0.16', 'the image has spark-core_2.12-4.1.2.jar'],
  ['another Java', 'spark-core_2.13-4.1.2.jar', '21.0.1', 'and JAVA_VERSION="21.0.1"'],
  ['no Spark', undefined, '17.0.16', 'the image has '],
])('an image with %s says so instead', (_, core, java, has) => {
  const { status, stdout, stderr } = driver(core, java);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain(has);
  expect(stderr).toContain(
    'an engine is Spark 4.1.2 for Scala 2.13 with Java 17: build it from docker.io/apache/spark:4.1.2-scala2.13-java17-python3-ubuntu',
  );
});

test('the page about Python builds one from the image of the release', () => {
  expect(readFileSync(join(__dirname, '../../docs/python.md'), 'utf8')).toContain(`FROM ${Release.SPARK_4_1.images.spark}\n`);
});
