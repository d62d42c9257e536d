import { Duration, Lazy, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { atLeast } from '../k8s/memory';
import { bash, lately, listens, probes } from '../k8s/probes';
import { shell, waitFor } from '../k8s/shell';
import { StatefulSet } from '../k8s/stateful-set';
import { Volume } from '../k8s/volume';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import { LIVE, live, SUCCEEDED } from '../watch/live';
import { ConsumerDatabase, type DatabaseContext, type IDatabase } from './database';

export interface PostgresProps {
  /** Of its volume, which outlives everything but its own deletion. */
  readonly storage: Size;
  /** Request and limit. @default 256 MiB */
  readonly memory?: Size;
}

const PORT = 5432;
const SOCKET = '/var/run/postgresql';
/** The Secret with the administrator's login. */
const ADMINISTRATOR = 'postgres-root';
/** Which login each database has: a ConfigMap of their Secrets' names, so that another revision of them is no other pod. */
const LOGINS = 'postgres-logins';
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
  /** Of each consumer, the Secret with its login. */
  private readonly logins: Record<string, string> = {};

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PostgresProps & DatabaseContext,
  ) {
    super(scope, id);
    const root = Volume.login('login', props.secrets.lastingLogin(this, ADMINISTRATOR, 'postgres'));
    const socket = Volume.scratch('run', Size.mebibytes(16));
    const logins = live(this, {
      release: props.release,
      account: id,
      reader: 'databases',
      secrets: [ADMINISTRATOR],
      logins: { configMap: LOGINS, secrets: () => Object.values(this.logins) },
    });
    new k8s.KubeServiceAccount(this, 'service-account', { automountServiceAccountToken: false });
    new k8s.KubeConfigMap(new Construct(this, LOGINS), 'config-map', {
      metadata: { name: LOGINS },
      data: Lazy.any({ produce: () => this.logins }),
    });
    const server = new StatefulSet(this, {
      name: id,
      uid: UID,
      serviceAccountName: id,
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
            [SOCKET]: socket,
            '/login': root,
            '/tmp': Volume.scratch('tmp', Size.mebibytes(256)),
          },
          ...HEALTH,
        },
        logins.container,
        {
          name: 'databases',
          image: props.release.images.postgres,
          command: shell(DATABASES, 'bash'),
          resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) },
          mounts: { [SOCKET]: socket, '/login': root, [LIVE]: logins.volume },
          ...probes({ started: lately(SUCCEEDED), within: Duration.minutes(20) }),
        },
      ],
    });
    this.endpoint = new Endpoint(server.host, PORT);
    this.connections = Connections.ofPods(this, id, PORT);
    this.connections.allowTo(props.apiServer);
  }

  create(consumer: string): ConsumerDatabase {
    const { secrets, release } = this.props;
    const login = secrets.login(new Construct(this, consumer), `database-${consumer}`, secrets.revised(consumer));
    this.logins[consumer] = login.username.secret;
    return new ConsumerDatabase(consumer, this.endpoint, login, release.images.postgres);
  }
}

/** By TCP: on its socket the server answers while the entry point still prepares it. While it recovers it rejects connections (1), and is alive. */
const IS_READY = 'pg_isready -q -h 127.0.0.1 -U postgres';
/** Whoever asks in the moment in which it opens its files leaves a FATAL in its log. */
const STARTED = `${listens(PORT)} && sleep 1 && ${IS_READY}`;
const HEALTH = probes({ started: STARTED, within: Duration.minutes(5), live: bash(`${IS_READY} || [ $? -eq 1 ]`) });

/** A pod that reads a login may be on its way. */
const UNUSED = Duration.seconds(5);

/**
 * A database for each folder, owned by a role of its name. The role that logs in is a member of it and acts as it, so that two logins are valid while pods
 * roll from one to the next. One that is not declared any more ends when it has had no session for {@link UNUSED}.
 *
 * Safe to run again, and run again each minute: somebody may have restored another state. A statement that fails is not logged, it may have the password. By
 * the socket of the pod, which asks for no password: so that the administrator's own can be set, too.
 */
const DATABASES = `
shopt -s nullglob
export PGHOST=${SOCKET} PGDATABASE=postgres PGOPTIONS='-c client_min_messages=warning'
PGUSER=$(</login/username)
export PGUSER
${waitFor('postgres to start', STARTED)}
run() { psql -XqAt -v ON_ERROR_STOP=1; }
set_administrator() {
  [ -s ${LIVE}/${ADMINISTRATOR}/password ] || return 0
  PASSWORD=$(<${LIVE}/${ADMINISTRATOR}/password) run <<'SQL'
SET log_min_error_statement = panic;
\\getenv password PASSWORD
SELECT format('ALTER ROLE %I PASSWORD %L', current_user, :'password') \\gexec
SQL
}
make() {
  OWNER=$1 ROLE=$(<"${LIVE}/${LOGINS}/$1/username") PASSWORD=$(<"${LIVE}/${LOGINS}/$1/password") run <<'SQL'
SET log_min_error_statement = panic;
\\getenv owner OWNER
\\getenv role ROLE
\\getenv password PASSWORD
SELECT format('CREATE ROLE %I', name) FROM (SELECT :'owner' UNION SELECT :'role') AS names (name) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
SELECT format('GRANT %I TO %I', :'owner', :'role'), format('ALTER ROLE %I SET role = %I', :'role', :'owner') WHERE :'owner' <> :'role' \\gexec
SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', :'role', :'password') \\gexec
SELECT format('makes the database %s, empty: if there was one before, what it had is gone (docs/operations.md)', :'owner') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'owner');
SELECT format('CREATE DATABASE %I OWNER %I', :'owner', :'owner') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'owner') \\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'owner') \\gexec
SQL
}
unused() {
  OWNER=$1 ROLE=$(<"${LIVE}/${LOGINS}/$1/username") run <<'SQL'
\\getenv owner OWNER
\\getenv role ROLE
SELECT rolname FROM pg_roles WHERE rolcanlogin AND (rolname = :'owner' OR starts_with(rolname, :'owner' || '.')) AND rolname <> :'role'
  AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = rolname);
SQL
}
end() {
  OWNER=$1 ROLE=$2 run <<'SQL'
\\getenv owner OWNER
\\getenv role ROLE
SELECT format(CASE :'role' WHEN :'owner' THEN 'ALTER ROLE %I NOLOGIN' ELSE 'DROP ROLE %I' END, :'role') \\gexec
SQL
  unset "logins_before[$2]"
  echo "$2 can no longer log in to $1"
}
declare -A logins_before unused_roles unused_since
known='' made=-60 ready='' said=''
while :; do
  logins=(${LIVE}/${LOGINS}/*)
  now=$(cat ${LIVE}/${LOGINS}/*/* ${LIVE}/${ADMINISTRATOR}/password 2>/dev/null | sha256sum)
  if ((\${#logins[@]} > 0)) && { [ "$now" != "$known" ] || ((SECONDS - made >= 60)); }; then
    set_administrator
    missing=
    for path in "\${logins[@]}"; do
      name=\${path##*/}
      if [ -s "$path/username" ] && [ -s "$path/password" ] && make "$name"; then
        role=$(<"$path/username") login=$(sha256sum <"$path/password")
        case \${logins_before[$role]-} in
          "$login") ;;
          '') echo "$role may log in to the database $name" ;;
          *) echo "$role has another password for the database $name, pods that run with the one before must start anew" ;;
        esac
        logins_before[$role]=$login
      else
        missing+=" $name"
      fi
    done
    known=$now made=$SECONDS
    [ "$missing" = "$said" ] || echo "still waits for the Secrets with the logins of:\${missing:- none}" >&2
    said=$missing
    [ -n "$missing" ] || ready=yes
  fi
  for path in "\${logins[@]}"; do
    name=\${path##*/}
    [ -s "$path/username" ] || continue
    roles=$(unused "$name")
    [ "$roles" = "\${unused_roles[$name]-}" ] || unused_since[$name]=$SECONDS
    unused_roles[$name]=$roles
    ((SECONDS - \${unused_since[$name]:-$SECONDS} < ${UNUSED.toSeconds()})) || for role in $roles; do end "$name" "$role"; done
  done
  [ -z "$ready" ] || printf '%(%s)T' >${SUCCEEDED}
  sleep 5 &
  wait $!
done
`;
