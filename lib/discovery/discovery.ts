import type { Construct, IConstruct } from 'constructs';
import { waitFor } from '../k8s/shell';
import type { IConnectable } from '../net/connections';
import type { Release } from '../release';
import { ExternalZooKeeper, type ExternalZooKeeperProps } from './external';
import { ZooKeeper, type ZooKeeperProps } from './zookeeper';

/** Where the gateway and its engines find each other. */
export interface IDiscovery extends IConstruct, IConnectable {
  /** `host:port`, separated by commas. */
  readonly addresses: string;
}

/** Outside of the gateway, so that engines outlive it and a second gateway finds them. */
export abstract class Discovery {
  /** A ZooKeeper of our own. */
  static zookeeper(props: ZooKeeperProps): Discovery {
    return { bind: (scope, { release }) => new ZooKeeper(scope, 'zookeeper', { ...props, release }) };
  }

  /** Someone else's ZooKeeper. */
  static external(props: ExternalZooKeeperProps): Discovery {
    return { bind: (scope) => new ExternalZooKeeper(scope, 'zookeeper', props) };
  }

  abstract bind(scope: Construct, context: { release: Release }): IDiscovery;
}

/** Shell, in bash: waits until one of the servers takes a connection. Without one the gateway would fail again and again, and say so in a stack trace. */
export const waitForDiscovery = ({ addresses }: IDiscovery) => {
  const dials = addresses.split(',').map((address) => `(: <>/dev/tcp/${address.replace(':', '/')})`);
  return waitFor(`the discovery ${addresses}`, dials.join(' || '));
};
