import { Size } from 'cdk8s';
import { environment } from '../../environments';
import { Database } from '../../lib/database/database';
import type { ExternalDatabaseProps } from '../../lib/database/external';
import { Release } from '../../lib/release';
import { Secrets } from '../../lib/secrets/secrets';
import { type Manifest, Manifests } from '../manifests';

const withDatabase = (database: Database) => Manifests.of({ ...environment('kind'), database });

describe('Postgres', () => {
  const postgres = withDatabase(Database.postgres({ storage: Size.gibibytes(3), memory: Size.mebibytes(384) }));

  test('keeps its data in a folder of a volume of the size that was asked for', () => {
    expect(postgres.get('StatefulSet', 'postgres').spec.volumeClaimTemplates).toMatchObject([
      { metadata: { name: 'data' }, spec: { resources: { requests: { storage: '3Gi' } } } },
    ]);
    const { env, volumeMounts, resources } = postgres.container('StatefulSet postgres');
    expect(volumeMounts).toContainEqual({ name: 'data', mountPath: '/var/lib/postgresql/data' });
    expect(env).toContainEqual({ name: 'PGDATA', value: '/var/lib/postgresql/data/17' });
    expect(resources.limits.memory).toBe('384Mi');
  });

  // Data of 16 in a folder called 17 would stop the update to 17.
  test('keeps data of each major version in a folder of its own', () => {
    const older = Manifests.of({ ...environment('kind'), release: Release.custom({ postgres: '16.4' }) });
    expect(older.container('StatefulSet postgres').env).toContainEqual({ name: 'PGDATA', value: '/var/lib/postgresql/data/16' });
  });

  test('has a database for each consumer, and the Secret with the login of its role', () => {
    expect(postgres.get('ConfigMap', 'postgres-logins').data).toEqual({ metastore: 'database-metastore', kyuubi: 'database-kyuubi' });
    expect(postgres.get('Role', 'postgres-live-watcher').rules).toEqual([
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['postgres-logins'], verbs: ['list', 'watch'] },
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['postgres-root', 'database-metastore', 'database-kyuubi'],
        verbs: ['list', 'watch'],
      },
    ]);
  });

  // Who asks before its role is there leaves an error in the server's log.
  test('is not to be reached before they are there', () => {
    const { containers } = postgres.get('StatefulSet', 'postgres').spec.template.spec;
    const { command, readinessProbe } = containers.find(({ name }: Manifest) => name === 'databases');
    expect(command.at(-1)).toContain(`[ -z "$ready" ] || printf '%(%s)T' >/live/succeeded`);
    expect(readinessProbe.exec.command.at(-1)).toContain('$(</live/succeeded)');
  });

  test('is the same pod with other logins, which come and go while it runs', () => {
    const pod = (secrets: Secrets) => Manifests.of({ ...environment('kind'), secrets }).get('StatefulSet', 'postgres');
    expect(pod(Secrets.development({ revision: '2' }))).toEqual(pod(Secrets.development()));
  });

  test('is dialled by its users only', () => {
    const { ingress } = postgres.get('NetworkPolicy', 'postgres').spec;
    const names = ingress.map(
      ({ from: [peer] }: { from: [{ podSelector: { matchLabels: object } }] }) => Object.values(peer.podSelector.matchLabels)[0],
    );
    expect(names.sort()).toEqual(['hive-metastore', 'kyuubi']);
  });

  test('has time for a checkpoint when it is told to stop', () => {
    expect(postgres.get('StatefulSet', 'postgres').spec.template.spec.terminationGracePeriodSeconds).toBe(60);
  });
});

describe('an external database', () => {
  const of = (props: Partial<ExternalDatabaseProps> = {}) => withDatabase(Database.external({ host: 'postgres.example.com', ...props }));

  test('has no pods and no Jobs', () => {
    expect(of().pods.filter(({ owner }) => owner.includes('postgres'))).toEqual([]);
  });

  test('is that of the metastore and of the gateway', () => {
    const manifests = of({ port: 5433 });
    expect(manifests.text('hive-site.xml')).toContain('<value>jdbc:postgresql://postgres.example.com:5433/metastore</value>');
    expect(manifests.properties('kyuubi-defaults.conf')).toMatchObject({
      'kyuubi.authentication.jdbc.url': 'jdbc:postgresql://postgres.example.com:5433/kyuubi',
      'kyuubi.metadata.store.jdbc.url': 'jdbc:postgresql://postgres.example.com:5433/kyuubi',
    });
  });

  test('is dialled in its network', () => {
    const edge = { to: [{ ipBlock: { cidr: '10.1.2.3/32' } }], ports: [{ port: 5432, protocol: 'TCP' }] };
    for (const policy of ['hive-metastore', 'kyuubi'])
      expect(of({ cidr: '10.1.2.3/32' }).get('NetworkPolicy', policy).spec.egress).toContainEqual(edge);
  });

  test.each(['jdbc:postgresql://host', 'host:5432', 'host/path', '', 'host_name', '-host'])("fails for the host '%s'", (host) => {
    expect(() => of({ host })).toThrow(`'${host}' is no host name: give a DNS name or an address, without scheme, port or path`);
  });

  test.each([0, -1, 65536, 5432.5, Number.NaN])('fails for the port %d', (port) => {
    expect(() => of({ port })).toThrow(`'postgres.example.com' has the port ${port}: a port is a whole number from 1 to 65535`);
  });
});
