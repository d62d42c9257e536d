import { environment } from '../../environments';
import { Authentication } from '../../lib/gateway/authentication/authentication';
import { type Manifest, Manifests } from '../manifests';

const kind = environment('kind');
const withLdap = (props: Partial<Parameters<typeof Authentication.ldap>[0]> = {}) =>
  Manifests.of({
    ...kind,
    gateway: {
      authentication: Authentication.ldap({ url: 'ldaps://ldap.example.com', userDnPattern: 'uid=%s,ou=people,dc=example,dc=com', ...props }),
    },
  });
const ldap = withLdap();

test('LDAP is asked for passwords, by the name of the user', () => {
  expect(ldap.properties('kyuubi-defaults.conf')).toMatchObject({
    'kyuubi.authentication.ldap.url': 'ldaps://ldap.example.com',
    'kyuubi.authentication.ldap.userDNPattern': 'uid=%s,ou=people,dc=example,dc=com',
    'kyuubi.server.administrators': 'lakehouse',
  });
});

test('passwords of people are nowhere in the cluster', () => {
  expect(ldap.all('Secret').map(({ metadata }) => metadata.name)).not.toContain('kyuubi-users');
  const { volumes, containers } = ldap.get('Deployment', 'kyuubi').spec.template.spec;
  expect(volumes.map(({ name }: Manifest) => name)).not.toContain('first-passwords');
  expect(containers[1].command.at(-1).includes('CREATE TABLE')).toBe(false);
});

test('the gateway tells itself of tenants with an account of its own, from a Secret', () => {
  const { env } = ldap.get('Deployment', 'kyuubi').spec.template.spec.containers.find(({ name }: Manifest) => name === 'tenants');
  expect(env).toContainEqual({ name: 'ADMINISTRATOR', valueFrom: { secretKeyRef: { name: 'ldap', key: 'username' } } });
  expect(env).toContainEqual({ name: 'ADMINISTRATOR_PASSWORD', valueFrom: { secretKeyRef: { name: 'ldap', key: 'password' } } });
  expect(Buffer.from(ldap.get('Secret', 'ldap').data.username, 'base64').toString()).toBe('lakehouse');
});

test.each([
  ['ldaps://ldap.example.com', 636],
  ['ldap://ldap.example.com', 389],
  ['ldap://10.1.2.3:1389', 1389],
])('the gateway may dial %s', (url, port) => {
  const rule = { to: [{ ipBlock: { cidr: '10.1.2.0/24' } }], ports: [{ port, protocol: 'TCP' }] };
  expect(withLdap({ url, cidr: '10.1.2.0/24' }).get('NetworkPolicy', 'kyuubi').spec.egress).toContainEqual(rule);
});

test.each(['', 'ldap.example.com', 'http://ldap.example.com', 'ldap://', 'ldap://host/dc=example', 'ldap://host:port'])(
  "fails for the URL '%s'",
  (url) => {
    expect(() => withLdap({ url })).toThrow(`the LDAP server has the URL '${url}': write it as ldaps://host or ldap://host:port, without a path`);
  },
);

test('fails for a host that is none', () => {
  expect(() => withLdap({ url: 'ldap://a..b' })).toThrow("'a..b' is no host name");
});

test.each(['', 'uid=ana', 'uid=%s,cn=%s'])("fails for the pattern '%s'", (userDnPattern) => {
  expect(() => withLdap({ userDnPattern })).toThrow(`the pattern of LDAP users is '${userDnPattern}': write it with one %s for the name`);
});

test("the gateway's administrator is no user of a tenant", () => {
  for (const administrator of ['ana', 'Ana'])
    expect(() => withLdap({ administrator })).toThrow(`the user '${administrator}' of a tenant is the gateway's administrator in LDAP`);
});

test.each(['', 'ana,x', ' ana'])("fails for the administrator '%s'", (administrator) => {
  expect(() => withLdap({ administrator })).toThrow(`the administrator in LDAP is '${administrator}': give the name of one account`);
});
