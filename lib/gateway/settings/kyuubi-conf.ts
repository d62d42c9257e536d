import { Duration, Size } from 'cdk8s';
import type { Conf } from '../../config/config-file';
import type { ConsumerDatabase } from '../../database/database';
import { ENGINE_JAR } from '../../spark/pod-template';
import type { IAuthentication } from '../authentication/authentication';
import type { KyuubiProps } from '../kyuubi';
import { BEHIND, LARGEST } from '../proxy/haproxy';
import { restrictedKeys } from './restricted-keys';

/** The gateway's own settings. Its logins come from a file, see `passwordFile`. */
export function serverConf(props: KyuubiProps, database: ConsumerDatabase, authentication: IAuthentication): Conf<`kyuubi.${string}`> {
  return {
    ...frontend,
    ...restrictedKeys,
    ...authentication.conf,
    ...logins,
    ...engines(props.engineIdleTimeout),
    // It finds engines by their pods. Without addresses neither it nor they announce themselves.
    'kyuubi.ha.client.class': 'lakehouse.Drivers',
    'kyuubi.ha.namespace': 'kyuubi',
    'kyuubi.metadata.store.jdbc.database.type': 'POSTGRESQL',
    'kyuubi.metadata.store.jdbc.url': database.jdbcUrl,
    'kyuubi.metadata.store.jdbc.database.schema.init': true,
  };
}

const frontend: Conf = {
  'kyuubi.frontend.protocols': 'THRIFT_BINARY,REST',
  // The proxy's alone.
  'kyuubi.frontend.bind.host': '127.0.0.1',
  'kyuubi.frontend.thrift.binary.bind.port': BEHIND.thrift,
  'kyuubi.frontend.rest.bind.port': BEHIND.rest,
  // As the frames around it, see Frames.java.
  'kyuubi.frontend.thrift.max.message.size': LARGEST,
  // No DNS server knows the name of a pod.
  'kyuubi.frontend.connection.url.use.hostname': false,
  // Files of batches would go to the gateway's own disk: a batch names one in the store.
  'kyuubi.batch.resource.upload.enabled': false,
  'kyuubi.server.conf.retrieveMode': 'NONE',
  // One user has no more than a tenth of them, see Shares.java.
  'kyuubi.backend.server.exec.pool.size': 500,
  // An engine that hangs keeps a thread from the time limits of others until it is ended.
  'kyuubi.operation.timeout.pool.size': 64,
  'kyuubi.server.limit.batch.connections.per.user': 50,
  'kyuubi.server.redaction.regex': '(?i)secret|password|token|access[.]?key',
};

/** By Thrift and by REST. */
const logins: Conf = {
  'kyuubi.authentication': 'CUSTOM',
  'kyuubi.authentication.custom.class': 'lakehouse.Logins',
  'kyuubi.authentication.custom.basic.class': 'lakehouse.Logins',
};

/** Of an engine: it may have to pull an image, and before there is a pod it may wait for the starts of others. */
const START = Duration.minutes(10);

function engines(idleTimeout = Duration.minutes(10)): Conf {
  if (!(idleTimeout.toMilliseconds() > 0)) throw new Error(`gateway.engineIdleTimeout is ${idleTimeout.toMilliseconds()} ms: give more than nothing`);
  return {
    'kyuubi.engine.share.level': 'USER',
    'kyuubi.session.engine.spark.main.resource': `local://${ENGINE_JAR}`,
    'kyuubi.session.engine.idle.timeout': idleTimeout,
    // A result that may be larger than a driver's memory goes through the store. Spark reckons 20 bytes for a text of whatever length, so this can be fifty times as much.
    'kyuubi.operation.result.saveToFile.enabled': true,
    'kyuubi.operation.result.saveToFile.minSize': Size.mebibytes(8).toKibibytes() * 1024,
    // An engine and the gateway hold in memory what a client fetches at once: by default as much as it says. Drivers ask for 1,000 rows.
    'kyuubi.server.limit.client.fetch.max.rows': 50_000,
    // Of what a client fetches at once, see TSaslClientTransport.java: of a gateway's heap by default an eighth.
    'kyuubi.frontend.thrift.client.max.message.size': Size.mebibytes(64).toKibibytes() * 1024,
    'kyuubi.session.engine.initialize.timeout': START,
    'kyuubi.engine.kubernetes.submit.timeout': START,
    // Else the JVM of spark-submit stays as long as the engine, in the pod of the gateway.
    'kyuubi.session.engine.startup.waitCompletion': false,
    // By default driver pods of ended engines stay for ever.
    'kyuubi.kubernetes.spark.cleanupTerminatedDriverPod.kind': 'ALL',
    'kyuubi.kubernetes.spark.cleanupTerminatedDriverPod.checkInterval': Duration.seconds(30),
    'kyuubi.kubernetes.terminatedApplicationRetainPeriod': Duration.minutes(1),
    // A user's name can be too long for a pod's, or have letters that it may not have.
    'kyuubi.kubernetes.spark.forciblyRewriteDriverPodName.enabled': true,
    'kyuubi.kubernetes.spark.forciblyRewriteExecutorPodNamePrefix.enabled': true,
  };
}
