import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { ConfigVolume, textFile } from '../config/config-volume';
import type { ContainerProps } from '../k8s/pod';
import { listens, probes } from '../k8s/probes';
import type { Release } from '../release';

/** Where clients dial. */
export const S3 = 9000;
/** Where MinIO listens, to this pod alone. */
export const BEHIND = 9001;

/** Half of them from one address. */
const CONNECTIONS = 4000;

const CONFIG = '/etc/haproxy/haproxy.cfg';

/** A parameter of a query, by whatever case of its letters. */
const PREFIX = '(^|&)prefix(=|&|$)';

/**
 * MinIO takes a header, or another spelling of the parameter, for the folder that is listed when it asks whether that may be: any login could list all folders, and no
 * policy can say otherwise. So a folder is said once, and by its name alone.
 */
const CONFIG_FILE = textFile(
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

backend addresses
  stick-table type ipv6 size 10k expire 1m store conn_cur

frontend s3
  option disable-h2-upgrade
  bind :${S3}
  tcp-request connection track-sc0 src table addresses
  tcp-request connection reject if { sc0_conn_cur gt ${CONNECTIONS / 2} }
  acl odd req.hdr(prefix) -m found
  acl odd query -m reg '(^|&)[^=&]*%'
  acl odd query -m reg -i '${PREFIX}.*&prefix(=|&|$)'
  http-request return status 400 content-type text/plain string "say the folder once, as prefix= in the query" if odd or { query -m reg -i '${PREFIX}' } !{ query -m reg '${PREFIX}' }
  default_backend minio

backend minio
  server minio 127.0.0.1:${BEHIND}
`,
);

/** Begins before MinIO and ends after it. */
export function proxy(scope: Construct, release: Release): ContainerProps {
  return {
    name: 'proxy',
    image: release.images.haproxy,
    restartPolicy: 'Always',
    command: ['haproxy', '-db', '-f', CONFIG],
    ports: { s3: S3 },
    mounts: { [CONFIG]: new ConfigVolume(scope, 'haproxy', [CONFIG_FILE]).file('haproxy.cfg') },
    resources: { cpu: Cpu.millis(50), memory: Size.mebibytes(128) },
    ...probes({ started: listens(S3), within: Duration.minutes(5), ready: { tcpSocket: { port: k8s.IntOrString.fromNumber(S3) } } }),
  };
}
