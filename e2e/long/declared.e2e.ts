import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { Secrets } from '../../lib/secrets/secrets';
import {
  applyChanged,
  cluster,
  eventually,
  exec,
  inPostgres,
  mc,
  mcAs,
  NAMESPACE,
  passwordOf,
  podsNamed,
  roles,
  run,
  secretValue,
} from '../lakehouse';
import { as, removeTenants, TENANTS } from '../tenants';
import { type Asked, Clients } from './asking';
import { keepBusy, newCluster } from './test-cluster';

/** Seconds until what was declared must be so. */
const LIMIT = 60;
/** Seconds that each state lasts: until it must be so, and some to see that it is. */
const LASTS = 80;

const WRITE = (schema: string) => `INSERT INTO ${schema}.both_ways VALUES (1)`;
const READ = (schema: string) => `SELECT count(*) FROM ${schema}.both_ways`;

const STATEMENTS = {
  ana: [WRITE('default'), READ('default')],
  bea: [WRITE('web'), READ('web')],
  cleo: [WRITE('own'), READ('web')],
};

interface Change {
  /** From A to B. */
  readonly there: () => Promise<unknown>;
  /** From B to A. @default - nobody has to: it heals by itself */
  readonly back?: () => Promise<unknown>;
  /** What B takes away. @default - nothing */
  readonly takes?: (asked: Asked) => boolean;
}

const { science, ...others } = TENANTS;
const { reads: _, ...blind } = science!;

const user = (command: string, password: string) =>
  execFileSync('npm', ['run', 'lakehouse', '--', 'user', ...command.split(' '), '--context', cluster.context], { input: `${password}\n` });

/** Over the network, with a password. */
const administratorLogsIn = (password: string) =>
  exec(
    'postgres-0',
    'postgres',
    ['sh', '-c', 'read -r PGPASSWORD; export PGPASSWORD; psql -XqAt -h $(hostname -i) -U postgres -c "SELECT 1"'],
    `${password}\n`,
  ).then(
    () => true,
    () => false,
  );

/** As an operator does who syncs Secrets from elsewhere. */
const changePassword = (secret: string, password: string) =>
  cluster.kubectl('-n', NAMESPACE, 'patch', 'secret', secret, '--type=merge', '-p', JSON.stringify({ stringData: { password } }));

async function revise(secrets: Secrets, suffix: string): Promise<void> {
  const began = Date.now();
  const after = () => Math.round((Date.now() - began) / 1000);
  await applyChanged({ tenants: TENANTS, secrets });
  await Promise.all(
    ['kyuubi', 'hive-metastore'].map((server) => cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', `deployment/${server}`, '--timeout=180s')),
  );
  const rolled = after();
  await eventually('the roles of before have ended', 180, async () => (await roles()) === `kyuubi${suffix} metastore${suffix}`);
  console.log(`revision '${suffix}': gateway and metastore have rolled after ${rolled} s, the roles of before have ended after ${after()} s`);
}

const CHANGES: Record<string, Change> = {
  'what a tenant reads': {
    there: () => applyChanged({ tenants: { ...TENANTS, science: blind } }),
    back: () => applyChanged({ tenants: TENANTS }),
    takes: ({ user, what }) => user === 'cleo' && what === READ('web'),
  },
  'a policy, by hand': {
    there: () => mc('minio-root', 'admin policy detach store lakehouse-tenant-science --user tenant-science'),
    takes: ({ user, what }) => user === 'cleo' && what !== 'login',
  },
  "a role's password, by hand": {
    there: () => inPostgres(`ALTER ROLE kyuubi PASSWORD 'by-hand'`),
    takes: ({ what }) => what === 'login',
  },
  "a person's password": {
    there: async () => user('password ana', 'another-password'),
    back: async () => user('password ana', await passwordOf('ana')),
    takes: ({ user }) => user === 'ana',
  },
  "the database administrator's password": {
    there: async () => {
      const before = await secretValue(NAMESPACE, 'postgres-root', 'password');
      await changePassword('postgres-root', 'another-password');
      await eventually('the administrator has another password', LIMIT, () => administratorLogsIn('another-password'));
      await expect(administratorLogsIn(before)).resolves.toBe(false);
    },
    back: async () => {
      await applyChanged({ tenants: TENANTS });
      await eventually('the administrator has the password of before', LIMIT, async () => !(await administratorLogsIn('another-password')));
    },
  },
  'a tenant': {
    there: async () => {
      await applyChanged({ tenants: others });
      // What holds its engines in check stays.
      await expect(cluster.kubectl('-n', 'tenant-science', 'get', 'resourcequota/engines', 'networkpolicy/default-deny')).resolves.toContain(
        'engines',
      );
    },
    back: () => applyChanged({ tenants: TENANTS }),
    takes: ({ user }) => user === 'cleo',
  },
  'the revision of the Secrets': {
    there: () => revise(Secrets.development({ revision: '2' }), '.2'),
    back: () => revise(Secrets.development(), ''),
  },
};

/** What was asked and has another answer than it should, as declared from A to B at `changed`, and back at `restored`. */
function wrong(asked: Asked[], changed: number, restored: number, takes: (asked: Asked) => boolean): Asked[] {
  return asked.filter((one) => {
    const ended = one.at + one.seconds * 1000;
    if (ended < changed) return false;
    if (!takes(one)) return one.error !== '';
    const changing = [changed, restored].some((at) => ended >= at && one.at < at + LIMIT * 1000);
    return !changing && (one.error !== '') !== one.at < restored;
  });
}

/** Seconds until the last of a kind of answer after a change. */
const last = (asked: Asked[], since: number, until: number, refused: boolean) => {
  const seconds = asked.filter(({ at, error }) => at > since && at < until && (error !== '') === refused).map(({ at }) => (at - since) / 1000);
  return seconds.length > 0 ? `${Math.round(Math.max(...seconds))} s` : 'at once';
};

let clients: Clients;

beforeAll(async () => {
  await newCluster();
  run('npm start -- --context test');
  await applyChanged({ tenants: TENANTS });
  const make = (schema: string) => `CREATE TABLE IF NOT EXISTS ${schema}.both_ways (id INT) USING delta`;
  await eventually('bea can log in', LIMIT, () => as('bea', 'SELECT 1').then(() => true));
  await Promise.all([
    as('ana', make('default')),
    as('bea', make('web')),
    as('cleo', 'CREATE SCHEMA IF NOT EXISTS own').then(() => as('cleo', make('own'))),
  ]);
  const users = Object.keys(STATEMENTS);
  const passwords = Object.fromEntries(await Promise.all(users.map(async (name) => [name, await passwordOf(name)])));
  clients = await Clients.start(STATEMENTS, passwords);
  await clients.allAnswered(Date.now(), 120);
}, 900_000);

afterAll(async () => {
  await clients?.stop();
  await removeTenants('analytics', 'science');
});

const cases = ['quiet', 'busy'].flatMap((load) => Object.entries(CHANGES).map(([name, change]) => [load, name, change] as const));

test.each(cases)('%s: %s changes and changes back', async (load, name, { there, back, takes = () => false }) => {
  const rest = load === 'busy' ? keepBusy(1) : () => {};
  try {
    await clients.allAnswered(Date.now(), 120);
    const changed = Date.now();
    await there();
    let restored = changed;
    if (back) {
      await delay(Math.max(0, changed + LASTS * 1000 - Date.now()));
      restored = Date.now();
      await back();
    }
    await delay(Math.max(0, restored + LASTS * 1000 - Date.now()));
    const asked = await clients.asked();
    const target = asked.filter(takes);
    const sum = asked.filter(({ at }) => at > changed).length;
    const far = back ? `the last old answer ${last(target, changed, restored, false)} after it was taken, ` : '';
    const answered =
      target.length > 0 ? `${far}the last refusal ${last(target, restored, Date.now(), true)} after it was given back` : 'nothing was taken';
    console.log(`${load}, ${name}: ${sum} questions; ${answered}`);
    expect(wrong(asked, changed, restored, takes)).toEqual([]);
  } finally {
    rest();
  }
});

test('the administrator of the store has another password: the one before goes on until MinIO starts anew', async () => {
  const before = await secretValue(NAMESPACE, 'minio-root', 'password');
  const policy = async () => (await mc('minio-root', 'admin user info store tenant-demo')).stdout;
  await changePassword('minio-root', 'another-password');
  const log = () => cluster.kubectl('-n', NAMESPACE, 'logs', 'minio-0', '-c', 'store');
  await eventually('the watcher says what must start anew', 150, async () =>
    (await log()).includes('kubectl -n lakehouse rollout restart statefulset/minio'),
  );
  const asRootOfBefore = (command: string) => mcAs(['minio-root', before], command);
  await asRootOfBefore('admin policy detach store lakehouse-tenant-demo --user tenant-demo');
  await eventually('the watcher goes on', LIMIT, async () =>
    (await asRootOfBefore('admin user info store tenant-demo')).stdout.includes('lakehouse-tenant-demo'),
  );
  await cluster.kubectl('-n', NAMESPACE, 'rollout', 'restart', 'statefulset/minio');
  await cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', 'statefulset/minio', '--timeout=180s');
  await eventually('with another password all is as declared', LIMIT, async () => (await policy()).includes('lakehouse-tenant-demo'));
  await applyChanged({ tenants: TENANTS });
  await delay(90_000);
  await cluster.kubectl('-n', NAMESPACE, 'rollout', 'restart', 'statefulset/minio');
  await cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', 'statefulset/minio', '--timeout=180s');
  await clients.allAnswered(Date.now(), 120);
  expect((await podsNamed(NAMESPACE, 'minio')).length).toBe(1);
});
