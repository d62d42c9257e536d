import { Construct } from 'constructs';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import type { IDiscovery } from './discovery';

export interface ExternalZooKeeperProps {
  /** Raises an error if there is none. */
  readonly hosts: string[];
  /** @default 2181 */
  readonly port?: number;
  /** Their network, for the network policies. @default 0.0.0.0/0 */
  readonly cidr?: string;
}

/** @internal use {@link Discovery.external} */
export class ExternalZooKeeper extends Construct implements IDiscovery {
  readonly addresses: string;
  readonly connections: Connections;

  constructor(scope: Construct, id: string, { hosts, port = 2181, cidr = '0.0.0.0/0' }: ExternalZooKeeperProps) {
    super(scope, id);
    if (hosts.length === 0) throw new Error("'hosts' of the external ZooKeeper is empty: name at least one host");
    this.addresses = hosts.map((host) => new Endpoint(host, port).address).join(',');
    this.connections = Connections.ofNetwork(id, cidr, port);
  }
}
