import type { Catalog } from './catalog';
import { type Conf, type ConfigFile, checkConf, merge, SPARK_SPELLING } from './config-file';

/** A Hadoop or Hive site file. Raises an error for an unknown key and for two values of one key. */
export class HadoopXmlFile implements ConfigFile {
  /** The value of an environment variable of the process that reads the file: for what must not stand in it. */
  static env(variable: string): string {
    return `\${env.${variable}}`;
  }

  private readonly conf: Record<string, string>;

  constructor(
    readonly name: string,
    catalog: Catalog,
    ...layers: Conf[]
  ) {
    this.conf = merge(name, SPARK_SPELLING, layers);
    checkConf(name, catalog, this.conf);
  }

  render(): string {
    const properties = Object.entries(this.conf).map(
      ([key, value]) => `  <property><name>${escapeXml(key)}</name><value>${escapeXml(value)}</value></property>\n`,
    );
    return `<configuration>\n${properties.join('')}</configuration>\n`;
  }
}

const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
