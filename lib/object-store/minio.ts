import { Duration, Lazy, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { namespaceOf } from '../k8s/chart';
import type { Credentials } from '../k8s/credentials';
import { atLeast } from '../k8s/memory';
import { NAMELESS_UID } from '../k8s/pod';
import { answers, bash, probes } from '../k8s/probes';
import { StatefulSet } from '../k8s/stateful-set';
import { Volume } from '../k8s/volume';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import type { Secrets } from '../secrets/secrets';
import { WATCHER, WATCHER_PORTS, type Watched } from '../watch/watcher';
import { bucketName } from './bucket-name';
import { loginName } from './login-name';
import type { Access, IObjectStore, ObjectStoreContext } from './object-store';
import { policy } from './policy';
import { BEHIND, proxy, S3 } from './proxy';
import { storeWatcher } from './watcher';

export interface MinioProps {
  /** Of its volume, which outlives everything but its own deletion. */
  readonly storage: Size;
  /** @default lakehouse */
  readonly bucket?: string;
  /** Request and limit. @default 640 MiB, which it may need when it is busy */
  readonly memory?: Size;
}

/** @internal use {@link ObjectStore.minio} */
export class Minio extends Construct implements IObjectStore {
  readonly url: string;
  readonly bucket: string;
  readonly region = 'us-east-1';
  readonly connections: Connections;
  readonly watcher: Watched;
  readonly account: k8s.Subject;
  private readonly secrets: Secrets;
  /** Policies by user. */
  private readonly users: Record<string, string> = {};

  constructor(scope: Construct, id: string, props: MinioProps & ObjectStoreContext) {
    super(scope, id);
    this.bucket = bucketName(props.bucket ?? 'lakehouse');
    this.secrets = props.secrets;
    this.account = { kind: 'ServiceAccount', name: id, namespace: namespaceOf(this) };
    const root = Volume.login('login', props.secrets.lastingLogin(this, 'minio-root', 'minio-root'));
    new k8s.KubeServiceAccount(this, 'service-account', { automountServiceAccountToken: false });
    const server = new StatefulSet(this, {
      name: id,
      uid: NAMELESS_UID,
      serviceAccountName: id,
      claims: { data: props.storage },
      service: { s3: S3, ...WATCHER_PORTS },
      initContainers: [proxy(this, props.release)],
      containers: [
        {
          name: 'minio',
          image: props.release.images.minio,
          args: ['server', '/data', '--address', `127.0.0.1:${BEHIND}`],
          env: {
            MINIO_ROOT_USER_FILE: '/login/username',
            MINIO_ROOT_PASSWORD_FILE: '/login/password',
            MINIO_REGION: this.region,
            MINIO_BROWSER: 'off',
            HOME: '/tmp',
          },
          resources: { cpu: Cpu.millis(100), memory: atLeast(id, props.memory ?? Size.mebibytes(640), 256) },
          mounts: { '/data': Volume.claim('data'), '/login': root, '/tmp': Volume.scratch('tmp', Size.mebibytes(256)) },
          ...HEALTH,
        },
        storeWatcher(this, {
          release: props.release,
          account: id,
          url: `http://127.0.0.1:${S3}`,
          login: root,
          users: this.declareUsers(),
        }),
      ],
    });
    this.url = new Endpoint(server.host, S3).url('http');
    this.connections = Connections.ofPods(this, id, S3);
    this.connections.allowTo(props.apiServer);
    this.watcher = { endpoint: new Endpoint(server.host, WATCHER), connections: this.connections };
  }

  grant(scope: Construct, consumer: string, access: Access): Credentials {
    // Another user for another revision: who still runs with the one before goes on.
    const user = this.secrets.revised(consumer);
    this.users[user] = policy(this.bucket, access);
    return this.secrets.login(scope, loginName(this, scope, consumer), user);
  }

  /** Before they are known: who takes the store as a dependency asks for them. */
  private declareUsers(): string {
    const name = 'minio-users';
    new k8s.KubeConfigMap(new Construct(this, name), 'config-map', { metadata: { name }, data: Lazy.any({ produce: () => this.users }) });
    return this.secrets.loginPasswords(this, name, () => Object.keys(this.users));
  }
}

const HEALTH = probes({
  started: answers(BEHIND, '/minio/health/ready'),
  within: Duration.minutes(5),
  live: bash(answers(BEHIND, '/minio/health/live')),
});
