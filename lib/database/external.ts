import { Construct } from 'constructs';
import { Connections } from '../net/connections';
import { Endpoint } from '../net/endpoint';
import { ConsumerDatabase, type DatabaseContext, type IDatabase } from './database';

export interface ExternalDatabaseProps {
  readonly host: string;
  /** @default 5432 */
  readonly port?: number;
  /** Its network, for the network policies. @default 0.0.0.0/0 */
  readonly cidr?: string;
}

/** @internal use {@link Database.external} */
export class ExternalDatabase extends Construct implements IDatabase {
  readonly connections: Connections;
  private readonly endpoint: Endpoint;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ExternalDatabaseProps & DatabaseContext,
  ) {
    super(scope, id);
    this.endpoint = new Endpoint(props.host, props.port ?? 5432);
    this.connections = Connections.ofNetwork(id, props.cidr ?? '0.0.0.0/0', this.endpoint.port);
  }

  create(consumer: string): ConsumerDatabase {
    const { secrets, release } = this.props;
    return new ConsumerDatabase(
      consumer,
      this.endpoint,
      secrets.login(this, `database-${consumer}`, secrets.revised(consumer)),
      release.images.postgres,
    );
  }
}
