import { freshSecrets } from '../../cli/secrets';
import { environment } from '../../environments';
import { Credentials } from '../../lib/k8s/credentials';
import { Secrets } from '../../lib/secrets/secrets';
import { type Manifest, Manifests } from '../manifests';

test('credentials are references, by the names that basic-auth has', () => {
  const credentials = new Credentials('login');
  expect(credentials).toEqual({ secret: 'login', username: { secret: 'login', key: 'username' }, password: { secret: 'login', key: 'password' } });
});

describe('for development', () => {
  test('stand in the YAML, marked', () => {
    let login: Credentials | undefined;
    const manifests = Manifests.in((chart) => {
      login = Secrets.development().login(chart, 'store', 'ana');
    });
    expect(login).toEqual(new Credentials('store'));
    expect(manifests.get('Secret', 'store', 'lakehouse')).toMatchObject({
      metadata: { labels: { 'lakehouse.dev/development-only': 'true', 'app.kubernetes.io/part-of': 'lakehouse' } },
      data: { username: Buffer.from('ana').toString('base64'), password: Buffer.from('ana-password').toString('base64') },
    });
  });

  test('of people are in one Secret, by their names', () => {
    const manifests = Manifests.in((chart) => Secrets.development().passwords(chart, 'users', ['ana', 'bob']));
    expect(Object.keys(manifests.get('Secret', 'users').data)).toEqual(['ana', 'bob']);
  });
});

describe('that exist', () => {
  test('are named, and not made', () => {
    const manifests = Manifests.in((chart) => {
      expect(Secrets.existing().login(chart, 'store', 'ana')).toEqual(new Credentials('store'));
      expect(Secrets.existing().passwords(chart, 'users', ['ana'])).toBe('users');
    });
    expect(manifests.all()).toEqual([]);
  });
});

/** `namespace/Secret: keys` for all that pods need, as variables and as files. */
function needed(manifests: Manifests): string[] {
  const references = manifests.pods.flatMap(({ namespace, template }) => {
    const variables = [...JSON.stringify(template).matchAll(/"secretKeyRef":(\{.*?\})/g)].map((match) => JSON.parse(match[1]!));
    const files = template.spec.volumes
      .filter(({ secret }: Manifest) => secret && !secret.optional)
      .flatMap(({ secret }: Manifest) => (secret.items ?? [{ key: 'all' }]).map(({ key }: Manifest) => ({ name: secret.secretName, key })));
    return [...variables, ...files].map(({ name, key }) => `${namespace}/${name}: ${key}`);
  });
  return [...new Set(references)].sort();
}

test('production needs these Secrets and no other: whoever makes them must know', () => {
  expect(needed(Manifests.of('production'))).toEqual([
    'lakehouse/database-kyuubi: password',
    'lakehouse/database-kyuubi: username',
    'lakehouse/database-metastore: password',
    'lakehouse/database-metastore: username',
    'lakehouse/kyuubi-tls: all',
    'lakehouse/object-store-conditional-writes: password',
    'lakehouse/object-store-conditional-writes: username',
    'lakehouse/object-store-hive-metastore: password',
    'lakehouse/object-store-hive-metastore: username',
    'tenant-analytics/object-store: password',
    'tenant-analytics/object-store: username',
    'tenant-science/object-store: password',
    'tenant-science/object-store: username',
  ]);
});

// psql logs in as the Secret says, JDBC as 'metastore' or 'kyuubi' whatever the Secret says.
test('the name of a database role comes from the Secret everywhere', () => {
  const production = Manifests.of('production');
  expect(production.text('hive-site.xml')).not.toContain('<name>javax.jdo.option.ConnectionUserName</name><value>metastore</value>');
  expect(production.properties('kyuubi-defaults.conf')).not.toHaveProperty('kyuubi.authentication.jdbc.user', 'kyuubi');
});

describe('that the command prints', () => {
  const printed = freshSecrets('production');
  const value = (namespace: string, name: string, key: string) =>
    Buffer.from(printed.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace)!.data[key]!, 'base64').toString();

  test('are all that production needs, and the first passwords of its users', () => {
    const keys = printed.flatMap(({ metadata, data }) => Object.keys(data).map((key) => `${metadata.namespace}/${metadata.name}: ${key}`));
    expect(keys).toEqual(
      expect.arrayContaining([
        // Its certificate is no password.
        ...needed(Manifests.of('production')).filter((reference) => !reference.includes('kyuubi-tls')),
        'lakehouse/kyuubi-users: ana',
        'lakehouse/kyuubi-users: cleo',
      ]),
    );
  });

  test('are different for each user and each time', () => {
    const passwords = [...new Set(printed.flatMap(({ data }) => Object.entries(data).flatMap(([key, text]) => (key === 'username' ? [] : [text]))))];
    expect(passwords.length).toBeGreaterThan(8);
    expect(passwords.filter((password) => Buffer.from(password, 'base64').length < 32)).toEqual([]);
    const again = JSON.stringify(freshSecrets('production'));
    expect(passwords.filter((password) => again.includes(password))).toEqual([]);
  });

  test('of a person are not those of any login, whatever the name', () => {
    const users = ['hive-metastore', 'kyuubi', 'metastore', 'tenant-a'];
    const secrets = Secrets.random(Secrets.existing());
    const all = Manifests.of({ ...environment('production'), throwAway: true, secrets, tenants: { a: { users } } }).all('Secret');
    const people = all.find(({ metadata }) => metadata.name === 'kyuubi-users')!;
    const logins = all.filter((secret) => secret !== people).map(({ data }) => data.password);
    expect(Object.keys(people.data)).toEqual(users);
    expect(Object.values(people.data).filter((password) => logins.includes(password))).toEqual([]);
  });

  test('are the same wherever one login is needed', () => {
    const kind = freshSecrets('kind');
    const dataOf = (name: string) => kind.find(({ metadata }) => metadata.name === name)!.data;
    expect(dataOf('minio-users')['tenant-demo']).toBe(dataOf('object-store').password);
    expect(value('tenant-science', 'object-store', 'username')).toBe('tenant-science');
  });

  test('are not what npm stop removes', () => {
    expect(JSON.stringify(printed)).not.toContain('part-of');
  });
});

describe('of another revision', () => {
  const kind = environment('kind');
  const secretsOf = (manifests: Manifests) => manifests.all('Secret').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const before = Manifests.of(kind);
  const after = Manifests.of({ ...kind, secrets: Secrets.development({ revision: '2' }) });

  test('have other names, but for those of administrators and people, and the one with the passwords of all users of the store', () => {
    const lasting = ['lakehouse/minio-root', 'lakehouse/minio-users', 'lakehouse/postgres-root', 'lakehouse/kyuubi-users'];
    expect(
      secretsOf(before)
        .filter((name) => secretsOf(after).includes(name))
        .sort(),
    ).toEqual(lasting.sort());
    expect(secretsOf(after)).toEqual(expect.arrayContaining(['tenant-demo/object-store.2', 'lakehouse/database-metastore.2']));
  });

  test('never have the name of another tenant, nor its user', () => {
    const tenants = { team: { users: ['ana'] }, 'team-2': { users: ['bob'] } };
    const names = (secrets: Secrets) =>
      Manifests.of({ ...kind, tenants, secrets })
        .all('Secret')
        .map(({ data }) => data.username)
        .filter(Boolean);
    const first = names(Secrets.development());
    expect(names(Secrets.development({ revision: '2' })).filter((name) => first.includes(name))).toEqual(
      ['minio-root', 'postgres'].map((name) => Buffer.from(name).toString('base64')),
    );
  });

  test('are what all pods read: they start anew', () => {
    expect(needed(after).filter((reference) => !reference.includes('.2: '))).toEqual([
      'lakehouse/minio-root: password',
      'lakehouse/minio-root: username',
      'lakehouse/postgres-root: password',
      'lakehouse/postgres-root: username',
    ]);
  });

  test('have other passwords, other users of the store and other roles of the database', () => {
    const login = (manifests: Manifests, name: string) => {
      const { data } = manifests.get('Secret', name, 'lakehouse');
      return [data.username, data.password].map((text) => Buffer.from(text, 'base64').toString());
    };
    expect(login(after, 'object-store-hive-metastore.2')[0]).toBe('hive-metastore.2');
    expect(login(after, 'database-metastore.2')[0]).toBe('metastore.2');
    expect(login(after, 'database-metastore.2')[1]).not.toBe(login(before, 'database-metastore')[1]);
  });

  test.each(['', 'January', '1.2', 'a'.repeat(17)])("fails for the revision '%s'", (revision) => {
    expect(() => Secrets.existing({ revision })).toThrow(
      `the revision of the Secrets is '${revision}': use at most 16 lower-case letters and digits, such as '202702'`,
    );
  });
});
