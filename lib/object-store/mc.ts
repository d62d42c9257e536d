import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import type { ContainerProps } from '../k8s/pod';
import { oneLine, shell, waitFor } from '../k8s/shell';

export interface McProps extends Pick<ContainerProps, 'name' | 'image' | 'env'> {
  /** Of the store. */
  readonly url: string;
  /** Runs when the store answers, which is `store` in it. */
  readonly script: string;
  /** Among them a login as /login, and a writable /tmp. */
  readonly mounts: ContainerProps['mounts'];
}

/** A container that works on the store with `mc`. Passwords go through standard input, arguments could be read in the list of processes. */
export function mc({ url, script, env, ...props }: McProps): ContainerProps {
  return {
    ...props,
    command: shell(`${oneLine('/login')}
${waitFor(
  `the store $STORE to take the login of $(cat /login/username)`,
  `printf '%s\n%s\n' "$(cat /login/username)" "$(cat /login/password)" | mc alias set store "$STORE"`,
)}
${script.trim()}`),
    env: { HOME: '/tmp', MC_CONFIG_DIR: '/tmp/mc', STORE: url, ...env },
    resources: { cpu: Cpu.millis(50), memory: Size.mebibytes(256) },
  };
}
