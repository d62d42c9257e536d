import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../../environments';
import { Libraries } from '../../lib/libraries/libraries';
import { checksums, ivyModule, ivySettings, LOCK_FILE, locked } from '../../lib/libraries/lock';
import { Release } from '../../lib/release';
import { Manifests, synthesize } from '../manifests';

const kind = environment('kind');
const release = Release.SPARK_4_1;
const withLibraries = (libraries: Libraries, more = {}) => Manifests.of({ ...kind, ...more, libraries });

describe('the lock', () => {
  const entry = locked(release, []);

  test('has the checksum of each jar that the release names, and of what they need', () => {
    expect(Object.keys(entry.jars)).toEqual(expect.arrayContaining(release.coordinates));
    expect(Object.values(entry.jars).filter((sha256) => !/^[0-9a-f]{64}$/.test(sha256))).toEqual([]);
  });

  test('does not bring what Spark has, or a second version of anything', () => {
    const artifacts = Object.keys(entry.jars).map((jar) => jar.split(':').slice(0, 2).join(':'));
    expect(new Set(artifacts).size).toBe(artifacts.length);
    expect(artifacts.filter((artifact) => /scala-library|:bundle$|hadoop-client|spark-core/.test(artifact))).toEqual([]);
  });

  test('becomes a file that sha256sum reads, by the names that Ivy gives', () => {
    const lines = checksums(entry).render().trim().split('\n');
    expect(lines).toHaveLength(Object.keys(entry.jars).length);
    expect(lines).toContainEqual(expect.stringMatching(/^[0-9a-f]{64} {2}postgresql-42\.7\.11\.jar$/));
  });

  test('becomes a module that asks for each jar and for nothing else', () => {
    const dependencies = ivyModule(entry)
      .render()
      .match(/<dependency .*>/g)!;
    expect(dependencies).toHaveLength(Object.keys(entry.jars).length);
    expect(dependencies.filter((line) => !line.includes('transitive="false"'))).toEqual([]);
    expect(dependencies).toContainEqual(expect.stringContaining('org="org.apache.hadoop" name="hadoop-aws" rev="3.4.2"'));
  });

  test('is in files whose checksums are right', () => {
    const directory = mkdtempSync(join(tmpdir(), 'lakehouse-checksums-'));
    const jar = { 'com.example:library:1': createHash('sha256').update('content').digest('hex') };
    writeFileSync(join(directory, 'library-1.jar'), 'content');
    writeFileSync(join(directory, 'SHA256SUMS'), checksums({ coordinates: [], jars: jar }).render());
    const check = () => execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: directory, stdio: 'pipe' });
    expect(check).not.toThrow();
    writeFileSync(join(directory, 'library-1.jar'), 'other content');
    expect(check).toThrow('1 computed checksum did NOT match');
    rmSync(directory, { recursive: true });
  });

  test('fails for coordinates that are not in it, naming them and the file', () => {
    const message = new RegExp(`lib/libraries/${LOCK_FILE.split('/').at(-1)} has no checksums for .*com\\.example:other:1.*: run '`);
    expect(() => locked(release, ['com.example:other:1'])).toThrow(message);
    expect(() => locked(Release.custom({ awsSdk: '2.30.0' }), [])).toThrow('software.amazon.awssdk:s3:2.30.0');
  });

  // package.json has no 'lock'.
  test('fails with a command that exists', () => {
    const { scripts } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
    const command = () => locked(release, ['com.example:other:1']);
    expect(command).toThrow(new RegExp(`'npm run (${Object.keys(scripts).join('|')})'`));
  });
});

describe('from Maven', () => {
  const maven = withLibraries(Libraries.maven({ repository: 'https://maven.example.com:8443/releases', cidr: '10.1.2.3/32' }));

  test('come from the repository that is named, in its network', () => {
    expect(maven.text('ivysettings.xml')).toContain('root="https://maven.example.com:8443/releases/"');
    expect(maven.get('NetworkPolicy', 'libraries').spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '10.1.2.3/32' } }],
      ports: [{ port: 8443, protocol: 'TCP' }],
    });
  });

  test.each([
    [undefined, 443],
    ['https://maven.example.com/', 443],
    ['http://maven.example.com/', 80],
  ])('%s is dialled on the port %d', (repository, port) => {
    const ports = withLibraries(Libraries.maven({ repository }))
      .get('NetworkPolicy', 'libraries')
      .spec.egress.flatMap((rule: { ports: object[] }) => rule.ports);
    expect(ports).toContainEqual({ port, protocol: 'TCP' });
  });

  test("come from the resolver's own repository if none is named", () => {
    expect(ivySettings().render()).not.toContain('root=');
  });

  test('are checked before they are published, and again where they are installed', () => {
    const scripts = ['Deployment libraries', 'Deployment hive-metastore', 'driver.yaml', 'executor.yaml'].map((owner) => {
      const { initContainers } = maven.pods.find((pod) => pod.owner === owner)!.template.spec;
      return initContainers.map(({ command }: { command: string[] }) => command.at(-1)).join('\n');
    });
    for (const script of scripts) expect(script).toContain('sha256sum --quiet -c SHA256SUMS');
  });

  test('lie in a folder by their content, the same for all', () => {
    const targets = (manifests: Manifests) => new Set(JSON.stringify(manifests.files).match(/lakehouse\/libraries\/[0-9a-f]{8}/g));
    expect(targets(maven).size).toBe(1);
    expect(targets(maven)).toEqual(targets(Manifests.of('kind')));
  });

  test.each([
    'ftp://maven.example.com',
    'file:///repository',
    'https://maven example.com',
    'https://maven.example.com/"/>',
    'https://maven.example.com/?a=b',
    'http://maven:99999/',
  ])("fails for the repository '%s'", (repository) => {
    expect(() => ivySettings(repository)).toThrow(`the Maven repository is '${repository}': give a URL that begins with http:// or https://`);
  });

  // The constructor parses it before anybody checks it, and says 'Invalid URL' only.
  test.each(['maven.example.com', ''])("fails for the repository '%s', with its name", (repository) => {
    expect(() => withLibraries(Libraries.maven({ repository }))).toThrow(`the Maven repository is '${repository}': give a URL`);
  });

  test('fails for further coordinates that cannot work', () => {
    expect(() => withLibraries(Libraries.maven({ extra: ['io.delta:delta-spark_2.13:4.3.1'] }))).toThrow(
      "'io.delta:delta-spark_2.13:4.3.1' is built for",
    );
  });
});

describe('from an image', () => {
  const image = 'registry.example.com:5000/lakehouse/libraries:1';
  const props = { ...kind, libraries: Libraries.image(image) };

  test('are copied from it by all who need them', () => {
    const manifests = Manifests.of(props);
    for (const owner of ['Deployment hive-metastore', 'driver.yaml', 'executor.yaml']) {
      const { initContainers } = manifests.pods.find((pod) => pod.owner === owner)!.template.spec;
      expect(initContainers).toContainEqual(expect.objectContaining({ name: 'libraries', image }));
    }
  });

  test('need no pod, no login and no folder', () => {
    const manifests = Manifests.of(props);
    expect(Object.keys(manifests.files)).not.toContain('2-libraries');
    expect(manifests.get('ConfigMap', 'minio-users').data['tenant-demo']).not.toContain('libraries');
  });

  test('come with the Dockerfile to build it', () => {
    const { 'libraries.Dockerfile': dockerfile, ...others } = synthesize(props);
    expect(Object.keys(others).filter((name) => !name.endsWith('.k8s.yaml'))).toEqual([]);
    expect(dockerfile).toContain(`FROM ${release.images.spark} AS resolve`);
    expect(dockerfile).toContain(checksums(locked(release, [])).render());
    expect(dockerfile).toMatch(/^sha256sum .*SHA256SUMS \|\| .*exit 1; }$/m);
    expect(dockerfile).toMatch(/^USER 65534$/m);
  });

  test('leave no Dockerfile if there is no image', () => {
    expect(Object.keys(synthesize(kind))).not.toContain('libraries.Dockerfile');
  });

  test.each(['registry.example.com/libraries:1', `registry.example.com/libraries@sha256:${'0'.repeat(64)}`])('%s is pinned', (pinned) => {
    expect(() => withLibraries(Libraries.image(pinned))).not.toThrow();
  });

  test.each([
    'registry.example.com/libraries',
    'registry.example.com:5000/libraries',
    'registry.example.com/libraries:latest',
    '',
    'https://registry.example.com/libraries:1',
    'registry.example.com/Libraries:1',
    'registry.example.com/libraries:1 ',
    'registry.example.com/libraries@sha256:abc',
  ])("fails for the image '%s'", (bad) => {
    expect(() => withLibraries(Libraries.image(bad))).toThrow(
      `the libraries' image is '${bad}': write it as registry/name:tag, with a tag other than 'latest', or with its digest`,
    );
  });

  // What a short name means is up to each node: release.ts.
  test('fails for an image without its registry', () => {
    expect(() => withLibraries(Libraries.image('libraries:1'))).toThrow("'libraries:1'");
  });
});
