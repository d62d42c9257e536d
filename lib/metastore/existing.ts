import { Construct } from 'constructs';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import type { IMetastore } from './metastore';

export interface ExistingMetastoreProps {
  readonly host: string;
  /** @default 9083 */
  readonly port?: number;
  /** Its network, for the network policies. @default 0.0.0.0/0 */
  readonly cidr?: string;
}

/** @internal use {@link Metastore.existing} */
export class ExistingMetastore extends Construct implements IMetastore {
  readonly uri: string;
  readonly connections: Connections;

  constructor(scope: Construct, id: string, { host, port = 9083, cidr = '0.0.0.0/0' }: ExistingMetastoreProps) {
    super(scope, id);
    this.uri = new Endpoint(host, port).url('thrift');
    this.connections = Connections.ofNetwork(id, cidr, port);
  }
}
