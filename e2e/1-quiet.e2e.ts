import { cluster, gatewayLog, inSession, NAMESPACE, TENANT } from './lakehouse';
import { withGateway } from './with-gateway';

const BEGAN = process.env.LAKEHOUSE_BEGAN!;

/** Of races in Kubernetes and in Spark, which make a pod before what it mounts: the scheduler and the kubelet try again at once. */
const RACES = [
  /: FailedScheduling: .* persistentvolumeclaim \\?"[\w-]+\\?" not found/,
  /: FailedMount: .* configmap "(spark-(drv|exec)-\w+-conf-map|.*-driver-podspec-conf-map)" not found/,
];

/** Warnings since the start, but for one failed start-up probe of a container, and for races. */
async function warnings(namespace: string): Promise<string[]> {
  const events = await cluster.list('events', '-n', namespace, '--field-selector=type=Warning');
  return events
    .filter(({ lastTimestamp, metadata }) => (lastTimestamp ?? metadata.creationTimestamp) >= BEGAN)
    .filter(({ reason, message, count }) => !(reason === 'Unhealthy' && /^Startup probe/.test(message) && count === 1))
    .map(({ reason, message, involvedObject }) => `${involvedObject.name}: ${reason}: ${message}`)
    .filter((warning) => !RACES.some((race) => race.test(warning)));
}

/** Lines that a person who looks for errors would find. */
async function alarms(namespace: string): Promise<string[]> {
  const pods = await cluster.list('pods', '-n', namespace);
  const lines = pods.flatMap(({ metadata: { name }, spec }) =>
    [...(spec.initContainers ?? []), ...spec.containers].map(async ({ name: container }) => {
      const log = await cluster.kubectl('-n', namespace, 'logs', name, '-c', container, `--since-time=${BEGAN}`);
      const found = log.split('\n').filter((line) => /ERROR|FATAL|Exception/.test(line));
      return found.map((line) => `${name}/${container}: ${line}`);
    }),
  );
  return (await Promise.all(lines)).flat();
}

withGateway('a healthy start leaves no warning and no error', async () => {
  await expect(warnings(NAMESPACE)).resolves.toEqual([]);
  await expect(alarms(NAMESPACE)).resolves.toEqual([]);
});

withGateway('nor does the first query', async () => {
  await inSession((session) => session.run('SELECT count(*) FROM range(0, 1000, 1, 2)'));
  await expect(warnings(TENANT)).resolves.toEqual([]);
  await expect(alarms(TENANT)).resolves.toEqual([]);
  await expect(alarms(NAMESPACE)).resolves.toEqual([]);
  const longest = Math.max(...(await gatewayLog('kyuubi', `--since-time=${BEGAN}`)).split('\n').map((line) => line.length));
  // Its class path. Each event of a pod was a line of 4,000 to 8,000.
  expect(longest).toBeLessThan(10_000);
});
