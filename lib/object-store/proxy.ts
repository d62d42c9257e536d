import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { ConfigVolume, textFile } from '../config/config-volume';
import type { ContainerProps } from '../k8s/pod';
import { listens, probes } from '../k8s/probes';
import { ADDRESSES, halfForAnAddress, sidecar, UNSENT_BODIES } from '../proxy/haproxy';
import type { Release } from '../release';

/** Where clients dial. */
export const S3 = 9000;
/** Where MinIO listens, to this pod alone. */
export const BEHIND = 9001;

const CONNECTIONS = 4000;

/** A parameter of a query, by whatever case of its letters. */
const PREFIX = '(^|&)prefix(=|&|$)';

/**
 * MinIO takes a header, or another spelling of the parameter, for the folder that is listed when it asks whether that may be: any login could list all folders, and no
 * policy can say otherwise. So a folder is said once, and by its name alone.
 */
const CONFIG = textFile(
  'haproxy.cfg',
  `global
  log stdout format raw local0 info
  maxconn ${CONNECTIONS}

defaults
  log global
  mode http
  option httplog
  option dontlog-normal
  option dontlognull
  option splice-auto
  # Of one client each, as without a proxy.
  http-reuse never
  timeout connect 10s
  timeout http-request 10s
  timeout http-keep-alive 5m
  # Of a task that reads on when it has worked on what it has.
  timeout client 1h
  timeout server 1h

${ADDRESSES}

frontend s3
  option disable-h2-upgrade
  bind :${S3}
${halfForAnAddress(CONNECTIONS)}
${UNSENT_BODIES}
  acl odd req.hdr(prefix) -m found
  acl odd query -m reg '(^|&)[^=&]*%'
  acl odd query -m reg -i '${PREFIX}.*&prefix(=|&|$)'
  http-request return status 400 content-type text/plain string "say the folder once, as prefix= in the query" if odd or { query -m reg -i '${PREFIX}' } !{ query -m reg '${PREFIX}' }
  default_backend minio

backend minio
  server minio 127.0.0.1:${BEHIND}
`,
);

/** In MinIO's pod. */
export function proxy(scope: Construct, release: Release): ContainerProps {
  return sidecar(release, new ConfigVolume(scope, 'haproxy', [CONFIG]).file('haproxy.cfg'), {
    ports: { s3: S3 },
    resources: { cpu: Cpu.millis(50), memory: Size.mebibytes(128) },
    ...probes({ started: listens(S3), within: Duration.minutes(5), ready: { tcpSocket: { port: k8s.IntOrString.fromNumber(S3) } } }),
  });
}
