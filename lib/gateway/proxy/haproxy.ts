import type { ConfigFile } from '../../config/config-file';
import { textFile } from '../../config/config-volume';
import { ADDRESSES, halfForAnAddress, UNSENT_BODIES } from '../../proxy/haproxy';
import { GATEWAY } from '../authentication/database';

/** Where clients dial. */
export const THRIFT = 10009;
export const REST = 10099;
/** Where Kyuubi listens, to this pod alone. */
export const BEHIND = { thrift: 11009, rest: 11099 };
/** `GET /alive`. */
export const HEALTH = 10098;
/** HAProxy's own interface, to this pod alone. */
export const ADMIN = 11098;

/** With a Secret of type `kubernetes.io/tls`. */
export const TLS = '/tls';
export const CERTIFICATE = `${TLS}/tls.crt`;

/** To each port: Kyuubi has a thread for each. */
const CONNECTIONS = 900;

/** Requests of one login under way, and how many there may be with a large body: Kyuubi makes objects of it, ten times as large. */
const REQUESTS = { all: 50, large: 4 };

/** Of a request, in bytes. */
const BODY = { large: 64 * 1024, largest: 1024 * 1024 };

/** Of JDBC, in bytes: a message is a statement with its settings, and the gateway has a heap for all of them. */
export const LARGEST = 16 * 1024 * 1024;

/** Each login has one spelling. */
const BASIC = "'^Basic ([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'";
/** The name and the password: texts of other bytes can stand for the same. */
const LOGIN = "req.fhdr(authorization),word(2,' '),b64dec";

/** What no path of Kyuubi's has, and by which a path could be read as another one behind the proxy than in front of it. */
const ODD_PATH = String.raw`{ path -m sub -i %2f %5c ; .. '\' }`;

/**
 * Kyuubi has a thread for each connection, and none of them has a limit before somebody has logged in. So a connection gets to it only with the first messages of a
 * login in full, each of which says how long it is.
 *
 * HTTP/1.1 alone: by HTTP/2, a hundred requests would come over one connection.
 */
export const haproxyConfig = (tls: boolean): ConfigFile =>
  textFile(
    'haproxy.cfg',
    `global
  log stdout format raw local0 info
  maxconn ${3 * CONNECTIONS}
${tls ? `  stats socket ipv4@127.0.0.1:${ADMIN} level admin\n  ssl-load-extra-del-ext\n  ssl-default-bind-options ssl-min-ver TLSv1.2\n` : ''}
defaults
  log global
  mode http
  option dontlognull
  timeout connect 10s
  timeout client-hs 10s
  timeout http-request 10s
  timeout http-keep-alive 1m
  timeout client 12h
  timeout server 12h
  timeout client-fin 30s
  timeout server-fin 30s
  timeout queue 1m

${ADDRESSES}

backend logins
  stick-table type string len 128 size 10k expire 1m store conn_cur

frontend thrift
  mode tcp
  maxconn ${CONNECTIONS}
  bind :${THRIFT}${tls ? ` ssl crt ${CERTIFICATE}` : ''}
  option tcplog
  option clitcpka
${halfForAnAddress(CONNECTIONS)}
  tcp-request inspect-delay 10s
  # START, 5, PLAIN; then a status, a length and so many bytes: the name and the password.
  tcp-request content accept if { req.payload(0,10) -m bin 0100000005504c41494e } { req.payload_lv(11,4) -m found }
  tcp-request content reject
  default_backend thrift

backend thrift
  mode tcp
  option srvtcpka
  server kyuubi 127.0.0.1:${BEHIND.thrift}

frontend rest
  option disable-h2-upgrade
  maxconn ${CONNECTIONS}
  bind :${REST}${tls ? ` ssl crt ${CERTIFICATE} alpn http/1.1` : ''}
  option httplog
  option clitcpka
${halfForAnAddress(CONNECTIONS)}
${UNSENT_BODIES}
  http-request deny deny_status 400 if ${ODD_PATH}
  http-request return status 411 if { req.hdr(transfer-encoding) -m found }
  http-request deny deny_status 413 if { req.hdr_val(content-length) gt ${BODY.largest} }
  http-request return status 415 if { req.hdr(content-type) -m beg -i multipart/ }
  http-request deny deny_status 400 if { req.fhdr_cnt(authorization) gt 1 } or { req.fhdr(authorization) -m found } !{ req.fhdr(authorization) -m reg ${BASIC} }
  # The gateway's own login, which asks Kyuubi itself.
  http-request deny deny_status 403 if { ${LOGIN} -m beg ${GATEWAY}: }
  http-request track-sc1 ${LOGIN} table logins
  http-request deny deny_status 429 if { sc1_conn_cur gt ${REQUESTS.all} } or { sc1_conn_cur gt ${REQUESTS.large} } { req.hdr_val(content-length) gt ${BODY.large} }
  http-request set-header X-Real-IP %[src]
  default_backend rest

backend rest
  server kyuubi 127.0.0.1:${BEHIND.rest}

frontend health
  no log
  bind :${HEALTH}
  monitor-uri /alive
`,
  );
