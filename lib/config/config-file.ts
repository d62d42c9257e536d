import { Duration, Size } from 'cdk8s';
import type { Catalog } from './catalog';

/** A file whose text is made at synth, by an object that knows its format. */
export interface ConfigFile {
  readonly name: string;
  render(): string;
}

export type ConfigValue = string | number | boolean | Size | Duration;

/** Settings by key. A key without a value is left out. */
export type Conf<Key extends string = string> = Partial<Record<Key, ConfigValue>>;

/** How a program spells sizes and durations. */
export interface Spelling {
  size(size: Size): string;
  duration(duration: Duration): string;
}

/** Spark, Delta and Hadoop: `512m`, `30s`. */
export const SPARK_SPELLING: Spelling = {
  size: (size) => (size.toKibibytes() % 1024 === 0 ? `${size.toMebibytes()}m` : `${size.toKibibytes()}k`),
  duration: (duration) => (duration.toMilliseconds() % 1000 === 0 ? `${duration.toSeconds()}s` : `${duration.toMilliseconds()}ms`),
};

/** Kyuubi: `PT30S`. In seconds, since it takes `PT24H` and cdk8s would write `PT1D`. */
export const KYUUBI_SPELLING: Spelling = {
  size: (size) => String(size.toKibibytes() * 1024),
  duration: (duration) => `PT${duration.toMilliseconds() / 1000}S`,
};

export function spell(value: ConfigValue, spelling: Spelling): string {
  if (value instanceof Size) return spelling.size(value);
  if (value instanceof Duration) return spelling.duration(value);
  return String(value);
}

/**
 * Merges layers of settings that belong to different owners.
 *
 * Raises an error for two different values of one key: neither owner may win silently.
 */
export function merge(file: string, spelling: Spelling, layers: Conf[]): Record<string, string> {
  const merged = new Map<string, string>();
  for (const [key, value] of layers.flatMap((layer) => Object.entries(layer))) {
    if (value === undefined) continue;
    const spelled = spell(value, spelling);
    const other = merged.get(key);
    if (other !== undefined && other !== spelled) throw new Error(`${file}: '${key}' is set to '${other}' and to '${spelled}': remove one of them`);
    if (/[\r\n]/.test(spelled)) throw new Error(`${file}: the value of '${key}' has a line break`);
    merged.set(key, spelled);
  }
  return Object.fromEntries(merged);
}

/**
 * Lets a user's tuning replace defaults, but never what the lakehouse wires together. Raises an error if it tries.
 *
 * @param canonical the name by which a key is wired, if it has several
 */
export function tune(what: string, wiring: Conf, defaults: Conf, tuning: Conf, canonical = (key: string) => key): Conf {
  for (const key of Object.keys(tuning)) {
    const wired = canonical(key);
    if (Object.hasOwn(wiring, wired))
      throw new Error(`${what}: '${key}' is set by the lakehouse to '${spell(wiring[wired]!, SPARK_SPELLING)}' and cannot be changed: remove it`);
  }
  return { ...defaults, ...tuning };
}

/** Raises an error for the first key that the program does not know, or whose value it would not understand. */
export function checkConf(file: string, catalog: Catalog, conf: Record<string, string>): void {
  for (const [key, value] of Object.entries(conf)) {
    const problem = /[\s=:]/.test(key) ? `'${key}' has a blank, '=' or ':', which ends a key` : catalog.problem(key, value);
    if (problem) throw new Error(`${file}: ${problem}`);
  }
}
