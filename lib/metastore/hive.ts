import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { ConfigVolume } from '../config/config-volume';
import { HadoopXmlFile } from '../config/hadoop-xml';
import type { ConsumerDatabase } from '../database/database';
import { namespaceOf } from '../k8s/chart';
import { Deployment } from '../k8s/deployment';
import { atLeast, maximumHeap } from '../k8s/memory';
import { bash, probes } from '../k8s/probes';
import { Volume } from '../k8s/volume';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import { S3A_THREADS, s3aConf, TENANTS, WAREHOUSE } from '../object-store/object-store';
import type { Release } from '../release';
import { allow, named } from '../watch/watcher';
import { hiveSchema, SCHEMA_MADE } from './hive-schema';
import type { IMetastore, MetastoreContext } from './metastore';
import { guardConf, guardEnvironment, TENANT_GUARD } from './tenant-guard';

export interface HiveMetastoreProps {
  /** Request and limit; half of it is heap. @default 768 MiB */
  readonly memory?: Size;
  /** Whether a tenant sees the names of schemas and tables that it may not read. @default false */
  readonly discoverable?: boolean;
}

const PORT = 9083;
/** Read by name when it is needed: who has and may read what changes while the metastore runs. */
const SCHEMAS = 'schemas';
/** `hive` in the image. */
const UID = 1000;

/** @internal use {@link Metastore.hive} */
export class HiveMetastore extends Construct implements IMetastore {
  readonly uri: string;
  readonly account: k8s.Subject;
  readonly connections: Connections;

  constructor(scope: Construct, id: string, props: HiveMetastoreProps & MetastoreContext) {
    super(scope, id);
    const { release, objectStore, libraries, ownerOfDefault, discoverable = false } = props;
    const memory = atLeast(id, props.memory ?? Size.mebibytes(768), 512);
    const database = props.database.create('metastore');
    const login = objectStore.grant(this, id, { readWrite: [WAREHOUSE, TENANTS], read: libraries.folders });
    const schema = hiveSchema({ release, database });
    const jars = Volume.scratch('libraries', Size.gibibytes(1));
    const config = new ConfigVolume(this, 'config-map', [this.hiveSite(props, database), this.coreSite(props)]);
    this.account = { kind: 'ServiceAccount', name: id, namespace: namespaceOf(this) };
    this.declare(props);
    new k8s.KubeServiceAccount(this, 'service-account', { automountServiceAccountToken: false });
    const server = new Deployment(this, {
      name: id,
      succession: 'overlap',
      service: { thrift: PORT },
      uid: UID,
      serviceAccountName: id,
      automountServiceAccountToken: true,
      initContainers: [...schema.initContainers, libraries.install(jars, login)],
      containers: [
        {
          name: 'metastore',
          image: release.images.hive,
          env: {
            SERVICE_NAME: 'metastore',
            // The schema is not its business.
            IS_RESUME: 'true',
            // The last -Xmx wins over the image's own.
            SERVICE_OPTS: `${maximumHeap(memory, 2)} -XX:+UseSerialGC ${S3A_THREADS}`,
            HADOOP_CLASSPATH: classPath(release),
            DB_USERNAME: database.credentials.username,
            DB_PASSWORD: database.credentials.password,
            AWS_ACCESS_KEY_ID: login.username,
            AWS_SECRET_ACCESS_KEY: login.password,
            ...guardEnvironment(objectStore, ownerOfDefault, SCHEMAS, discoverable),
            HOME: '/tmp',
          },
          ports: { thrift: PORT },
          resources: { cpu: Cpu.millis(100), memory },
          mounts: {
            '/opt/hive/conf/hive-site.xml': config.file('hive-site.xml'),
            '/opt/hadoop/etc/hadoop/core-site.xml': config.file('core-site.xml'),
            '/libraries': jars,
            ...schema.mounts,
            '/tmp': Volume.scratch('tmp', Size.gibibytes(1)),
          },
          ...HEALTH,
        },
      ],
    });
    this.uri = new Endpoint(server.host, PORT).url('thrift');
    this.connections = Connections.ofPods(this, id, PORT);
    for (const other of [props.database, objectStore, props.apiServer]) this.connections.allowTo(other);
  }

  /** Lets the guard ask who has and who may read which schema. */
  private declare({ owners, readers }: MetastoreContext): void {
    const lines = (schemas: Record<string, string[]>) => Object.entries(schemas).map(([schema, tenants]) => `${[schema, ...tenants].join(' ')}\n`);
    const data = { owners: lines(owners).join(''), readers: lines(readers).join('') };
    new k8s.KubeConfigMap(this, 'schemas', { metadata: { name: SCHEMAS }, data });
    allow(new Construct(this, 'tenant-view'), this.node.id, () => named('configmaps', [SCHEMAS]));
  }

  private hiveSite({ release, objectStore, discoverable = false }: HiveMetastoreProps & MetastoreContext, database: ConsumerDatabase) {
    return new HadoopXmlFile('hive-site.xml', release.catalogs.metastore, {
      'metastore.warehouse.dir': `s3a://${objectStore.bucket}/${WAREHOUSE}`,
      'javax.jdo.option.ConnectionURL': database.jdbcUrl,
      'javax.jdo.option.ConnectionDriverName': 'org.postgresql.Driver',
      'javax.jdo.option.ConnectionUserName': HadoopXmlFile.env('DB_USERNAME'),
      'javax.jdo.option.ConnectionPassword': HadoopXmlFile.env('DB_PASSWORD'),
      // Of each of its three pools: Postgres takes a hundred of all, also while two of these are replaced.
      'datanucleus.connectionPool.maxPoolSize': 5,
      'datanucleus.schema.autoCreateAll': false,
      'metastore.schema.verification': true,
      // Delta changes column types in ways that Hive's own tables could not bear.
      'metastore.disallow.incompatible.col.type.changes': false,
      'hive.metastore.event.db.notification.api.auth': false,
      ...guardConf(discoverable),
      // They serve Hive's own transactional tables, of which there are none.
      'metastore.compactor.initiator.on': false,
      'metastore.housekeeping.threads.on': false,
    });
  }

  private coreSite({ release, objectStore }: MetastoreContext) {
    return new HadoopXmlFile(
      'core-site.xml',
      release.catalogs.metastoreHadoop,
      s3aConf(objectStore, 'com.amazonaws.auth.EnvironmentVariableCredentialsProvider'),
    );
  }
}

/** The image has S3A, but not on its class path, and no JDBC driver. Named one by one: the rest of that folder is in conflict with Hive. */
function classPath({ versions: { postgresDriver, hiveHadoop, hiveAwsSdk } }: Release): string {
  const tools = '/opt/hadoop/share/hadoop/tools/lib';
  return [
    `/libraries/postgresql-${postgresDriver}.jar`,
    `/libraries/${TENANT_GUARD.jar}`,
    `${tools}/hadoop-aws-${hiveHadoop}.jar`,
    `${tools}/aws-java-sdk-bundle-${hiveAwsSdk}.jar`,
  ].join(':');
}

/**
 * Thrift's getStatus, in its binary protocol: an open port does not say that the metastore answers.
 *
 * Read by the shell itself, with a time limit: one that is asked while it starts may never close the connection, and a probe whose child still waits hangs for minutes,
 * whatever its timeout. And to the end: what is left unread is an error with a stack trace in the metastore's log.
 */
const GET_STATUS = `exec 3<>/dev/tcp/127.0.0.1/${PORT} && printf '\\200\\1\\0\\1\\0\\0\\0\\11getStatus\\0\\0\\0\\0\\0' >&3 && LC_ALL=C read -r -t 3 -d s -u 3 reply && { read -r -t 0.05 -u 3 rest; [[ $reply == *getStatu ]]; }`;

/** A metastore has to start anew when its schema was made while it ran: what it wrote at its start is gone. */
const HEALTH = probes({
  started: `${GET_STATUS} && cp ${SCHEMA_MADE} /tmp/schema-made`,
  within: Duration.minutes(5),
  ready: bash(GET_STATUS),
  live: bash(`cmp -s ${SCHEMA_MADE} /tmp/schema-made && ${GET_STATUS}`),
});
