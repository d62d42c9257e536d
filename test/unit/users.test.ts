import { environment } from '../../environments';
import type { LakehouseProps } from '../../lib/lakehouse';
import { Secrets } from '../../lib/secrets/secrets';
import { type Manifest, Manifests } from '../manifests';

const kind = environment('kind');
const withTenants = (tenants: LakehouseProps['tenants'], more: Partial<LakehouseProps> = {}) => Manifests.of({ ...kind, tenants, ...more });
const tenants = { analytics: { users: ['ana', 'bob'] }, science: { users: ['cleo'] } };
const users = withTenants(tenants);

const { template } = users.pods.find(({ owner }) => owner === 'Deployment kyuubi')!;
const script = template.spec.containers.find(({ name }: Manifest) => name === 'tenants').command.at(-1);

test('all that are declared are in a file that the gateway reads while it runs', () => {
  expect(users.text('users')).toBe('ana\nbob\ncleo\n');
  expect(template.metadata.annotations).not.toHaveProperty('checksum/tenants');
});

test('have first passwords in one Secret, by their names', () => {
  const { data } = users.get('Secret', 'kyuubi-users', 'lakehouse');
  expect(Object.keys(data)).toEqual(['ana', 'bob', 'cleo']);
  expect(Buffer.from(data.bob, 'base64').toString()).toBe('bob-password');
});

test('may come without first passwords, where Secrets come from elsewhere', () => {
  const existing = withTenants(tenants, { secrets: Secrets.existing() });
  expect(() => existing.get('Secret', 'kyuubi-users', 'lakehouse')).toThrow();
  const { containers, volumes } = existing.pods.find(({ owner }) => owner === 'Deployment kyuubi')!.template.spec;
  expect(containers.find(({ name }: Manifest) => name === 'live').command).toContain('secrets/kyuubi-users');
  expect(JSON.stringify(volumes)).not.toContain('kyuubi-users');
});

test('are stored as hashes, and a password that is there is left', () => {
  expect(script).toContain("SET password_hash = crypt(:'password', gen_salt('bf', 10))");
  expect(script).toContain('AND password_hash IS NULL');
});

test('that are no longer declared cannot log in', () => {
  expect(script).toContain('UPDATE users SET declared = false');
  expect(users.properties('kyuubi-defaults.conf')['kyuubi.authentication.jdbc.query']).toContain('AND declared AND');
});

test.each([
  ['two tenants', { analytics: { users: ['ana'] }, science: { users: ['ana'] } }],
  ['one tenant', { analytics: { users: ['ana', 'ana'] } }],
])('fails for a user that is declared twice, by %s', (_, twice) => {
  expect(() => withTenants(twice)).toThrow("the user 'ana' is declared twice: a user belongs to one tenant, remove the other");
});
