import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import type { ConsumerDatabase } from '../../database/database';
import type { ContainerProps } from '../../k8s/pod';
import { Volume } from '../../k8s/volume';
import type { GatewayProps } from '../kyuubi';

/** In memory, beside the logins. */
export const KEYSTORE_FILE = '/passwords/keystore.p12';

export interface PasswordFileProps extends Pick<GatewayProps, 'tls'> {
  readonly database: ConsumerDatabase;
  /** Shell: waits until the gateway may open. */
  readonly wait: string;
  /** Where it goes. */
  readonly passwords: Volume;
}

/** Shell: Java reads no PEM files. The password is made here and protects nothing, Kyuubi only wants one. */
const KEYSTORE = `
password=$(head -c 24 /dev/urandom | base64)
printf %s "$password" | openssl pkcs12 -export -in /tls/tls.crt -inkey /tls/tls.key -out ${KEYSTORE_FILE} -passout stdin
quoted frontend.ssl.keystore.password "$password" >> /passwords/java.options
`;

/**
 * Waits for the proof that the store is safe, then writes the server's logins to a Java argument file in memory.
 *
 * Kyuubi takes system properties as settings. On the command line, in the environment or in a ConfigMap others could read them, and the settings of the
 * server's own database do not reach engines.
 */
export function passwordFile({ database, wait, passwords, tls }: PasswordFileProps): ContainerProps {
  return database.psql({
    name: 'database',
    program: 'bash',
    script: `
${wait}
quoted() { printf '"-Dkyuubi.%s=%s"\\n' "$1" "$(printf %s "$2" | sed 's/[\\\\"]/\\\\&/g')"; }
for key in authentication.jdbc metadata.store.jdbc; do
  quoted "$key.user" "$PGUSER"
  quoted "$key.password" "$PGPASSWORD"
done > /passwords/java.options
${tls ? KEYSTORE : ''}`,
    mounts: { '/passwords': passwords, ...(tls && { '/tls': Volume.secret('tls', tls.secretName) }) },
    resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(32) },
  });
}
