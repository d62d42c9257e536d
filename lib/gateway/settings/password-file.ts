import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import type { ConsumerDatabase } from '../../database/database';
import type { ContainerProps } from '../../k8s/pod';
import type { Volume } from '../../k8s/volume';

export interface PasswordFileProps {
  readonly database: ConsumerDatabase;
  /** Shell: waits until the gateway may open. */
  readonly wait: string;
  /** Where it goes. */
  readonly passwords: Volume;
}

/**
 * Waits for the proofs that the gateway may open, then writes the server's logins to a Java argument file in memory.
 *
 * Kyuubi takes system properties as settings. On the command line, in the environment or in a ConfigMap others could read them, and the settings of the
 * server's own database do not reach engines.
 */
export function passwordFile({ database, wait, passwords }: PasswordFileProps): ContainerProps {
  return database.psql({
    name: 'database',
    program: 'bash',
    script: `
${wait}
quoted() { printf '"-Dkyuubi.%s=%s"\\n' "$1" "$(printf %s "$2" | sed 's/[\\\\"]/\\\\&/g')"; }
for key in authentication.jdbc metadata.store.jdbc; do
  quoted "$key.user" "$PGUSER"
  quoted "$key.password" "$PGPASSWORD"
done > /passwords/java.options`,
    mounts: { '/passwords': passwords },
    resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(32) },
  });
}
