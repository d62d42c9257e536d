/** One value of a Secret, by reference. */
export interface SecretKey {
  readonly secret: string;
  readonly key: string;
}

/** A login, by reference: this class cannot yield the values, so that they cannot reach a ConfigMap, an argument or git. */
export class Credentials {
  readonly username: SecretKey;
  readonly password: SecretKey;

  /** @param secret name of a Secret of type `kubernetes.io/basic-auth` in the namespace of the pods that use it */
  constructor(readonly secret: string) {
    this.username = { secret, key: 'username' };
    this.password = { secret, key: 'password' };
  }
}
