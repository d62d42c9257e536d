import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { ConfigFile } from '../config/config-file';
import { SPARK_SPELLING } from '../config/config-file';
import { ConfigVolume } from '../config/config-volume';
import { PropertiesFile } from '../config/properties';
import { atLeast, maximumHeap } from '../k8s/memory';
import { bash, probes } from '../k8s/probes';
import { StatefulSet } from '../k8s/stateful-set';
import { Volume } from '../k8s/volume';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import type { Release } from '../release';
import type { IDiscovery } from './discovery';

export interface ZooKeeperProps {
  /** Of its volume. @default 1 GiB */
  readonly storage?: Size;
  /** Request and limit; half of it is heap. @default 192 MiB */
  readonly memory?: Size;
}

const PORT = 2181;
/** `zookeeper` in the image. */
const UID = 1000;

/** @internal use {@link Discovery.zookeeper} */
export class ZooKeeper extends Construct implements IDiscovery {
  readonly addresses: string;
  readonly connections: Connections;

  constructor(scope: Construct, id: string, props: ZooKeeperProps & { release: Release }) {
    super(scope, id);
    const memory = atLeast(id, props.memory ?? Size.mebibytes(192), 128);
    const config = new ConfigVolume(this, 'config-map', [zooCfg(props.release)]);
    const server = new StatefulSet(this, {
      name: id,
      uid: UID,
      claims: { data: props.storage ?? Size.gibibytes(1) },
      service: { client: PORT },
      containers: [
        {
          name: 'zookeeper',
          image: props.release.images.zookeeper,
          env: { JVMFLAGS: `${maximumHeap(memory, 2)} -XX:+UseSerialGC`, HOME: '/tmp', ZOO_LOG4J_PROP: 'INFO,CONSOLE' },
          ports: { client: PORT },
          resources: { cpu: Cpu.millis(50), memory },
          mounts: {
            '/conf/zoo.cfg': config.file('zoo.cfg'),
            '/data': Volume.claim('data'),
            '/logs': Volume.scratch('logs', Size.mebibytes(64)),
            '/tmp': Volume.scratch('tmp', Size.mebibytes(64)),
          },
          ...HEALTH,
        },
      ],
    });
    this.addresses = new Endpoint(server.host, PORT).address;
    this.connections = Connections.ofPods(this, id, PORT);
  }
}

/**
 * A server without a quorum answers too, but not with a mode: it is alive, and a restart would not help it.
 *
 * Read by the shell itself, with a time limit: one that is asked while it loads its data may never close the connection, and a probe whose child still
 * waits hangs for minutes, whatever its timeout.
 */
const says = (pattern: string) =>
  `exec 3<>/dev/tcp/127.0.0.1/${PORT} && printf srvr >&3 && while read -r -t 3 -u 3 line; do [[ $line == ${pattern} ]] && exit; done; exit 1`;

const HEALTH = probes({ started: says('Mode*'), within: Duration.minutes(5), live: bash(says('?*')) });

function zooCfg(release: Release): ConfigFile {
  return new PropertiesFile('zoo.cfg', release.catalogs.zookeeper, SPARK_SPELLING, {
    dataDir: '/data',
    clientPort: PORT,
    tickTime: 2000,
    initLimit: 10,
    syncLimit: 5,
    // Off by default, which fills the volume.
    'autopurge.purgeInterval': 1,
    'autopurge.snapRetainCount': 3,
    'admin.enableServer': false,
    '4lw.commands.whitelist': 'srvr',
  });
}
