import type { Construct, IConstruct } from 'constructs';
import type { Credentials } from '../k8s/credentials';
import type { ContainerProps } from '../k8s/pod';
import type { IConnectable } from '../net/connections';
import type { Endpoint } from '../net/endpoint';
import type { Release } from '../release';
import type { Secrets } from '../secrets/secrets';
import { ExternalDatabase, type ExternalDatabaseProps } from './external';
import { Postgres, type PostgresProps } from './postgres';

/** A Postgres server, ours or someone else's. */
export interface IDatabase extends IConstruct, IConnectable {
  /** Gives `consumer` a database of its own, with a role of the same name that owns it. */
  create(consumer: string): ConsumerDatabase;
}

/** Shell, in a container of {@link ConsumerDatabase.psql}: waits for the server. */
export const UNTIL_DATABASE = "until psql -XqAtc 'SELECT 1' >/dev/null 2>&1; do sleep 0.5; done";

/** Shell, in a container of {@link ConsumerDatabase.psql}: waits until the query finds a 1. */
export const untilFound = (query: string) => `until psql -XqAtc "${query}" 2>/dev/null | grep -q 1; do sleep 0.5; done`;

/** One consumer's database, and how to reach it. */
export class ConsumerDatabase {
  constructor(
    readonly name: string,
    readonly endpoint: Endpoint,
    readonly credentials: Credentials,
    private readonly image: string,
  ) {}

  get jdbcUrl(): string {
    return this.endpoint.url('jdbc:postgresql', `/${this.name}`);
  }

  /** The environment in which `psql` finds the database and logs in. */
  get environment(): NonNullable<ContainerProps['env']> {
    return {
      PGHOST: this.endpoint.host,
      PGPORT: String(this.endpoint.port),
      PGDATABASE: this.name,
      PGUSER: this.credentials.username,
      PGPASSWORD: this.credentials.password,
    };
  }

  /** A container with `psql`, for an init container or a Job. */
  psql(props: Omit<ContainerProps, 'image' | 'env'>): ContainerProps {
    return { ...props, image: this.image, env: this.environment };
  }
}

export interface DatabaseContext {
  readonly release: Release;
  readonly secrets: Secrets;
}

/** Where the metastore and the gateway keep their records. */
export abstract class Database {
  /** A Postgres of our own, one server. */
  static postgres(props: PostgresProps): Database {
    return { bind: (scope, context) => new Postgres(scope, 'postgres', { ...props, ...context }) };
  }

  /** Someone else's Postgres 14 or newer. Databases and roles are theirs to make; docs/secrets.md lists what is expected. */
  static external(props: ExternalDatabaseProps): Database {
    return { bind: (scope, context) => new ExternalDatabase(scope, 'database', { ...props, ...context }) };
  }

  abstract bind(scope: Construct, context: DatabaseContext): IDatabase;
}
