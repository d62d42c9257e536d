import type { Construct, IConstruct } from 'constructs';
import type { Credentials } from '../k8s/credentials';
import type { ContainerProps } from '../k8s/pod';
import { oneLine, shell, waitFor } from '../k8s/shell';
import { Volume } from '../k8s/volume';
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

const LOGIN = '/database-login';

/** Shell, where `psql` is: takes the login from its files, which change when their Secret does; an environment would not before the container ends. */
export const LOG_IN = `PGUSER=$(cat ${LOGIN}/username) PGPASSWORD=$(cat ${LOGIN}/password)
export PGUSER PGPASSWORD`;

const WAIT = `${oneLine(LOGIN)}
${waitFor(
  `the database $PGDATABASE on $PGHOST to take the login of $(cat ${LOGIN}/username)`,
  `${LOG_IN}
psql -XqAtc 'SELECT 1'`,
)}`;

export interface PsqlProps extends Omit<ContainerProps, 'image' | 'command'> {
  /** Runs when the database answers. */
  readonly script: string;
  /** @default sh */
  readonly program?: 'sh' | 'bash';
}

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

  /** A container with `psql`, for which the database is where it looks. */
  psql({ script, program, env, mounts, ...props }: PsqlProps): ContainerProps {
    return {
      ...props,
      image: this.image,
      command: shell(`${WAIT}\n${LOG_IN}\n${script.trim()}`, program),
      env: { PGHOST: this.endpoint.host, PGPORT: String(this.endpoint.port), PGDATABASE: this.name, ...env },
      mounts: { ...mounts, [LOGIN]: Volume.login('database-login', this.credentials) },
    };
  }
}

export interface DatabaseContext {
  readonly release: Release;
  readonly secrets: Secrets;
  readonly apiServer: IConnectable;
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
