import type { Construct } from 'constructs';
import type { Conf } from '../../config/config-file';
import type { ConsumerDatabase } from '../../database/database';
import type { ContainerProps } from '../../k8s/pod';
import type { IConnectable } from '../../net/connections';
import type { Secrets } from '../../secrets/secrets';
import { DatabaseAuthentication } from './database';
import { LdapAuthentication, type LdapProps } from './ldap';

/** Who knows the passwords. */
export interface IAuthentication {
  /** Settings of Kyuubi. */
  readonly conf: Conf;
  /** What the gateway dials to ask. @default - nothing but its database */
  readonly server?: IConnectable;
  /** What {@link prepare} reads: variables, and Secrets as they are now, which may be missing. */
  readonly env: ContainerProps['env'];
  readonly secrets: string[];
  /** Shell, each time the users change: sets $ADMINISTRATOR and $ADMINISTRATOR_PASSWORD, a login that may tell Kyuubi of new tenants. */
  readonly prepare: string;
  /** Shell: prints who may log in, a name in each line. Fails if what {@link prepare} made is not there any more. */
  readonly mayLogIn: string;
}

export interface AuthenticationContext {
  readonly secrets: Secrets;
  readonly database: ConsumerDatabase;
  readonly users: string[];
}

export abstract class Authentication {
  /** Hashes in the gateway's database: `lakehouse user` manages them. */
  static database(): Authentication {
    return { bind: (scope, context) => new DatabaseAuthentication(scope, 'users', context) };
  }

  /** Somebody else's LDAP server. Whoever logs in there and is in no tenant gets no engine. */
  static ldap(props: LdapProps): Authentication {
    return { bind: (scope, context) => new LdapAuthentication(scope, 'ldap', { ...props, ...context }) };
  }

  abstract bind(scope: Construct, context: AuthenticationContext): IAuthentication;
}
