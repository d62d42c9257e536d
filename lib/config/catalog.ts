import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';

/** An official key, see `catalogs/README.md`. */
interface Key {
  readonly scope?: string;
  readonly removed?: string;
  readonly deprecated?: string;
  readonly registered?: boolean;
  readonly use?: string;
  readonly type?: string;
  /** All that there are. */
  readonly values?: string[];
  readonly ignoreCase?: boolean;
}

/** Keys with a free part. */
interface Prefix {
  readonly pattern: string;
  /** The pattern alone proves nothing. */
  readonly loose?: boolean;
}

/** Who knows the rest of a key that begins so. */
interface Delegate {
  readonly prefix: RegExp;
  readonly catalog: Catalog;
  /** What the rest is called there. */
  readonly as?: string;
}

/** The configuration keys that a program knows, in one version: data taken from the program itself. */
export class Catalog {
  private keys?: Record<string, Key>;
  private patterns?: RegExp[];

  constructor(
    private readonly program: string,
    private readonly files: string[],
    private readonly prefixFiles: string[] = [],
    private readonly delegates: Delegate[] = [],
  ) {}

  /** What is wrong with the key, with the nearest one that is known, or with its value; nothing if both are known. */
  problem(key: string, value?: string): string | undefined {
    this.keys ??= Object.assign({}, ...this.files.map(load)) as Record<string, Key>;
    if (Object.hasOwn(this.keys, key))
      return wrong(key, this.keys[key]!) ?? (value === undefined ? undefined : wrongValue(key, value, this.keys[key]!));
    const delegate = this.delegates.find(({ prefix }) => prefix.test(key));
    if (delegate) return delegate.catalog.problem(key.replace(delegate.prefix, delegate.as ?? ''), value);
    this.patterns ??= this.prefixFiles.flatMap((file) =>
      Object.values<Prefix>(load(file))
        .filter(({ loose }) => !loose)
        .map(({ pattern }) => new RegExp(pattern)),
    );
    if (this.patterns.some((pattern) => pattern.test(key))) return undefined;
    return `'${key}' is not a key of ${this.program}, the nearest one is '${closest(key, Object.keys(this.keys))}'`;
  }
}

function wrong(key: string, { removed, scope, deprecated, registered, use }: Key): string | undefined {
  const instead = use ? `, use '${use}'` : '';
  if (removed) return `'${key}' was removed in ${removed}${instead}`;
  if (deprecated && registered === false) return `'${key}' is no longer read, it is deprecated since ${deprecated}${instead}`;
  if (scope === 'reserved') return `'${key}' is set by Kyuubi itself and has no place in a file`;
  return undefined;
}

const FORMATS: Record<string, [RegExp, string]> = {
  boolean: [/^(true|false)$/i, 'true or false'],
  int: [/^-?\d+$/, 'a whole number'],
  long: [/^-?\d+$/, 'a whole number'],
  double: [/^-?\d+(\.\d+)?(e-?\d+)?$/i, 'a number'],
};

function wrongValue(key: string, value: string, { type = '', values, ignoreCase }: Key): string | undefined {
  // Filled in when the program reads it.
  if (value.includes('${')) return undefined;
  const [pattern, allowed] = FORMATS[type] ?? [];
  if (pattern && !pattern.test(value)) return `'${key}' is '${value}': give ${allowed}`;
  const same = (one: string, other: string) => (ignoreCase ? one.toLowerCase() === other.toLowerCase() : one === other);
  const unknown = values && value.split(',').find((part) => !values.some((known) => same(known, part.trim())));
  return unknown === undefined ? undefined : `'${key}' is '${value}': give one of ${values!.join(', ')}`;
}

export interface CatalogVersions {
  readonly kyuubi: string;
  readonly spark: string;
  readonly delta: string;
  readonly hadoop: string;
  readonly hive: string;
  readonly hiveHadoop: string;
}

/** The catalogs of a release. Raises an error for a version whose keys are not known when a file of that program is checked. */
export function catalogs(versions: CatalogVersions) {
  const { kyuubi, spark, delta, hadoop, hive, hiveHadoop } = versions;
  const hadoopKeys = new Catalog(`Hadoop ${hadoop}`, [`hadoop-s3a-${hadoop}`, `hadoop-core-${hadoop}`], ['hadoop-s3a-prefixes']);
  const deltaTableKeys = new Catalog(`Delta ${delta}`, [`delta-${delta}`]);
  const sparkKeys = new Catalog(
    `Spark ${spark} or Delta ${delta}`,
    [`spark-${spark}`, `delta-${delta}`],
    [`spark-${spark}-prefixes`, `delta-${delta}-prefixes`],
    [
      { prefix: /^spark\.hadoop\.(?!hive\.)/, catalog: hadoopKeys },
      { prefix: /^spark\.hadoop\.(?=hive\.)/, catalog: new Catalog(`the Hive Metastore ${hive}`, [`hive-metastore-${hive}`]) },
      { prefix: /^spark\.databricks\.delta\.properties\.defaults\./, catalog: deltaTableKeys, as: 'delta.' },
    ],
  );
  // The defaults of a user have a prefix, and may be any key.
  const userDefaults = /^___[^_].*___\./;
  const bareKyuubiKeys = new Catalog(
    `Kyuubi ${kyuubi}`,
    [`kyuubi-${kyuubi}`],
    [`kyuubi-${kyuubi}-prefixes`],
    [{ prefix: /^(?=spark\.)/, catalog: sparkKeys }],
  );
  return {
    kyuubi: new Catalog(
      `Kyuubi ${kyuubi}`,
      [`kyuubi-${kyuubi}`],
      [],
      [
        { prefix: userDefaults, catalog: bareKyuubiKeys },
        { prefix: /^/, catalog: bareKyuubiKeys },
      ],
    ),
    spark: sparkKeys,
    hadoop: hadoopKeys,
    metastore: new Catalog(`the Hive Metastore ${hive}`, [`hive-metastore-${hive}`]),
    metastoreHadoop: new Catalog(`Hadoop ${hiveHadoop}`, [`hadoop-s3a-${hiveHadoop}`, `hadoop-core-${hiveHadoop}`]),
  };
}

const cache = new Map<string, unknown>();

function load(name: string) {
  const file = join(__dirname, 'catalogs', `${name}.json`);
  if (!existsSync(file))
    throw new Error(
      `the keys of ${name} are not known: add lib/config/catalogs/${name}.json (its README says how), or use a version whose keys are there`,
    );
  if (!cache.has(name)) cache.set(name, JSON.parse(readFileSync(file, 'utf8')));
  // biome-ignore lint/suspicious/noExplicitAny: the shape is that of the file, Key or Prefix by key.
  return cache.get(name) as Record<string, any>;
}
