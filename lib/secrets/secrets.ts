import { randomBytes } from 'node:crypto';
import { ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { namespaceOf } from '../k8s/chart';
import { Credentials } from '../k8s/credentials';

/** Marks a Secret whose values stand in clear in the YAML. */
export const DEVELOPMENT_ONLY = { 'lakehouse.dev/development-only': 'true' };

export interface SecretsProps {
  /**
   * Ends the names of all logins but those of the store's and the database's own administrators. Another one makes new logins, and all that read them start
   * anew. Raises an error for more than 16 characters or others than lower-case letters and digits. @default - none
   */
  readonly revision?: string;
}

/** Where logins come from. Components ask for a login by name and get a reference, never a value. */
export abstract class Secrets {
  /** Well-known passwords in clear in the YAML, for a throw-away cluster. `new Lakehouse` raises an error unless its environment is one. */
  static development(props: SecretsProps = {}): Secrets {
    return new MadeSecrets((name) => `${name}-password`, props, DEVELOPMENT_ONLY);
  }

  /** Secrets that somebody else puts into the cluster: `lakehouse secrets`, External Secrets, Sealed Secrets, SOPS, or a person. */
  static existing(props: SecretsProps = {}): Secrets {
    return new ExistingSecrets(props);
  }

  /** @internal what `lakehouse secrets` prints: one fresh password for each user, wherever it is needed */
  static random({ revision }: Secrets): Secrets {
    const passwords = new Map<string, string>();
    const passwordOf = (name: string, of: 'login' | 'person') => {
      const key = `${of} ${name}`;
      if (!passwords.has(key)) passwords.set(key, randomBytes(24).toString('base64url'));
      return passwords.get(key)!;
    };
    return new MadeSecrets(passwordOf, { revision });
  }

  /** @internal */
  readonly revision?: string;

  constructor({ revision }: SecretsProps) {
    if (revision !== undefined && !/^[a-z0-9]{1,16}$/.test(revision))
      throw new Error(`the revision of the Secrets is '${revision}': use at most 16 lower-case letters and digits, such as '202702'`);
    this.revision = revision;
  }

  /** The name that belongs to the revision. With a dot, which no tenant's name has: the second login of `team` is not the first of `team-2`. */
  revised(name: string): string {
    return this.revision ? `${name}.${this.revision}` : name;
  }

  /** The values stand in the YAML. */
  abstract readonly clear: boolean;

  /** The Secret with the login of `username`, for pods in the namespace of `scope`. */
  login(scope: Construct, name: string, username: string): Credentials {
    return this.lastingLogin(scope, this.revised(name), username);
  }

  /** One that no revision changes: of administrators, whose passwords the servers keep in their volumes. */
  abstract lastingLogin(scope: Construct, name: string, username: string): Credentials;

  /** The first passwords of people, by user name. */
  abstract passwords(scope: Construct, name: string, users: string[]): string;

  /** The passwords of logins, by user name: for what makes them. @param usernames asked for when all are known */
  abstract loginPasswords(scope: Construct, name: string, usernames: () => string[]): string;
}

class ExistingSecrets extends Secrets {
  readonly clear = false;

  lastingLogin(_scope: Construct, name: string): Credentials {
    return new Credentials(name);
  }

  passwords(_scope: Construct, name: string): string {
    return name;
  }

  loginPasswords(_scope: Construct, name: string): string {
    return name;
  }
}

class MadeSecrets extends Secrets {
  readonly clear = true;

  constructor(
    private readonly passwordOf: (name: string, of: 'login' | 'person') => string,
    props: SecretsProps,
    private readonly labels?: Record<string, string>,
  ) {
    super(props);
  }

  lastingLogin(scope: Construct, name: string, username: string): Credentials {
    this.secret(scope, name, () => ({ username, password: this.passwordOf(username, 'login') }));
    return new Credentials(name);
  }

  passwords(scope: Construct, name: string, users: string[]): string {
    return this.passwordsOf(scope, name, () => users, 'person');
  }

  loginPasswords(scope: Construct, name: string, usernames: () => string[]): string {
    return this.passwordsOf(scope, name, usernames, 'login');
  }

  private passwordsOf(scope: Construct, name: string, users: () => string[], of: 'login' | 'person'): string {
    this.secret(scope, name, () => Object.fromEntries(users().map((user) => [user, this.passwordOf(user, of)])));
    return name;
  }

  private secret(scope: Construct, name: string, values: () => Record<string, string>): void {
    const encoded = () => Object.fromEntries(Object.entries(values()).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
    // Not KubeSecret: it copies all values for each of them, which takes seconds for a thousand users.
    new ApiObject(new Construct(scope, `${name}-secret`), 'secret', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: namespaceOf(scope), labels: this.labels },
      data: Lazy.any({ produce: encoded }),
    });
  }
}
