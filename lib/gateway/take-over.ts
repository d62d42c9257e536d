import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import type { ConsumerDatabase } from '../database/database';
import type { ContainerProps } from '../k8s/pod';
import { lately, probes } from '../k8s/probes';
import { waitFor } from '../k8s/shell';
import type { Volume } from '../k8s/volume';
import { LIVE, SUCCEEDED } from '../watch/live';
import type { IAuthentication } from './authentication/authentication';
import { TENANTS } from './settings/tenants-conf';

/** Volumes with kyuubi-defaults.conf; and where Kyuubi's own files go. */
export interface SettingsVolumes {
  readonly server: Volume;
  readonly home: Volume;
}

export const settingsMounts = ({ server, home }: SettingsVolumes): ContainerProps['mounts'] => ({ '/settings': server, '/home': home });

/** Shell: Kyuubi reads one file only. @param tenants the folder with tenants.conf */
const writeSettings = (tenants: string) => `
cat /settings/kyuubi-defaults.conf ${tenants}/tenants.conf >/home/conf/next
mv /home/conf/next /home/conf/kyuubi-defaults.conf`;

/** Shell: Kyuubi's configuration when it starts. */
export const firstSettings = (tenants: string) => `
mkdir -p /home/conf
cp /settings/log4j2.xml /settings/core-site.xml /home/conf/${writeSettings(tenants)}`;

export interface TakeOverProps extends SettingsVolumes {
  readonly database: ConsumerDatabase;
  readonly authentication: IAuthentication;
  /** With {@link TENANTS}, as they are now. */
  readonly declared: Volume;
  /** Of the REST interface. */
  readonly port: number;
  /** Bash: whether it has started. */
  readonly started: string;
}

/** Tells the gateway of tenants and users that come, change and go while it runs: a pod that restarts would end the sessions of all others. */
export function takeOver(props: TakeOverProps): ContainerProps {
  const { database, authentication } = props;
  return database.psql({
    name: 'tenants',
    program: 'bash',
    script: takeOverScript(props),
    env: authentication.env,
    mounts: {
      ...settingsMounts(props),
      [LIVE]: props.declared,
    },
    resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) },
    ...probes({ started: lately(SUCCEEDED), within: Duration.minutes(20) }),
  });
}

const DECLARED = `${LIVE}/${TENANTS}`;

/**
 * All of it can be done again at any time.
 *
 * The image of Postgres wants SIGINT when it is to stop, which the first process of a container ignores unless it traps it.
 */
const takeOverScript = ({ port, started, authentication: { prepare, mayLogIn, secrets } }: TakeOverProps) => `
set -o pipefail
trap 'exit 0' TERM INT
# The body of the answer is in $body.
ask() {
  exec 3<>/dev/tcp/127.0.0.1/${port} || return 1
  printf '%s %s HTTP/1.0\\r\\nAuthorization: Basic %s\\r\\nContent-Length: 0\\r\\n\\r\\n' \\
    "$1" "$2" "$(printf %s "$ADMINISTRATOR:$ADMINISTRATOR_PASSWORD" | base64 -w 0)" >&3
  IFS= read -r -t 30 -u 3 status || return 1
  while IFS= read -r -t 30 -u 3 line && [ "$line" != $'\\r' ]; do :; done
  body=$(cat <&3)
  exec 3>&-
  [[ $status == *' 200 '* ]] || { echo "the gateway answers $1 $2: $status" >&2; return 1; }
}
may_log_in() {
${mayLogIn.trim()}
}
refresh() {
  ask POST /api/v1/admin/refresh/kubernetes_conf && ask POST /api/v1/admin/refresh/user_defaults_conf
}
take_over() {
${writeSettings(DECLARED).trim()} || return 1
  # Before a new user can log in, whose engine would else be one of no tenant.
  [ -z "$known" ] || refresh || :
${prepare.trim()} || return 1
  ${waitFor('the gateway to start', started)}
  refresh
}
# Kyuubi makes its own tables when it starts, and not again: those of a database that was emptied are made as they were.
keep_tables() {
  if [ ! -s /home/tables.sql ]; then
    pg_dump --schema-only --no-owner --table=metadata --table=k8s_engine_info >/home/tables.next && mv /home/tables.next /home/tables.sql
  elif [ "$(psql -XqAtc "SELECT to_regclass('metadata') IS NULL")" = t ]; then
    psql -Xq1 -v ON_ERROR_STOP=1 -f /home/tables.sql >/dev/null && echo "made Kyuubi's tables anew"
  fi
}
# Who could log in and may no longer has no session, and no engine of their own. They are looked at for ever: on a connection that is open they may open another one.
end_sessions() {
  LC_ALL=C comm -23 /home/could /home/may >/home/new
  LC_ALL=C sort -u /home/gone /home/new | LC_ALL=C comm -23 - /home/may >/home/next && mv /home/next /home/gone
  while read -r user; do
    ask GET "/api/v1/admin/sessions?users=$user" || return 1
    while read -r session; do
      ask DELETE "/api/v1/admin/sessions/$session" || return 1
      echo "ended a session of $user, who may no longer log in"
    done < <(grep -oE '"identifier":"[0-9a-f-]{36}"' <<<"$body" | cut -d '"' -f 4)
  done </home/gone
  # Refused if there is none. One that is left ends when it has been idle.
  while read -r user; do
    ask DELETE "/api/v1/admin/engine?type=SPARK_SQL&sharelevel=USER&hive.server2.proxy.user=$user" 2>/dev/null || :
  done </home/new
  mv /home/may /home/could
}
state() { cat ${[TENANTS, ...secrets].map((name) => `${LIVE}/${name}/*`).join(' ')} 2>/dev/null | sha256sum; }
known='' looked=-10
touch /home/could /home/gone
while :; do
  now=$(state) || :
  # What has changed meanwhile, as a ConfigMap after its Secret, may be half of it.
  if [ -s ${DECLARED}/users ] && [ "$now" != "$known" ] && take_over && [ "$(state)" = "$now" ]; then
    known=$now looked=-10
    mapfile -t users <${DECLARED}/users
    echo "the gateway knows \${users[*]}"
  fi
  if [ -n "$known" ] && ((SECONDS - looked >= 10)); then
    looked=$SECONDS
    keep_tables || echo "Kyuubi's tables cannot be looked at" >&2
    # It fails if the database was emptied or restored, or if another gateway has come: then all is told anew.
    may_log_in 2>/dev/null | LC_ALL=C sort >/home/may && end_sessions || known=
  fi
  [ -z "$known" ] || printf '%(%s)T' >${SUCCEEDED}
  sleep 2 & wait $!
done
`;
