import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { type Conf, type ConfigValue, SPARK_SPELLING, spell } from '../config/config-file';
import { atLeast } from '../k8s/memory';

export interface ProcessSize {
  /** Of the pod: heap and overhead together, request and limit at once. Raises an error below 1.25 GiB for a driver, 1 GiB for an executor. @default 1.5 GiB */
  readonly memory?: Size;
  /** What the scheduler reserves. Raises an error below 50m, which the container that copies the libraries takes. @default 200m */
  readonly cpu?: Cpu;
}

export interface ExecutorSize extends ProcessSize {
  /** Tasks at a time in one executor. @default 1 */
  readonly cores?: number;
  /** Executors that stay while the engine idles. @default 0 */
  readonly min?: number;
  /** @default 2 */
  readonly max?: number;
}

export interface EngineSize {
  readonly driver?: ProcessSize;
  readonly executors?: ExecutorSize;
}

interface Process {
  /** In MiB, of the pod. Below it, Spark's heap would be less than the 471 MiB with which it refuses to start. */
  readonly least: number;
  /** In MiB, what is not heap: half as much again as such a process held at most (test/invariants/memory.json). Spark reckons with 384. */
  readonly overhead: number;
}

const PROCESSES: Record<'driver' | 'executor', Process> = { driver: { least: 1280, overhead: 768 }, executor: { least: 1024, overhead: 464 } };

/** In millis: what the init container of each pod requests. */
const LEAST_CPU = 50;

/**
 * The settings of an engine's size: what the user states is what a pod gets, heap and overhead are derived from it.
 *
 * Raises an error for a pod that is too small for Spark and for numbers that contradict each other.
 */
export function sizeConf(size: EngineSize, name = 'engine'): Conf<`spark.${string}`> {
  const { driver, executors } = complete(size);
  const { cores, min, max } = executors;
  for (const [count, value, least] of [
    ['cores', cores, 1],
    ['min', min, 0],
    ['max', max, 1],
  ] as const) {
    if (!Number.isInteger(value) || value < least) throw new Error(`${name}.executors.${count} is ${value}: give a whole number, at least ${least}`);
  }
  if (min > max) throw new Error(`${name}.executors.min (${min}) is more than its max (${max}): lower one or raise the other`);
  for (const [process, { cpu }] of Object.entries({ driver, executors })) {
    if (!Number.isInteger(millis(cpu)) || millis(cpu) < LEAST_CPU)
      throw new Error(`${name}.${process}.cpu is ${cpu.amount}: give a whole number of millis, at least ${LEAST_CPU}`);
  }
  const executor = split(`${name}.executors`, executors.memory, PROCESSES.executor);
  const main = split(`${name}.driver`, driver.memory, PROCESSES.driver);
  return {
    'spark.driver.memory': main.heap,
    'spark.driver.memoryOverhead': main.overhead,
    // Of one query, as it comes from the executors, before it is unpacked: one that is larger fails by name, where the driver would die.
    'spark.driver.maxResultSize': Size.mebibytes(Math.floor(main.heap.toMebibytes() / 4)),
    'spark.kubernetes.driver.request.cores': driver.cpu.amount,
    'spark.executor.memory': executor.heap,
    'spark.executor.memoryOverhead': executor.overhead,
    'spark.executor.cores': cores,
    'spark.kubernetes.executor.request.cores': executors.cpu.amount,
    'spark.dynamicAllocation.minExecutors': min,
    'spark.dynamicAllocation.initialExecutors': Math.max(1, min),
    'spark.dynamicAllocation.maxExecutors': max,
  };
}

/**
 * In how many parts an engine works, by the cores that it has at most. Spark's and Delta's own numbers are made for hundreds, where tasks here would take longer to
 * schedule than to run.
 */
export function parallelismConf(size: EngineSize): Conf<`spark.${string}`> {
  const { executors } = complete(size);
  const cores = executors.max * executors.cores;
  return {
    // The adaptive optimizer joins parts that are small, and cannot divide what is too large for a task.
    'spark.sql.shuffle.partitions': 8 * cores,
    // Of Delta's log, 50 by default.
    'spark.databricks.delta.snapshotPartitions': Math.min(50, 2 * cores),
    // Of a listing, as VACUUM and CONVERT make one: 10,000 by default.
    'spark.sql.sources.parallelPartitionDiscovery.parallelism': 4 * cores,
  };
}

/** What of a size is not as {@link sizeConf} and {@link parallelismConf} have it by default. */
export function sizeDifferences(size: EngineSize, name: string): Conf<`spark.${string}`> {
  const all = (one: EngineSize) => ({ ...sizeConf(one, name), ...parallelismConf(one) });
  const usual = all({});
  const spelled = (value?: ConfigValue) => value !== undefined && spell(value, SPARK_SPELLING);
  return Object.fromEntries(Object.entries(all(size)).filter(([key, value]) => spelled(value) !== spelled(usual[key as keyof typeof usual])));
}

function complete({ driver = {}, executors = {} }: EngineSize) {
  const process = ({ memory = Size.mebibytes(1536), cpu = Cpu.millis(200) }: ProcessSize) => ({ memory, cpu });
  const { cores = 1, min = 0, max = 2 } = executors;
  return { driver: process(driver), executors: { ...process(executors), cores, min, max } };
}

/** What `count` engines take when each has all its executors. CPU in millis. */
export function engineResources(size: EngineSize, count: number): { cpu: number; memory: Size; pods: number; largest: Size } {
  const { driver, executors } = complete(size);
  const mebibytes = driver.memory.toMebibytes() + executors.max * executors.memory.toMebibytes();
  return {
    cpu: count * (millis(driver.cpu) + executors.max * millis(executors.cpu)),
    memory: Size.mebibytes(count * mebibytes),
    pods: count * (1 + executors.max),
    largest: Size.mebibytes(Math.max(driver.memory.toMebibytes(), executors.memory.toMebibytes())),
  };
}

const millis = ({ amount }: Cpu) => (amount.endsWith('m') ? Number(amount.slice(0, -1)) : Number(amount) * 1000);

/** Outside of the heap: a tenth of it as Spark reckons, and no less than it was seen to need. */
function split(name: string, memory: Size, { least, overhead: seen }: Process): { heap: Size; overhead: Size } {
  const total = atLeast(name, memory, least).toMebibytes();
  const overhead = Math.max(seen, Math.ceil(total / 11));
  return { heap: Size.mebibytes(total - overhead), overhead: Size.mebibytes(overhead) };
}
