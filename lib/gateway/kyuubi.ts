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
import { answers, probes } from '../k8s/probes';
import { Volume } from '../k8s/volume';
import { Connections, type IConnectable } from '../net/connections';
import { waitForSafeStore } from '../object-store/watcher';
import type { Release } from '../release';
import type { Secrets } from '../secrets/secrets';
import { driverTemplate, ENGINE_PORT, executorTemplate, type PodTemplateProps, SPARK_UID } from '../spark/pod-template';
import { type SparkDefaultsProps, sparkDefaults } from '../spark/spark-conf';
import type { Tenant } from '../tenants/tenant';
import { live } from '../watch/live';
import { WATCHER, waitForPolicies } from '../watch/watcher';
import { Authentication } from './authentication/authentication';
import { GATEWAY } from './authentication/database';
import { BEHIND, REST, THRIFT } from './proxy/haproxy';
import { proxy } from './proxy/proxy';
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
   * A Secret of type `kubernetes.io/tls` in the gateway's namespace, for JDBC and REST. What it becomes is served within two minutes, and open sessions go on.
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

/** Whether the cluster's network plugin enforces NetworkPolicies. */
export type NetworkPolicies = 'enforced' | 'not enforced';

export interface KyuubiProps extends GatewayProps, PodTemplateProps, Omit<SparkDefaultsProps, 'templates'> {
  readonly release: Release;
  readonly secrets: Secrets;
  readonly database: IDatabase;
  readonly apiServer: IConnectable;
  readonly networkPolicies?: NetworkPolicies;
  readonly tenants: Tenant[];
}

export const KYUUBI = 'kyuubi';
const METRICS = 10019;
/** For what the gateway does before and after it waits for its sessions. */
const STOP = Duration.seconds(30);
const TEMPLATES = '/etc/pod-templates';
/** A metric that there is once the REST server, which opens last, has all of its parts: who asks that itself before leaves an error in its log. */
const STARTED = `${answers(METRICS, '/metrics')} && grep -q batch_pending_max_elapse <&3`;

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
    const wait = [
      waitForSafeStore(props.objectStore),
      ...(props.networkPolicies === 'not enforced' ? [] : [waitForPolicies(props.objectStore.watcher)]),
    ].join('\n');
    const front = proxy(this, release, props.tls);
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
      initContainers: [...serverFiles(release, settings, tenants), passwordFile({ database, wait, passwords }), front.sidecar],
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
            KYUUBI_WORK_DIR_ROOT: '/work',
            KYUUBI_JAVA_OPTS: `${maximumHeap(memory, 3)} -XX:+UseSerialGC @/passwords/java.options`,
            // spark-submit lives for seconds: what it compiles well it never uses.
            SPARK_SUBMIT_OPTS: `-Xmx${SUBMIT_HEAP}m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC`,
            HOME: '/tmp',
            // By default the name in the image, 'spark': who logged in by that name would be an administrator.
            HADOOP_USER_NAME: GATEWAY,
            ENGINE_PORT: String(ENGINE_PORT),
            SUBMITS: String(submits(memory)),
          },
          ports: { metrics: METRICS },
          resources: { cpu: Cpu.millis(200), memory },
          mounts: {
            '/opt/kyuubi': settings.home,
            '/etc/spark': new ConfigVolume(this, 'spark-config', [sparkDefaults({ ...props, templates: TEMPLATES })]),
            [TEMPLATES]: new ConfigVolume(this, 'pod-templates', [driverTemplate(props), executorTemplate(props)]),
            '/passwords': passwords,
            // Logs of starts and, apart, of statements: code in an engine can fill those. In memory, so that who fills them has an error, and not the pod an eviction.
            '/work': Volume.memory('logs', Size.mebibytes(64)),
            '/work/server_operation_logs': Volume.memory('statement-logs', Size.mebibytes(64)),
            '/tmp': Volume.scratch('tmp', Size.gibibytes(1)),
            '/opt/spark/work-dir': Volume.scratch('work', Size.gibibytes(1)),
          },
          ...HEALTH,
        },
        declared.container,
        takeOver({ ...settings, declared: declared.volume, database, authentication, port: BEHIND.rest, started: STARTED }),
        ...front.containers,
      ],
    });
    this.connections = Connections.ofPods(this, id, THRIFT);
    this.connections.allowFromAnywhere(THRIFT, REST);
    this.connections.allowTo(props.objectStore.watcher, WATCHER);
    for (const other of [props.database, props.apiServer, authentication.server]) if (other) this.connections.allowTo(other);
    for (const tenant of props.tenants) this.connections.allowTo(tenant.driver);
  }
}

/** In MiB, of one spark-submit. */
const SUBMIT_HEAP = 256;

/** How many engines may start at once: a third of the memory is Kyuubi's heap, and a third what it has beside it. */
const submits = (memory: Size) => Math.max(1, Math.floor(memory.toMebibytes() / 3 / SUBMIT_HEAP));

/** Kyuubi waits for its sessions in a hook of Hadoop's, which gives each hook half a minute if nobody says otherwise. */
const coreSite = (release: Release, drainTimeout: Duration) =>
  new HadoopXmlFile('core-site.xml', release.catalogs.hadoop, { 'hadoop.service.shutdown.timeout': `${drainTimeout.toSeconds()}s` });

const HEALTH = probes({
  started: STARTED,
  within: Duration.minutes(5),
  // Not by the threads that answer users: if those are all busy, it goes on all the same.
  ready: { httpGet: { path: '/metrics', port: k8s.IntOrString.fromNumber(METRICS) } },
});
