import type { ContainerProps } from '../k8s/pod';
import type { Mount } from '../k8s/volume';
import type { Release } from '../release';

/** Where HAProxy finds its configuration. */
export const CONFIG = '/etc/haproxy/haproxy.cfg';

/** In its configuration: by address, how many connections there are. */
export const ADDRESSES = `backend addresses
  stick-table type ipv6 size 10k expire 1m store conn_cur`;

/** In a frontend that takes so many connections: one address has half of them at most. */
export const halfForAnAddress = (connections: number) => `  tcp-request connection track-sc0 src table addresses
  tcp-request connection reject if { sc0_conn_cur gt ${connections / 2} }`;

/**
 * In a frontend of HTTP: who asks before it sends a body (`Expect: 100-continue`) and is refused sends none, and may ask the next thing on this connection. HAProxy
 * would take that for the body, so the connection ends with the refusal, as it does without a proxy.
 */
export const UNSENT_BODIES = `  http-request set-var(txn.asks) bool(true) if { req.hdr(expect) -m found }
  http-after-response set-header connection close if { var(txn.asks) -m bool } { status ge 300 }`;

/** HAProxy beside the program that it stands before: it begins before it and ends after it. */
export const sidecar = (release: Release, config: Mount, props: Omit<ContainerProps, 'name' | 'image' | 'command'>): ContainerProps => ({
  name: 'proxy',
  image: release.images.haproxy,
  restartPolicy: 'Always',
  command: ['haproxy', '-db', '-f', CONFIG],
  ...props,
  mounts: { [CONFIG]: config, ...props.mounts },
});
