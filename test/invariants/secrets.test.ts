import { environment } from '../../environments';
import { Secrets } from '../../lib/secrets/secrets';
import { invariant, type Manifest, Manifests } from '../manifests';

const names = (manifests: Manifest[]) => manifests.map(({ metadata }) => metadata.name);

const cleared = (manifests: Manifests) =>
  manifests.throwAway ? [] : names(manifests.all('Secret').filter(({ data, stringData }) => data || stringData));

invariant('a Secret has values in throw-away environments only', cleared, {
  'values in an environment that lasts': (broken) => {
    broken.throwAway = false;
  },
});

const unmarked = (manifests: Manifests) =>
  names(manifests.all('Secret').filter(({ metadata }) => metadata.labels['lakehouse.dev/development-only'] !== 'true'));

invariant('a Secret says that it is for development only', unmarked, {
  'one that does not': (broken) => delete broken.get('Secret', 'minio-root').metadata.labels['lakehouse.dev/development-only'],
});

/** Who a login is for is no secret. */
const passwords = (manifests: Manifests): string[] =>
  manifests.all('Secret').flatMap(({ data }) =>
    Object.entries<string>(data)
      .filter(([key]) => key !== 'username')
      .map(([, value]) => Buffer.from(value, 'base64').toString()),
  );

function leaked(manifests: Manifests): string[] {
  const others = manifests.all().filter((manifest) => manifest.kind !== 'Secret');
  return passwords(manifests).flatMap((password) =>
    names(others.filter((manifest) => JSON.stringify(manifest).includes(password))).map((name) => `${password} in ${name}`),
  );
}

invariant('no password stands outside of the Secrets', leaked, {
  'one in a ConfigMap': (broken) => {
    broken.get('ConfigMap', 'hive-metastore').data['hive-site.xml'] = '<value>metastore-password</value>';
  },
  'one as the value of a variable': (broken) => broken.container('StatefulSet minio').env.push({ name: 'PASSWORD', value: 'minio-root-password' }),
  'one as an argument': (broken) => broken.container('StatefulSet minio').args.push('--password=minio-root-password'),
  'one in an annotation': (broken) => {
    broken.get('Service', 'kyuubi').metadata.annotations.password = 'ana-password';
  },
});

test('kind has a password for everybody, all different', () => {
  const all = passwords(Manifests.of('kind'));
  // Those of the store's users are in their own Secret and in that of the store.
  expect(new Set(all).size).toBe(all.length - 3);
  expect(all).toEqual(expect.arrayContaining(['ana-password', 'minio-root-password', 'postgres-password', 'tenant-demo-password']));
});

/** A variable by whose name a person would look for a password; not one that says in which file it is. */
const SECRET_VARIABLE = /(PASSWORD|SECRET|TOKEN)(?!.*_FILE$)/;

const literal = (manifests: Manifests) =>
  manifests.pods.flatMap(({ owner, template: { spec } }) =>
    [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ env = [] }: Manifest) =>
      env.filter(({ name, value }: Manifest) => SECRET_VARIABLE.test(name) && value !== undefined).map(({ name }: Manifest) => `${name} of ${owner}`),
    ),
  );

invariant('variables with passwords come from Secrets', literal, {
  'one that does not': (broken) => broken.container('Deployment hive-metastore').env.push({ name: 'PGPASSWORD', value: 'x' }),
});

test('fails for passwords in clear in an environment that lasts', () => {
  const clear = { ...environment('production'), secrets: Secrets.development() };
  expect(() => Manifests.of(clear)).toThrow(/passwords in clear.*throw-away.*Secrets\.existing\(\)/);
  expect(() => Manifests.of({ ...environment('kind'), throwAway: undefined })).toThrow('passwords in clear');
});
