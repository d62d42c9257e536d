import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { ConfigVolume, textFile } from '../config/config-volume';
import { namespaceOf } from '../k8s/chart';
import type { Credentials } from '../k8s/credentials';
import { atLeast } from '../k8s/memory';
import { NAMELESS_UID } from '../k8s/pod';
import { answers, probes } from '../k8s/probes';
import { StatefulSet } from '../k8s/stateful-set';
import { Task } from '../k8s/task';
import { Volume } from '../k8s/volume';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import type { Release } from '../release';
import type { Secrets } from '../secrets/secrets';
import { bucketName } from './bucket-name';
import { loginName } from './login-name';
import { mc } from './mc';
import type { Access, IObjectStore } from './object-store';
import { policy } from './policy';

export interface MinioProps {
  /** Of its volume, which outlives everything but its own deletion. */
  readonly storage: Size;
  /** @default lakehouse */
  readonly bucket?: string;
  /** Request and limit. @default 640 MiB, which it may need when it is busy */
  readonly memory?: Size;
}

const PORT = 9000;

/** @internal use {@link ObjectStore.minio} */
export class Minio extends Construct implements IObjectStore {
  readonly url: string;
  readonly bucket: string;
  readonly region = 'us-east-1';
  readonly connections: Connections;
  private readonly release: Release;
  private readonly secrets: Secrets;
  private readonly root: Credentials;
  private readonly setup: Construct;

  constructor(scope: Construct, id: string, props: MinioProps & { release: Release; secrets: Secrets }) {
    super(scope, id);
    this.bucket = bucketName(props.bucket ?? 'lakehouse');
    this.release = props.release;
    this.secrets = props.secrets;
    this.root = props.secrets.lastingLogin(this, 'minio-root', 'minio-root');
    const server = new StatefulSet(this, {
      name: id,
      uid: NAMELESS_UID,
      claims: { data: props.storage },
      service: { s3: PORT },
      containers: [
        {
          name: 'minio',
          image: props.release.images.minio,
          args: ['server', '/data'],
          env: {
            MINIO_ROOT_USER_FILE: '/login/username',
            MINIO_ROOT_PASSWORD_FILE: '/login/password',
            MINIO_REGION: this.region,
            MINIO_BROWSER: 'off',
            HOME: '/tmp',
          },
          ports: { s3: PORT },
          resources: { cpu: Cpu.millis(100), memory: atLeast(id, props.memory ?? Size.mebibytes(640), 256) },
          mounts: { '/data': Volume.claim('data'), '/login': Volume.login('login', this.root), '/tmp': Volume.scratch('tmp', Size.mebibytes(256)) },
          ...HEALTH,
        },
      ],
    });
    this.url = new Endpoint(server.host, PORT).url('http');
    this.connections = Connections.ofPods(this, id, PORT);
    this.setup = new Construct(this, 'setup');
    Connections.ofPods(this.setup, 'minio-setup').allowTo(this);
  }

  grant(scope: Construct, consumer: string, access: Access): Credentials {
    const setup = new Construct(this.setup, consumer);
    // Another user for another revision: who still runs with the one before goes on.
    const user = this.secrets.revised(consumer);
    const login = this.secrets.login(setup, loginName(this, this, consumer), user);
    const own = loginName(this, scope, consumer);
    const ownLogin = namespaceOf(scope) === namespaceOf(this) ? login : this.secrets.login(scope, own, user);
    new Task(this, `user-${consumer}`, {
      name: 'minio-setup',
      uid: NAMELESS_UID,
      containers: [
        mc({
          name: 'setup',
          image: this.release.images.minio,
          url: this.url,
          script: SETUP,
          login: '/root-login',
          env: { BUCKET: this.bucket, POLICY: `lakehouse-${consumer}` },
          mounts: {
            '/policy': new ConfigVolume(setup, 'config-map', [textFile('policy.json', policy(this.bucket, access))]),
            '/root-login': Volume.login('root-login', this.root),
            '/login': Volume.login('login', login),
            '/tmp': Volume.scratch('tmp', Size.mebibytes(16)),
          },
        }),
      ],
    });
    return ownLogin;
  }
}

/** Safe to run again: a policy is replaced, a user's password too; attaching what is attached is an error that means nothing. */
const SETUP = `
mc mb --ignore-existing "store/$BUCKET"
mc admin policy create store "$POLICY" /policy/policy.json
USER_NAME=$(cat /login/username)
printf '%s\\n%s\\n' "$USER_NAME" "$(cat /login/password)" | mc admin user add store >/dev/null
mc admin policy attach store "$POLICY" --user "$USER_NAME" >/dev/null 2>/tmp/error || case $(mc admin user info store "$USER_NAME") in
  *"$POLICY"*) ;;
  *) cat /tmp/error >&2; exit 1 ;;
esac
echo "$USER_NAME may use $BUCKET as $POLICY says"
`;

const get = (path: string) => ({ httpGet: { path, port: k8s.IntOrString.fromNumber(PORT) } });

const HEALTH = probes({
  started: answers(PORT, '/minio/health/ready'),
  within: Duration.minutes(5),
  ready: get('/minio/health/ready'),
  live: get('/minio/health/live'),
});
