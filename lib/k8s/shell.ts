import { Duration } from 'cdk8s';

/**
 * How long a container waits for something before it ends with the reason, and starts anew: three times the slowest start on a machine whose CPUs are all busy
 * (docs/proof.md).
 */
export const WAIT = Duration.minutes(15);

/** How long one try may take until it counts as no answer. */
const TRY = Duration.seconds(20);

/** How soon a wait says why it waits, and how often again. */
const SAY = { first: Duration.seconds(5), again: Duration.seconds(30) };

/** What a script exits with when trying again would not help: a person has to change something. */
export const EXIT_HOPELESS = 65;

/**
 * Ends at once when it is told to, which the first process of a container does not by itself.
 *
 * A container of which any process was killed for memory has failed, whatever its script made of it. If it ended with 0, the kubelet would neither go on with
 * the pod nor try again (cgroup v1), and a killed child could look like an answer. Read by the shell itself: not every image has a grep.
 */
const PRELUDE = `
lacks_memory() {
  for memory_counts in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r "$memory_counts" ] || continue
    while read -r memory_event memory_count; do
      [ "$memory_event" != oom_kill ] || [ "$memory_count" = 0 ] || return 0
    done <"$memory_counts"
  done
  return 1
}
ended() {
  code=$?
  if lacks_memory; then
    echo "a process of this container was killed: it needs more memory than the container's limit" >&2
    exit 137
  fi
  exit "$code"
}
trap ended EXIT
trap 'exit 143' TERM INT`;

/** Names of variables of its own: a shell has no others. It says when it goes on, so that the last line of a log is what a container does. */
const WAIT_FOR = `
wait_for() {
  wait_began=$(date +%s)
  wait_say=$((wait_began + ${SAY.first.toSeconds()}))
  echo "waits for $1"
  until wait_error=$(timeout ${TRY.toSeconds()} "$0" -c "$2" 2>&1); do
    ! lacks_memory || exit 1
    wait_error=$(printf %s "\${wait_error:-no answer within ${TRY.toSeconds()} s}" | tr '\\n' ' ')
    # Without the mark of mc, for those who look for real errors in logs.
    wait_error=\${wait_error#*<ERROR> }
    wait_now=$(date +%s)
    if [ $((wait_now - wait_began)) -ge ${WAIT.toSeconds()} ]; then
      echo "gave up after $((wait_now - wait_began)) s waiting for $1: $wait_error" >&2
      exit 1
    fi
    if [ "$wait_now" -ge "$wait_say" ]; then
      wait_say=$((wait_now + ${SAY.again.toSeconds()}))
      echo "still waits for $1, since $((wait_now - wait_began)) s: $wait_error" >&2
    fi
    sleep 0.5
  done
  echo "goes on, after $(($(date +%s) - wait_began)) s"
}`;

/** Runs `script` with a shell; stops at the first error. In it, {@link waitFor} can be used. */
export const shell = (script: string, program = 'sh') => {
  const helpers = script.includes('wait_for ') ? PRELUDE + WAIT_FOR : PRELUDE;
  return [program, '-euc', `${helpers}\n${script}`.trim()];
};

/**
 * Shell: tries `command` until it succeeds. Says at once what it waits for, why it waits soon and then every half a minute, and ends with the last error after
 * {@link WAIT}. @param command one that may be tried at any time; variables of the container are its to use
 */
export const waitFor = (what: string, command: string) => `wait_for "${what}" '${command.replaceAll("'", "'\\''")}'`;

/**
 * Shell: ends if a value of a login has a line break, as `echo … | base64` leaves one. A shell drops it, a Java program takes it as a part of the password: one
 * would log in and the other not. @param folder where the login is mounted
 */
export const oneLine = (folder: string) => `for part in username password; do
  case $(cat ${folder}/$part; echo .) in *'
'*)
    echo "the key $part of the Secret in ${folder} has a line break: write it anew without one, as in: printf %s … | base64" >&2
    exit ${EXIT_HOPELESS}
    ;;
  esac
done`;
