import { environment } from '../../environments';
import { Libraries } from '../../lib/libraries/libraries';
import { ObjectStore } from '../../lib/object-store/object-store';
import type { SparkConf } from '../../lib/spark/spark-conf';
import { type Manifest, Manifests } from '../manifests';

const kind = environment('kind');
const withSpark = (spark: Record<string, string | boolean>) => () => Manifests.of({ ...kind, spark: spark as SparkConf });

describe('the log store', () => {
  test.each(['s3a', 's3', 's3n'])('is ours for the scheme %s', (scheme) => {
    expect(Manifests.of('kind').properties('spark-defaults.conf')[`spark.delta.logStore.${scheme}.impl`]).toBe('lakehouse.PutIfAbsentLogStore');
  });

  test('is compiled where the libraries are published, against Spark and them', () => {
    const { command } = Manifests.of('kind')
      .get('Deployment', 'libraries')
      .spec.template.spec.initContainers.find(({ name }: Manifest) => name === 'resolve');
    expect(command.at(-1)).toMatch(/javac .*--release 17 .*-cp '\/opt\/spark\/jars\/\*:\/libraries\/\*' \/lock\/PutIfAbsentLogStore\.java/);
    expect(command.at(-1)).toContain('sha256sum lakehouse-log-store.jar >>SHA256SUMS');
    expect(Manifests.of('kind').text('PutIfAbsentLogStore.java')).toContain('class PutIfAbsentLogStore extends HadoopFileSystemLogStore');
  });

  test.each([
    ['spark.delta.logStore.s3a.impl', 'io.delta.storage.S3SingleDriverLogStore', /is set by the lakehouse to 'lakehouse\.PutIfAbsentLogStore'/],
    ['spark.delta.logStore.s3.impl', 'io.delta.storage.S3SingleDriverLogStore', /is set by the lakehouse/],
    ['spark.delta.logStore.class', 'io.delta.storage.S3SingleDriverLogStore', /is refused: Delta refuses it beside/],
    ['spark.hadoop.delta.enableFastS3AListFrom', true, /is refused: .*Remove it; docs\/commits\.md/],
    ['spark.hadoop.fs.s3a.performance.flags', 'create', /is refused: it takes away S3A's checks/],
    ['spark.hadoop.fs.s3a.bucket.lakehouse.performance.flags', '*', /is refused: it takes away S3A's checks/],
    ['spark.hadoop.fs.s3a.create.performance', true, /is refused: it takes away S3A's checks/],
    ['spark.hadoop.fs.s3a.create.conditional.enabled', false, /is refused: .*no commit is written/],
  ])('cannot be undone by %s', (key, value, message) => {
    expect(withSpark({ [key]: value })).toThrow(message);
  });
});

describe('the proof that the store creates an object once', () => {
  test.each(
    Object.entries({
      'a MinIO of ours': {},
      'an external store': { objectStore: ObjectStore.external({ url: 'https://s3.example.com', bucket: 'data' }) },
      'libraries from an image': { libraries: Libraries.image('registry.example.com/libraries:1') },
    }),
  )('is made for %s, and the gateway waits for it', (_, changes) => {
    const manifests = Manifests.of({ ...kind, ...changes });
    const watched = manifests
      .all('Service')
      .find(({ spec }) => spec.ports.some(({ name }: Manifest) => name === 'watcher') && spec.clusterIP !== 'None');
    const database = manifests.get('Deployment', 'kyuubi').spec.template.spec.initContainers.find(({ name }: Manifest) => name === 'database');
    expect(database.command.at(-1)).toContain(`/dev/tcp/${watched.metadata.name}.lakehouse.svc/9100`);
    expect(database.command.at(-1)).toContain('GET /conditional-writes ');
  });
});
