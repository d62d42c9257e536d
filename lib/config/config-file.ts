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
  size: (size) => `${size.toMebibytes()}m`,
  duration: (duration) => (duration.toMilliseconds() % 1000 === 0 ? `${duration.toSeconds()}s` : `${duration.toMilliseconds()}ms`),
};

/** Kyuubi: `PT30S`. */
export const KYUUBI_SPELLING: Spelling = { size: (size) => String(size.toMebibytes() * 1024 * 1024), duration: (duration) => duration.toIsoString() };

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

/** Lets a user's tuning replace defaults, but never what the lakehouse wires together. Raises an error if it tries. */
export function tune(what: string, wiring: Conf, defaults: Conf, tuning: Conf): Conf {
  for (const key of Object.keys(tuning)) {
    if (key in wiring)
      throw new Error(`${what}: '${key}' is set by the lakehouse to '${spell(wiring[key]!, SPARK_SPELLING)}' and cannot be changed: remove it`);
  }
  return { ...defaults, ...tuning };
}

/** Raises an error for the first key that the program does not know. */
export function checkKeys(file: string, catalog: Catalog, keys: string[]): void {
  for (const key of keys) {
    const problem = catalog.problem(key);
    if (problem) throw new Error(`${file}: ${problem}`);
  }
}
