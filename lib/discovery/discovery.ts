import type { Construct, IConstruct } from 'constructs';
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
