import { Construct } from 'constructs';
import type { Conf } from '../../config/config-file';
import { Connections } from '../../net/connections';
import { Endpoint } from '../../net/endpoint';
import { LIVE } from '../../watch/live';
import { TENANTS } from '../settings/tenants-conf';
import type { AuthenticationContext, IAuthentication } from './authentication';

export interface LdapProps {
  /** `ldaps://host[:port]` or `ldap://…`. Raises an error if it is no such URL. */
  readonly url: string;
  /** Distinguished name of a user, with `%s` for the name, as in `uid=%s,ou=people,dc=example,dc=com`. Raises an error without `%s`. */
  readonly userDnPattern: string;
  /** A user there who is the gateway's own and belongs to no tenant: it may tell the gateway of new tenants. Its login is the Secret `ldap`. Raises an error for a user of a tenant. @default lakehouse */
  readonly administrator?: string;
  /** Its network, for the network policies. @default 0.0.0.0/0 */
  readonly cidr?: string;
}

/** @internal use {@link Authentication.ldap} */
export class LdapAuthentication extends Construct implements IAuthentication {
  readonly conf: Conf;
  readonly server: { readonly connections: Connections };
  readonly env;
  readonly secrets = [];
  /** All of it is in the environment. */
  readonly prepare = ':';
  readonly mayLogIn = `cat ${LIVE}/${TENANTS}/users`;

  constructor(
    scope: Construct,
    id: string,
    { url, userDnPattern, administrator = 'lakehouse', cidr = '0.0.0.0/0', secrets, users }: LdapProps & AuthenticationContext,
  ) {
    super(scope, id);
    const server = Endpoint.ofUrl(url, { ldap: 389, ldaps: 636 });
    if (!server) throw new Error(`the LDAP server has the URL '${url}': write it as ldaps://host or ldap://host:port, without a path`);
    if (userDnPattern.split('%s').length !== 2)
      throw new Error(`the pattern of LDAP users is '${userDnPattern}': write it with one %s for the name, as in uid=%s,ou=people,dc=example,dc=com`);
    if (!/^[a-zA-Z0-9._-]+$/.test(administrator))
      throw new Error(`the administrator in LDAP is '${administrator}': give the name of one account, of letters, digits, '.', '_' and '-'`);
    // LDAP knows no case.
    if (users.includes(administrator.toLowerCase()))
      throw new Error(
        `the user '${administrator}' of a tenant is the gateway's administrator in LDAP, who may end the sessions of all others: name another account as \`administrator\``,
      );
    this.conf = {
      'kyuubi.authentication.ldap.url': url,
      'kyuubi.authentication.ldap.userDNPattern': userDnPattern,
      'kyuubi.server.administrators': administrator,
    };
    const login = secrets.login(this, 'ldap', administrator);
    this.env = { ADMINISTRATOR: login.username, ADMINISTRATOR_PASSWORD: login.password };
    this.server = { connections: Connections.ofNetwork(id, cidr, server.endpoint.port) };
  }
}
