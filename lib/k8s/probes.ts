import { Duration } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import type { ContainerProps } from './pod';

type Handler = Pick<k8s.Probe, 'exec' | 'httpGet' | 'tcpSocket'>;

/** One try of a start-up probe, which asks all the time meanwhile: a failed probe is an event, so that a healthy start should have none. */
const TRY = Duration.seconds(25);

/** A probe that runs a script of bash. */
export const bash = (script: string): Handler => ({ exec: { command: ['bash', '-c', script] } });

/** Bash: whether a program answers `GET path` with 200. What else it answers can be read from the file descriptor 3. @param host @default - of the same pod */
export const answers = (port: number, path: string, host = '127.0.0.1') =>
  `exec 3<>/dev/tcp/${host}/${port} && printf 'GET ${path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r -t 5 -u 3 _ status _ && [[ $status == 200 ]]`;

/** Bash: whether a program listens on a port of this pod, without a connection that it would have to answer. */
export const listens = (port: number) => `grep -q ':${port.toString(16).toUpperCase().padStart(4, '0')} .* 0A ' /proc/net/tcp /proc/net/tcp6`;

/** Bash: whether a script that does the same again and again did it lately: it writes the time, as seconds, to the file. */
export const lately = (file: string) => `(( $(printf '%(%s)T') - $(<${file}) < 120 ))`;

export interface ProbesProps {
  /** Bash: whether it has started. It must end by itself. */
  readonly started: string;
  /** How long it may take to. */
  readonly within: Duration;
  /** @default - as `started` */
  readonly ready?: Handler;
  /** @default - as `ready` */
  readonly live?: Handler;
}

/** A program that starts in the container takes some 0.2 s of a CPU, where a connection takes next to nothing. */
const every = (handler: Handler) => (handler.exec ? 15 : 5);

/** All three probes: without a pause while it starts, so that no second is lost; calmly later. */
export function probes({
  started,
  within,
  ready = bash(started),
  live = ready,
}: ProbesProps): Pick<ContainerProps, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  const script = `until (${started}) 2>/dev/null; do sleep 0.5; done`;
  return {
    startupProbe: {
      exec: { command: ['timeout', String(TRY.toSeconds()), 'bash', '-c', script] },
      periodSeconds: 1,
      timeoutSeconds: TRY.toSeconds() + 5,
      failureThreshold: Math.ceil(within.toSeconds() / TRY.toSeconds()),
    },
    readinessProbe: { ...ready, periodSeconds: every(ready), timeoutSeconds: 5 },
    livenessProbe: { ...live, periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 },
  };
}
