import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { KYUUBI_SPELLING } from '../config/config-file';
import { ConfigVolume } from '../config/config-volume';
import { HadoopXmlFile } from '../config/hadoop-xml';
import { PropertiesFile } from '../config/properties';
import type { IDatabase } from '../database/database';
import { Deployment } from '../k8s/deployment';
import { atLeast, maximumHeap } from '../k8s/memory';
import { answers, listens, probes } from '../k8s/probes';
import { Volume } from '../k8s/volume';
import { Connections, type IConnectable } from '../net/connections';
import { waitForSafeStore } from '../object-store/watcher';
import type { Release } from '../release';
import type { Secrets } from '../secrets/secrets';
import { driverTemplate, executorTemplate, type PodTemplateProps, SPARK_UID } from '../spark/pod-template';
import { type SparkDefaultsProps, sparkDefaults } from '../spark/spark-conf';
import type { Tenant } from '../tenants/tenant';
import { live } from '../watch/live';
import { WATCHER } from '../watch/watcher';
import { Authentication } from './authentication/authentication';
import { GATEWAY } from './authentication/database';
import { PROGRAMS, serverFiles } from './server/files';
import { serverConf } from './settings/kyuubi-conf';
import { log4j2 } from './settings/log4j2';
import { passwordFile } from './settings/password-file';
import { TENANTS, tenantSettings, userNames } from './settings/tenants-conf';
import { takeOver } from './take-over';

export interface GatewayProps {
  /** Of the Kyuubi server and the spark-submit that it forks for each new engine. @default 1.5 GiB */
  readonly memory?: Size;
  /**
   * A Secret of type `kubernetes.io/tls` in the gateway's namespace, for JDBC. The REST interface knows no TLS: with this, nobody but `kubectl port-forward` reaches it.
   * `new Lakehouse` raises an error for an environment that lasts and has none, and for a name that no Secret has. @default - passwords and rows pass the network in clear
   */
  readonly tls?: { readonly secretName: string };
  /** Who knows the passwords. @default Authentication.database() */
  readonly authentication?: Authentication;
  /** An engine that has had no session for so long ends. Raises an error for no time at all. @default 10 minutes */
  readonly engineIdleTimeout?: Duration;
  /** How long a gateway that is told to stop waits for its sessions to end. Meanwhile the next one takes new ones, so a roll needs memory for two. @default 10 minutes */
  readonly drainTimeout?: Duration;
}

export interface KyuubiProps extends GatewayProps, PodTemplateProps, Omit<SparkDefaultsProps, 'templates'> {
  readonly release: Release;
  readonly secrets: Secrets;
  readonly database: IDatabase;
  readonly apiServer: IConnectable;
  readonly tenants: Tenant[];
}

export const KYUUBI = 'kyuubi';
const THRIFT = 10009;
const REST = 10099;
const METRICS = 10019;
/** For what the gateway does before and after it waits for its sessions. */
const STOP = Duration.seconds(30);
const TEMPLATES = '/etc/pod-templates';
/** Not /api/v1/ping, which wants a password. */
const PAGE = '/ui/';
/** It answers on its last port to open. Whoever asks in the second before the REST server has all of its parts leaves an error in its log. */
const STARTED = `${listens(REST)} && sleep 2 && ${answers(REST, PAGE)}`;

/** The SQL gateway: takes JDBC connections, knows the users, and launches an engine for each in the namespace of their tenant. */
export class Kyuubi extends Construct implements IConnectable {
  readonly connections: Connections;

  constructor(scope: Construct, id: string, props: KyuubiProps) {
    super(scope, id);
    const { release, drainTimeout = Duration.minutes(10) } = props;
    if (props.tls && !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(props.tls.secretName))
      throw new Error(`gateway.tls.secretName is '${props.tls.secretName}': a Secret's name has lower-case letters, digits, hyphens and dots`);
    const memory = atLeast(id, props.memory ?? Size.mebibytes(1536), 1024);
    const database = props.database.create(KYUUBI);
    const users = props.tenants.flatMap((tenant) => tenant.users);
    const authentication = (props.authentication ?? Authentication.database()).bind(this, { secrets: props.secrets, database, users });
    const passwords = Volume.memory('passwords');
    const defaults = new PropertiesFile(
      'kyuubi-defaults.conf',
      release.catalogs.kyuubi,
      KYUUBI_SPELLING,
      serverConf(props, database, authentication),
    );
    const settings = {
      server: new ConfigVolume(this, 'kyuubi-config', [defaults, log4j2(), coreSite(release, drainTimeout), ...PROGRAMS]),
      home: Volume.scratch('home', Size.gibibytes(1)),
    };
    const tenants = ConfigVolume.live(this, 'tenants', [userNames(users), tenantSettings(release, props.tenants)]);
    const declared = live(this, { release, account: id, reader: 'tenants', configMaps: [TENANTS], secrets: authentication.secrets });
    new k8s.KubeServiceAccount(this, 'service-account', { automountServiceAccountToken: false });
    new Deployment(this, {
      name: id,
      // A session stays with the pod that it was opened on until it ends, while new ones find the next pod.
      succession: 'overlap',
      uid: SPARK_UID,
      serviceAccountName: id,
      automountServiceAccountToken: true,
      terminationGracePeriodSeconds: drainTimeout.toSeconds() + STOP.toSeconds(),
      service: { thrift: THRIFT, rest: REST },
      initContainers: [
        ...serverFiles(release, settings, tenants),
        passwordFile({ database, wait: waitForSafeStore(props.objectStore), passwords, tls: props.tls }),
      ],
      containers: [
        {
          name: 'kyuubi',
          image: release.images.spark,
          command: ['/opt/kyuubi/bin/kyuubi', 'run'],
          env: {
            KYUUBI_HOME: '/opt/kyuubi',
            SPARK_HOME: '/opt/kyuubi/spark',
            // Another folder: spark-submit hands everything in it to the driver.
            SPARK_CONF_DIR: '/etc/spark',
            KYUUBI_LOG_DIR: '/tmp/kyuubi/logs',
            KYUUBI_PID_DIR: '/tmp/kyuubi/pid',
            KYUUBI_WORK_DIR_ROOT: '/tmp/kyuubi/work',
            KYUUBI_JAVA_OPTS: `${maximumHeap(memory, 3)} -XX:+UseSerialGC @/passwords/java.options`,
            // spark-submit lives for seconds: what it compiles well it never uses.
            SPARK_SUBMIT_OPTS: '-Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
            HOME: '/tmp',
            // By default the name in the image, 'spark': who logged in by that name would be an administrator.
            HADOOP_USER_NAME: GATEWAY,
          },
          ports: { thrift: THRIFT, rest: REST, metrics: METRICS },
          resources: { cpu: Cpu.millis(200), memory },
          mounts: {
            '/opt/kyuubi': settings.home,
            '/etc/spark': new ConfigVolume(this, 'spark-config', [sparkDefaults({ ...props, templates: TEMPLATES })]),
            [TEMPLATES]: new ConfigVolume(this, 'pod-templates', [driverTemplate(props), executorTemplate(props)]),
            '/passwords': passwords,
            '/tmp': Volume.scratch('tmp', Size.gibibytes(1)),
            '/opt/spark/work-dir': Volume.scratch('work', Size.gibibytes(1)),
          },
          ...HEALTH,
        },
        declared.container,
        takeOver({ ...settings, declared: declared.volume, database, authentication, port: REST, started: STARTED }),
      ],
    });
    this.connections = Connections.ofPods(this, id, THRIFT);
    this.connections.allowFromAnywhere(THRIFT, ...(props.tls ? [] : [REST]));
    this.connections.allowTo(props.objectStore.watcher, WATCHER);
    for (const other of [props.database, props.apiServer, authentication.server]) if (other) this.connections.allowTo(other);
    for (const tenant of props.tenants) this.connections.allowTo(tenant.driver);
  }
}

/** Kyuubi waits for its sessions in a hook of Hadoop's, which gives each hook half a minute if nobody says otherwise. */
const coreSite = (release: Release, drainTimeout: Duration) =>
  new HadoopXmlFile('core-site.xml', release.catalogs.hadoop, { 'hadoop.service.shutdown.timeout': `${drainTimeout.toSeconds()}s` });

const HEALTH = probes({
  started: STARTED,
  within: Duration.minutes(5),
  ready: { httpGet: { path: PAGE, port: k8s.IntOrString.fromNumber(REST) } },
});
