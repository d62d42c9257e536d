import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { ConfigVolume } from '../../config/config-volume';
import type { ContainerProps } from '../../k8s/pod';
import { answers, lately, probes } from '../../k8s/probes';
import { shell } from '../../k8s/shell';
import { Volume } from '../../k8s/volume';
import { CONFIG, sidecar } from '../../proxy/haproxy';
import type { Release } from '../../release';
import { ADMIN, CERTIFICATE, HEALTH, haproxyConfig, REST, THRIFT, TLS } from './haproxy';

export interface Proxy {
  /** Begins before Kyuubi and ends after it, so that a session goes on while the gateway waits for its end. */
  readonly sidecar: ContainerProps;
  /** Beside Kyuubi. */
  readonly containers: ContainerProps[];
}

/** What clients of the gateway talk to. It takes a renewed certificate over without ending a session. */
export function proxy(scope: Construct, release: Release, tls?: { readonly secretName: string }): Proxy {
  const config = new ConfigVolume(scope, 'haproxy', [haproxyConfig(tls !== undefined)]);
  const served = config.file('haproxy.cfg');
  const mounts = { ...(tls && { [TLS]: Volume.secret('tls', tls.secretName) }) };
  return {
    sidecar: sidecar(release, served, {
      ports: { thrift: THRIFT, rest: REST, health: HEALTH },
      mounts,
      resources: { cpu: Cpu.millis(50), memory: Size.mebibytes(256) },
      ...probes({
        started: answers(HEALTH, '/alive'),
        within: Duration.minutes(5),
        ready: { httpGet: { path: '/alive', port: k8s.IntOrString.fromNumber(HEALTH) } },
      }),
    }),
    containers: tls ? [certificate(release, { [CONFIG]: served, ...mounts })] : [],
  };
}

/** Written when the certificate that is served is the one that is there. */
const SERVED = '/tmp/served';

const certificate = (release: Release, mounts: ContainerProps['mounts']): ContainerProps => ({
  name: 'certificate',
  image: release.images.haproxy,
  command: shell(RENEW, 'bash'),
  mounts: { ...mounts, '/tmp': Volume.scratch('served', Size.mebibytes(1)) },
  resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) },
  ...probes({ started: lately(SERVED), within: Duration.minutes(5) }),
});

/**
 * A certificate that does not match its key is looked at by another process first: HAProxy 3.0 refuses it, but the error stays in its thread and ends the next
 * connection that is read there.
 */
const RENEW = `
now() { cat ${CERTIFICATE} ${TLS}/tls.key | sha256sum; }
ask() {
  exec 3<>/dev/tcp/127.0.0.1/${ADMIN} && printf '%s\\n' "$1" >&3 && answer=$(timeout 10 cat <&3) && exec 3>&-
}
take_over() {
  answer=$(haproxy -c -f ${CONFIG} 2>&1) || return 1
  ask "set ssl cert ${CERTIFICATE} <<
$(grep -hv '^$' ${CERTIFICATE} ${TLS}/tls.key)
" && ask 'commit ssl cert ${CERTIFICATE}' && [[ $answer == *Success* ]]
}
served=$(now) say=0
while :; do
  found=$(now)
  if [ "$found" = "$served" ]; then
    say=0
  elif take_over; then
    served=$found
    echo "serves the certificate that is in the Secret now"
  elif ((SECONDS >= say)); then
    say=$((SECONDS + 30))
    echo "the certificate in the Secret cannot be served, the one before goes on: $answer" >&2
  fi
  printf '%(%s)T' >${SERVED}
  sleep 2 & wait $!
done`;
