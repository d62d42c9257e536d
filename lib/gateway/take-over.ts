import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import type { ConsumerDatabase } from '../database/database';
import type { ContainerProps } from '../k8s/pod';
import { lately, probes } from '../k8s/probes';
import { waitFor } from '../k8s/shell';
import { Volume } from '../k8s/volume';
import type { IAuthentication } from './authentication/authentication';

/** Volumes with kyuubi-defaults.conf; with tenants.conf and users; and where Kyuubi's own files go. */
export interface SettingsVolumes {
  readonly server: Volume;
  readonly tenants: Volume;
  readonly home: Volume;
}

export const settingsMounts = ({ server, tenants, home }: SettingsVolumes): ContainerProps['mounts'] => ({
  '/settings': server,
  '/tenants': tenants,
  '/home': home,
});

/** Shell: Kyuubi reads one file only. */
const WRITE_SETTINGS = `
cat /settings/kyuubi-defaults.conf /tenants/tenants.conf >/home/conf/next
mv /home/conf/next /home/conf/kyuubi-defaults.conf`;

/** Shell: Kyuubi's configuration when it starts. */
export const FIRST_SETTINGS = `
mkdir -p /home/conf
cp /settings/log4j2.xml /home/conf/${WRITE_SETTINGS}`;

export interface TakeOverProps extends SettingsVolumes {
  readonly database: ConsumerDatabase;
  readonly authentication: IAuthentication;
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
    mounts: { ...settingsMounts(props), ...authentication.mounts, [LIVE]: props.live },
    resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) },
    ...probes({ started: lately(SUCCEEDED), within: Duration.minutes(20) }),
  });
}

/**
 * The kubelet replaces the files within a minute of a change. All of it can be done again at any time.
 *
 * The image of Postgres wants SIGINT when it is to stop, which the first process of a container ignores unless it traps it.
 */
const takeOverScript = ({ port, started, authentication: { prepare, mounts = {} } }: TakeOverProps) => `
trap 'exit 0' TERM INT
refresh() {
  exec 3<>/dev/tcp/127.0.0.1/${port} || return 1
  printf 'POST /api/v1/admin/refresh/%s HTTP/1.0\\r\\nAuthorization: Basic %s\\r\\nContent-Length: 0\\r\\n\\r\\n' \\
    "$1" "$(printf %s "$ADMINISTRATOR:$ADMINISTRATOR_PASSWORD" | base64 -w 0)" >&3
  IFS= read -r -t 30 -u 3 status || return 1
  exec 3>&-
  [[ $status == *' 200 '* ]] || { echo "the gateway answers: $status" >&2; return 1; }
}
take_over() {
${prepare.trim()} || return 1
${WRITE_SETTINGS.trim()} || return 1
  ${waitFor('the gateway to start', started)}
  refresh kubernetes_conf && refresh user_defaults_conf
}
known=
while :; do
  now=$(cat ${['/tenants', ...Object.keys(mounts)].map((folder) => `${folder}/*`).join(' ')} 2>/dev/null | sha256sum)
  if [ "$now" != "$known" ] && take_over; then
    known=$now
    mapfile -t users </tenants/users
    echo "the gateway knows \${users[*]}"
  fi
  [ -z "$known" ] || printf '%(%s)T' >/tmp/looked
  sleep 2 & wait $!
done
`;
