import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Credentials } from '../k8s/credentials';
import { atLeast } from '../k8s/memory';
import type { ContainerProps } from '../k8s/pod';
import { bash, lately, probes } from '../k8s/probes';
import { StatefulSet } from '../k8s/stateful-set';
import { type Mount, Volume } from '../k8s/volume';
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

/**
 * @internal use {@link Database.postgres}
 *
 * Nobody reaches it before the databases and roles are there: the container that makes them is part of the pod, and of its readiness.
 */
export class Postgres extends Construct implements IDatabase {
  readonly connections: Connections;
  private readonly endpoint: Endpoint;
  /** Of the consumers, by where the container that makes their databases looks for them. */
  private readonly logins: Record<string, Mount>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PostgresProps & DatabaseContext,
  ) {
    super(scope, id);
    const root = props.secrets.lastingLogin(this, 'postgres-root', 'postgres');
    const databases = this.databases(root);
    this.logins = databases.mounts!;
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
            '/login': Volume.login('login', root),
            '/tmp': Volume.scratch('tmp', Size.mebibytes(256)),
          },
          ...HEALTH,
        },
        databases,
      ],
    });
    this.endpoint = new Endpoint(server.host, PORT);
    this.connections = Connections.ofPods(this, id, PORT);
  }

  create(consumer: string): ConsumerDatabase {
    const { secrets, release } = this.props;
    const login = secrets.login(new Construct(this, consumer), `database-${consumer}`, consumer);
    this.logins[`${LOGINS}/${consumer}`] = Volume.login(consumer, login);
    return new ConsumerDatabase(consumer, this.endpoint, login, release.images.postgres);
  }

  private databases(root: Credentials): ContainerProps {
    const here = new ConsumerDatabase('postgres', new Endpoint('127.0.0.1', PORT), root, this.props.release.images.postgres);
    return here.psql({
      name: 'databases',
      script: DATABASES,
      resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) },
      mounts: { '/tmp': Volume.scratch('databases-tmp', Size.mebibytes(16)) },
      ...probes({ started: lately('/tmp/made'), within: Duration.minutes(20) }),
    });
  }
}

/** By TCP: on its socket the server answers while the entry point still prepares it. While it recovers it rejects connections (1), and is alive. */
const IS_READY = 'pg_isready -q -h 127.0.0.1 -U postgres';
const HEALTH = probes({ started: IS_READY, within: Duration.minutes(5), live: bash(`${IS_READY} || [ $? -eq 1 ]`) });

const LOGINS = '/logins';

/**
 * A database for each folder of /logins, owned by the role that logs in with what is in it.
 *
 * Safe to run again: what is there is left, only the password is set anew. A statement that fails is not logged, it may have the password.
 */
const DATABASES = `
make() {
  NAME=\${1##*/} ROLE=$(cat "$1/username") PASSWORD=$(cat "$1/password")
  export NAME ROLE PASSWORD
  psql -XqAt -v ON_ERROR_STOP=1 <<'SQL'
SET log_min_error_statement = panic;
\\getenv database NAME
\\getenv role ROLE
\\getenv password PASSWORD
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \\gexec
SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', :'role', :'password') \\gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'role') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'database') \\gexec
SQL
}
made=
while :; do
  now=$(cat ${LOGINS}/*/* | sha256sum)
  if [ "$now" != "$made" ]; then
    for login in ${LOGINS}/*; do
      make "$login"
      echo "$ROLE owns the database $NAME"
    done
    made=$now
  fi
  date +%s >/tmp/made
  sleep 5 &
  wait $!
done
`;
