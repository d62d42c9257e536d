import { Construct } from 'constructs';
import type { Credentials } from '../k8s/credentials';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import type { Secrets } from '../secrets/secrets';
import { bucketName } from './bucket-name';
import { loginName } from './login-name';
import type { IObjectStore } from './object-store';

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
  private readonly secrets: Secrets;

  constructor(scope: Construct, id: string, props: ExternalObjectStoreProps & { secrets: Secrets }) {
    super(scope, id);
    const server = Endpoint.ofUrl(props.url, { http: 80, https: 443 });
    if (!server) throw new Error(`the object store has the URL '${props.url}': write it as https://host or https://host:port, without a path`);
    this.url = server.endpoint.url(server.scheme);
    this.bucket = bucketName(props.bucket);
    this.region = props.region ?? 'us-east-1';
    if (!/^[a-z0-9-]+$/.test(this.region))
      throw new Error(`the object store's region is '${this.region}': use lower-case letters, digits and hyphens, such as 'eu-central-1'`);
    this.secrets = props.secrets;
    this.connections = Connections.ofNetwork('object-store', props.cidr ?? '0.0.0.0/0', server.endpoint.port);
  }

  grant(scope: Construct, consumer: string): Credentials {
    return this.secrets.login(scope, loginName(this, scope, consumer), this.secrets.revised(consumer));
  }
}
