import { Construct } from 'constructs';
import type { Credentials } from '../k8s/credentials';
import { Deployment } from '../k8s/deployment';
import { NAMELESS_UID } from '../k8s/pod';
import { Volume } from '../k8s/volume';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import { WATCHER, WATCHER_PORTS, type Watched } from '../watch/watcher';
import { bucketName } from './bucket-name';
import { loginName } from './login-name';
import type { IObjectStore, ObjectStoreContext } from './object-store';
import { PROOF, storeWatcher } from './watcher';

export interface ExternalObjectStoreProps {
  /** `https://host[:port]` or `http://…`. Raises an error if it is no URL, or has a path. */
  readonly url: string;
  readonly bucket: string;
  /** Raises an error for anything but lower-case letters, digits and hyphens. @default us-east-1 */
  readonly region?: string;
  /** Its network, for the network policies. @default 0.0.0.0/0 */
  readonly cidr?: string;
}

/** @internal use {@link ObjectStore.external} */
export class ExternalObjectStore extends Construct implements IObjectStore {
  readonly url: string;
  readonly bucket: string;
  readonly region: string;
  readonly connections: Connections;
  readonly watcher: Watched;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ExternalObjectStoreProps & ObjectStoreContext,
  ) {
    super(scope, id);
    const server = Endpoint.ofUrl(props.url, { http: 80, https: 443 });
    if (!server) throw new Error(`the object store has the URL '${props.url}': write it as https://host or https://host:port, without a path`);
    this.url = server.endpoint.url(server.scheme);
    this.bucket = bucketName(props.bucket);
    this.region = props.region ?? 'us-east-1';
    if (!/^[a-z0-9-]+$/.test(this.region))
      throw new Error(`the object store's region is '${this.region}': use lower-case letters, digits and hyphens, such as 'eu-central-1'`);
    this.connections = Connections.ofNetwork('object-store', props.cidr ?? '0.0.0.0/0', server.endpoint.port);
    this.watcher = this.watch();
  }

  grant(scope: Construct, consumer: string): Credentials {
    const { secrets } = this.props;
    return secrets.login(scope, loginName(this, scope, consumer), secrets.revised(consumer));
  }

  private watch(): Watched {
    const name = `${this.node.id}-watcher`;
    const scope = new Construct(this, 'watcher');
    const login = Volume.login('login', this.grant(this, PROOF));
    const watcher = new Deployment(scope, {
      name,
      uid: NAMELESS_UID,
      succession: 'one at a time',
      service: WATCHER_PORTS,
      containers: [storeWatcher(this, { release: this.props.release, url: this.url, login })],
    });
    const connections = Connections.ofPods(scope, name, WATCHER);
    connections.allowTo(this);
    return { endpoint: new Endpoint(watcher.host, WATCHER), connections };
  }
}
