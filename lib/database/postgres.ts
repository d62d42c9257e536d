import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Credentials } from '../k8s/credentials';
import { atLeast } from '../k8s/memory';
import { type ContainerProps, NAMELESS_UID, probes, shell } from '../k8s/pod';
import { StatefulSet } from '../k8s/stateful-set';
import { Task } from '../k8s/task';
import { Volume } from '../k8s/volume';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import { ConsumerDatabase, type DatabaseContext, type IDatabase } from './database';

export interface PostgresProps {
  /** Of its volume, which outlives everything but its own deletion. */
  readonly storage: Size;
  /** Request and limit. @default 256 MiB */
  readonly memory?: Size;
}

const PORT = 5432;
/** `postgres` in Debian's image; the server refuses a data directory of somebody else. */
const UID = 999;

/** @internal use {@link Database.postgres} */
export class Postgres extends Construct implements IDatabase {
  readonly connections: Connections;
  private readonly endpoint: Endpoint;
  private readonly root: Credentials;
  private readonly setup: Construct;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PostgresProps & DatabaseContext,
  ) {
    super(scope, id);
    this.root = props.secrets.lastingLogin(this, 'postgres-root', 'postgres');
    const server = new StatefulSet(this, {
      name: id,
      uid: UID,
      claims: { data: props.storage },
      service: { postgres: PORT },
      // Long enough for a checkpoint.
      terminationGracePeriodSeconds: 60,
      containers: [
        {
          name: 'postgres',
          image: props.release.images.postgres,
          env: {
            // A folder of the volume, since its root may hold a lost+found; of the major version, since no other can read it.
            PGDATA: `/var/lib/postgresql/data/${props.release.versions.postgres.split('.')[0]}`,
            POSTGRES_USER_FILE: '/login/username',
            POSTGRES_PASSWORD_FILE: '/login/password',
            POSTGRES_INITDB_ARGS: '--auth-host=scram-sha-256 --data-checksums',
          },
          ports: { postgres: PORT },
          resources: { cpu: Cpu.millis(100), memory: atLeast(id, props.memory ?? Size.mebibytes(256), 128) },
          mounts: {
            '/var/lib/postgresql/data': Volume.claim('data'),
            '/var/run/postgresql': Volume.scratch('run', Size.mebibytes(16)),
            '/login': Volume.login('login', this.root),
            '/tmp': Volume.scratch('tmp', Size.mebibytes(256)),
          },
          ...health(),
        },
      ],
    });
    this.endpoint = new Endpoint(server.host, PORT);
    this.connections = Connections.ofPods(this, id, PORT);
    this.setup = new Construct(this, 'setup');
    Connections.ofPods(this.setup, 'postgres-setup').allowTo(this);
  }

  create(consumer: string): ConsumerDatabase {
    const { secrets, release } = this.props;
    const scope = new Construct(this.setup, consumer);
    const login = secrets.login(scope, `database-${consumer}`, consumer);
    const postgres = new ConsumerDatabase('postgres', this.endpoint, this.root, release.images.postgres);
    const psql = postgres.psql({
      name: 'setup',
      command: shell(SETUP),
      resources: { cpu: Cpu.millis(50), memory: Size.mebibytes(64) },
    });
    new Task(this, `database-${consumer}`, {
      name: 'postgres-setup',
      uid: NAMELESS_UID,
      containers: [{ ...psql, env: { ...psql.env, DATABASE: consumer, ROLE_NAME: login.username, ROLE_PASSWORD: login.password } }],
    });
    return new ConsumerDatabase(consumer, this.endpoint, login, release.images.postgres);
  }
}

/** By TCP: on its socket the server answers while the entry point still prepares it. While it recovers it rejects connections (1), and is alive. */
function health(): Partial<ContainerProps> {
  const isReady = 'pg_isready -q -h 127.0.0.1 -U postgres';
  const { readinessProbe } = probes({ exec: { command: isReady.split(' ') } }, 300);
  return { ...probes({ exec: { command: ['sh', '-c', `${isReady} || [ $? -eq 1 ]`] } }, 300), readinessProbe };
}

/** Safe to run again: what is there is left, only the password is set anew. A statement that fails is not logged, it may have the password. */
const SETUP = `
until pg_isready -q; do sleep 0.5; done
psql -XqAt -v ON_ERROR_STOP=1 <<'SQL'
SET log_min_error_statement = panic;
\\getenv database DATABASE
\\getenv role ROLE_NAME
\\getenv password ROLE_PASSWORD
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \\gexec
SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', :'role', :'password') \\gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'role') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'database') \\gexec
SQL
echo "$ROLE_NAME owns the database $DATABASE"
`;
