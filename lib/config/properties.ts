import type { Catalog } from './catalog';
import { type Conf, type ConfigFile, checkConf, merge, type Spelling } from './config-file';

/** `key=value` lines: Kyuubi, Spark. Raises an error for an unknown key and for two values of one key. */
export class PropertiesFile implements ConfigFile {
  readonly conf: Record<string, string>;

  constructor(
    readonly name: string,
    catalog: Catalog,
    spelling: Spelling,
    ...layers: Conf[]
  ) {
    this.conf = merge(name, spelling, layers);
    checkConf(name, catalog, this.conf);
  }

  render(): string {
    // A backslash would escape what follows it.
    return Object.entries(this.conf)
      .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
      .join('');
  }
}
