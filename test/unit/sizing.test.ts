import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { SPARK_SPELLING, spell } from '../../lib/config/config-file';
import { type EngineSize, parallelismConf, sizeConf } from '../../lib/spark/sizing';

const conf = (size: EngineSize) => Object.fromEntries(Object.entries(sizeConf(size)).map(([key, value]) => [key, spell(value!, SPARK_SPELLING)]));

test('has defaults for a small cluster', () => {
  expect(conf({})).toEqual({
    'spark.driver.memory': '768m',
    'spark.driver.memoryOverhead': '768m',
    'spark.driver.maxResultSize': '192m',
    'spark.kubernetes.driver.request.cores': '200m',
    'spark.executor.memory': '1072m',
    'spark.executor.memoryOverhead': '464m',
    'spark.executor.cores': '1',
    'spark.kubernetes.executor.request.cores': '200m',
    'spark.dynamicAllocation.minExecutors': '0',
    'spark.dynamicAllocation.initialExecutors': '1',
    'spark.dynamicAllocation.maxExecutors': '2',
  });
});

test.each([
  [1024, '560m', '464m'],
  [5104, '4640m', '464m'],
  [5105, '4640m', '465m'],
  [8192, '7447m', '745m'],
])('an executor of %d MiB has a heap of %s beside %s', (total, heap, overhead) => {
  const memory = Size.mebibytes(total);
  expect(conf({ executors: { memory } })).toMatchObject({ 'spark.executor.memory': heap, 'spark.executor.memoryOverhead': overhead });
});

test.each([
  [1280, '512m', '768m'],
  [8448, '7680m', '768m'],
  [8449, '7680m', '769m'],
])('a driver of %d MiB has a heap of %s beside %s', (total, heap, overhead) => {
  const memory = Size.mebibytes(total);
  expect(conf({ driver: { memory } })).toMatchObject({ 'spark.driver.memory': heap, 'spark.driver.memoryOverhead': overhead });
});

test.each([
  [{}, [16, 4, 8]],
  [{ executors: { max: 8, cores: 2 } }, [128, 32, 64]],
  [{ executors: { max: 1 } }, [8, 2, 4]],
  // No more than Delta itself.
  [{ executors: { max: 40, cores: 4 } }, [1280, 50, 640]],
])('%j works in %j parts', (size, parts) => {
  expect(Object.values(parallelismConf(size))).toEqual(parts);
});

test('has what it is told', () => {
  const size = { driver: { cpu: Cpu.units(2) }, executors: { cpu: Cpu.millis(500), cores: 4, min: 3, max: 7 } };
  expect(conf(size)).toMatchObject({
    'spark.kubernetes.driver.request.cores': '2',
    'spark.kubernetes.executor.request.cores': '500m',
    'spark.executor.cores': '4',
    'spark.dynamicAllocation.minExecutors': '3',
    'spark.dynamicAllocation.initialExecutors': '3',
    'spark.dynamicAllocation.maxExecutors': '7',
  });
});

test.each([
  ['driver', 1280],
  ['executors', 1024],
])('fails for the memory of %s that is too small for Spark', (name, least) => {
  expect(() => conf({ [name]: { memory: Size.mebibytes(least - 1) } })).toThrow(
    `the memory of engine.${name} is ${least - 1} MiB: give a whole number of MiB, at least ${least}`,
  );
});

test.each([Number.NaN, 1500.5])('fails for a memory of %d MiB', (mebibytes) => {
  expect(() => conf({ driver: { memory: Size.mebibytes(mebibytes) } })).toThrow(`is ${mebibytes} MiB: give a whole number of MiB`);
});

test.each([Cpu.millis(49), Cpu.millis(-100), Cpu.millis(50.5), Cpu.units(Number.NaN)])(
  'fails for a CPU that no scheduler could reserve: $amount',
  (cpu) => {
    expect(() => conf({ executors: { cpu } })).toThrow(`engine.executors.cpu is ${cpu.amount}: give a whole number of millis, at least 50`);
  },
);

test('has its defaults for what is undefined', () => {
  expect(conf({ driver: { memory: undefined, cpu: undefined }, executors: { max: undefined } })).toEqual(conf({}));
});

test.each([
  ['cores', 0, 1],
  ['cores', 1.5, 1],
  ['min', -1, 0],
  ['min', 0.5, 0],
  ['max', 0, 1],
  ['max', 2.5, 1],
  ['max', Number.NaN, 1],
  ['max', Number.POSITIVE_INFINITY, 1],
])('fails for executors.%s of %d', (name, value, least) => {
  expect(() => conf({ executors: { [name]: value } })).toThrow(`executors.${name} is ${value}: give a whole number, at least ${least}`);
});

test('fails for a least number above the greatest', () => {
  expect(() => conf({ executors: { min: 5, max: 4 } })).toThrow('engine.executors.min (5) is more than its max (4): lower one or raise the other');
});

test('fails for a least number above the default of the greatest', () => {
  expect(() => conf({ executors: { min: 3 } })).toThrow('engine.executors.min (3) is more than its max (2)');
});
