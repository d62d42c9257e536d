import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authentication } from '../lib/gateway/authentication/authentication';
import { apply, applyChanged, cluster, ENVIRONMENT, eventually, exec, gatewayLog, inSession, NAMESPACE, rolledOut, run, USER } from './lakehouse';
import { withGateway } from './with-gateway';

const PEOPLE = 'ou=people,dc=example,dc=com';
/** By name. The last is in no tenant. */
const PASSWORDS = { lakehouse: 'lakehouse-password', [USER]: 'password-of-ldap', zoe: 'password-of-zoe' };

const LDIF = `dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
dc: example
o: example

dn: ${PEOPLE}
objectClass: organizationalUnit
ou: people
${Object.entries(PASSWORDS)
  .map(
    ([name, password]) =>
      `\ndn: uid=${name},${PEOPLE}\nobjectClass: inetOrgPerson\nuid: ${name}\ncn: ${name}\nsn: ${name}\nuserPassword: ${password}\n`,
  )
  .join('')}`;

const START = `
mkdir -p /tmp/data && cd /tmp && base64 -d | tar xz
cat >slapd.conf <<'END'
include /tmp/etc/ldap/schema/core.schema
include /tmp/etc/ldap/schema/cosine.schema
include /tmp/etc/ldap/schema/inetorgperson.schema
modulepath /tmp/usr/lib/ldap
moduleload back_mdb
pidfile /tmp/slapd.pid
database mdb
suffix dc=example,dc=com
directory /tmp/data
END
export LD_LIBRARY_PATH=$(find /tmp/usr/lib -maxdepth 1 -name '*-linux-gnu')
cat >people.ldif <<'END'
${LDIF}END
usr/sbin/slapadd -f slapd.conf -l people.ldif
usr/sbin/slapd -f slapd.conf -h ldap://0.0.0.0:1389
`;

/** Debian's, unpacked and not installed: an archive in base64. Nothing where there is no Debian, or no way to its packages. */
function slapd(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lakehouse-ldap-'));
  const packages = 'slapd libldap-2.5-0 libltdl7 libsasl2-2 libwrap0 libargon2-1 libnsl2 libtirpc3';
  // What else it needs this machine has; the C library is that of the image.
  const script = `apt-get download ${packages} >/dev/null 2>&1 || exit 0; for package in *.deb; do dpkg -x $package .; done
libraries=$(find $PWD/usr/lib -maxdepth 1 -name '*-linux-gnu')
LD_LIBRARY_PATH=$libraries ldd usr/sbin/slapd | awk '$3 ~ "^/" && $1 !~ "^lib(c|m|pthread|dl|rt|resolv)[.]so" { print $3 }' | grep -v "^$libraries" | xargs -I{} cp {} $libraries/
tar czf - usr/sbin etc/ldap usr/lib | base64 -w 0`;
  return execFileSync('sh', ['-euc', script], { cwd: folder, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
}

const ARCHIVE = slapd();

/** An LDAP server in a pod; returns its URL. */
async function ldapServer(image: string): Promise<string> {
  apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'e2e-ldap', namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'slapd', image, command: ['sleep', '3600'], securityContext: { runAsUser: 999 } }],
    },
  });
  await cluster.kubectl('-n', 'default', 'wait', '--for=condition=Ready', 'pod/e2e-ldap', '--timeout=60s');
  await exec('e2e-ldap', 'slapd', ['sh', '-euc', START], ARCHIVE, 'default');
  return `ldap://${await cluster.kubectl('-n', 'default', 'get', 'pod', 'e2e-ldap', '-o', 'jsonpath={.status.podIP}')}:1389`;
}

const withSlapd = ARCHIVE ? withGateway : test.skip;

const answer = (user: string, password: string) => inSession((session) => session.run('SELECT 1'), user, password);

withSlapd('with LDAP, people log in with the passwords that they have there, and who is in no tenant gets no engine', async () => {
  const image = await cluster.kubectl('-n', NAMESPACE, 'get', 'statefulset', 'postgres', '-o', 'jsonpath={.spec.template.spec.containers[0].image}');
  const url = await ldapServer(image);
  await applyChanged({ gateway: { ...ENVIRONMENT.gateway, authentication: Authentication.ldap({ url, userDnPattern: `uid=%s,${PEOPLE}` }) } });
  await rolledOut();
  await expect(answer(USER, PASSWORDS[USER]!)).resolves.toEqual([[1]]);
  await expect(answer(USER, `${USER}-password`)).rejects.toThrow(/: 403 /);
  await expect(answer('mallory', 'guessed-in-vain')).rejects.toThrow(/: 403 /);
  expect(() => run('npm run lakehouse -- user list --context test')).toThrow('passwords are not in the lakehouse but in LDAP');
  // The gateway tells itself of tenants with its own account there.
  await eventually('the gateway knows its users', 60, async () => (await gatewayLog('tenants')).includes(`knows ${USER}`));
  const began = Date.now();
  await expect(answer('zoe', PASSWORDS.zoe!)).rejects.toThrow("The user 'zoe' is in no tenant");
  expect(Date.now() - began).toBeLessThan(60_000);
  const pods = await cluster.list('pods', '-A', '-l', 'spark-role=driver');
  expect(pods.map(({ metadata }) => metadata.namespace).filter((namespace) => !namespace.startsWith('tenant-'))).toEqual([]);
});

afterAll(async () => {
  await applyChanged({});
  await rolledOut();
  await cluster.kubectl('-n', 'default', 'delete', 'pod', 'e2e-ldap', '--ignore-not-found');
});
