import { catalogs } from './config/catalog';

/** What a release is made of. */
export interface Versions {
  readonly spark: string;
  /** Of Spark, Delta and the engine: one for all. */
  readonly scala: string;
  readonly java: string;
  /** Spark's Hadoop client, and therefore hadoop-aws. */
  readonly hadoop: string;
  /** The AWS SDK that this Hadoop was built with. */
  readonly awsSdk: string;
  readonly delta: string;
  readonly kyuubi: string;
  /** The Hive Metastore. */
  readonly hive: string;
  /** The Hadoop inside the metastore's image. */
  readonly hiveHadoop: string;
  /** The AWS SDK (version 1) inside the metastore's image. */
  readonly hiveAwsSdk: string;
  readonly postgres: string;
  /** The JDBC driver of the metastore. */
  readonly postgresDriver: string;
  /** Silo, the maintained fork of MinIO, with its client `mc`. */
  readonly minio: string;
  /** In front of the gateway. */
  readonly haproxy: string;
  /** Of the watchers. */
  readonly python: string;
  /** Base of the libraries' image. */
  readonly busybox: string;
}

/** A combination of versions that works together. */
export class Release {
  /** Kyuubi's own CI tests Spark 4.1.2 with Delta 4.3.1; Hadoop 3.4.2 is the first with a conditional create; Hive 4.0.0 the last that Spark can talk to. */
  static readonly SPARK_4_1 = new Release({
    spark: '4.1.2',
    scala: '2.13',
    java: '17',
    hadoop: '3.4.2',
    awsSdk: '2.29.52',
    delta: '4.3.1',
    kyuubi: '1.12.0',
    hive: '4.0.0',
    hiveHadoop: '3.3.6',
    hiveAwsSdk: '1.12.367',
    postgres: '17.12',
    postgresDriver: '42.7.11',
    minio: 'RELEASE.2026-09-03T13-18-01Z',
    haproxy: '3.0',
    python: '3.12',
    busybox: '1.37',
  });

  /**
   * {@link SPARK_4_1} with other versions.
   *
   * Raises an error for what is no version, and one that names all rules that the combination breaks, each with its reason and what to do.
   */
  static custom(versions: Partial<Versions>): Release {
    const combined: Versions = { ...Release.SPARK_4_1.versions, ...versions };
    const known = Object.keys(Release.SPARK_4_1.versions);
    for (const [name, version] of Object.entries(combined)) {
      if (!known.includes(name)) throw new Error(`a release has no '${name}': it has ${known.join(', ')}`);
      if (!/^\w[\w.-]*$/.test(version ?? ''))
        throw new Error(`${name} '${version}' is no version: write it as '${Release.SPARK_4_1.versions[name as keyof Versions]}'`);
    }
    const broken = RULES.filter(({ breaks }) => breaks(combined)).map(({ because }) => `- ${because(combined)}`);
    if (broken.length > 0) throw new Error(`these versions do not work together:\n${broken.join('\n')}`);
    return new Release(combined);
  }

  readonly images;
  /** The configuration keys that its programs know. */
  readonly catalogs;
  /** The jars that Spark and the metastore need beside their images, as Maven coordinates. */
  readonly coordinates: string[];

  private constructor(readonly versions: Versions) {
    const { spark, scala, java, hadoop, awsSdk, delta, kyuubi, hive, postgres, postgresDriver, minio, haproxy, python, busybox } = versions;
    // Fully qualified: what a short name means is up to each node. Without digests, see docs/design.md.
    this.images = {
      spark: `docker.io/apache/spark:${spark}-scala${scala}-java${java}-python3-ubuntu`,
      kyuubi: `docker.io/apache/kyuubi:${kyuubi}`,
      hive: `docker.io/apache/hive:${hive}`,
      postgres: `docker.io/library/postgres:${postgres}`,
      minio: `docker.io/pgsty/silo:${minio}`,
      haproxy: `docker.io/library/haproxy:${haproxy}`,
      python: `docker.io/library/python:${python}-slim`,
      busybox: `docker.io/library/busybox:${busybox}`,
    };
    this.catalogs = catalogs(versions);
    this.coordinates = [
      // With Spark's version and Scala's in its name: the artifact without them is built for whatever Spark is Delta's default.
      `io.delta:delta-spark_${minor(spark)}_${scala}:${delta}`,
      `org.apache.hadoop:hadoop-aws:${hadoop}`,
      // Not the SDK's bundle, which is half a gigabyte.
      ...['s3', 's3-transfer-manager', 'sts'].map((module) => `software.amazon.awssdk:${module}:${awsSdk}`),
      `org.postgresql:postgresql:${postgresDriver}`,
    ];
  }

  /**
   * Refuses coordinates that cannot work beside this release's own.
   *
   * Raises an error for another hadoop-aws, an AWS bundle, a Delta without Spark's version in its name, and another Scala.
   */
  checkCoordinates(coordinates: string[]): void {
    const { scala, hadoop, spark, delta } = this.versions;
    for (const coordinate of coordinates) {
      const [group, artifact, version, ...rest] = coordinate.split(':');
      if (!group || !artifact || !version || rest.length > 0) throw new Error(`'${coordinate}' is no Maven coordinate: write group:artifact:version`);
      if (/^(bundle|aws-java-sdk-bundle)$/.test(artifact) && /^(software\.amazon\.awssdk|com\.amazonaws)$/.test(group))
        throw new Error(
          `'${coordinate}' is the whole AWS SDK, half a gigabyte for each pod: name the modules that you need beside ${this.coordinates.filter((own) => own.startsWith('software')).join(', ')}`,
        );
      if (
        group === 'io.delta' &&
        artifact.startsWith('delta-spark_') &&
        !this.coordinates.includes(coordinate) &&
        !/^delta-spark_2\.1\d$/.test(artifact)
      )
        throw new Error(
          `'${coordinate}' would be a second Delta: use io.delta:delta-spark_${minor(spark)}_${scala}:${delta}, which is there already`,
        );
      const suffix = artifact.match(/_(2\.1\d)$/)?.[1];
      if (group === 'io.delta' && /^delta-spark_2\.1\d$/.test(artifact))
        throw new Error(
          `'${coordinate}' is built for Delta's default Spark, not for ${spark}: use io.delta:delta-spark_${minor(spark)}_${scala}:${delta}, which is there already`,
        );
      if (suffix && suffix !== scala)
        throw new Error(`'${coordinate}' is built for Scala ${suffix}, Spark ${spark} here for ${scala}: use ${artifact.replace(suffix, scala)}`);
      if (artifact === 'hadoop-aws' && version !== hadoop)
        throw new Error(
          `'${coordinate}' does not match the Hadoop ${hadoop} that Spark ${spark} brings: remove it, hadoop-aws:${hadoop} is there already`,
        );
    }
  }
}

/** `4.1.2` → `4.1` */
function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** The Hadoop client in each Spark's distribution. */
const HADOOP_OF_SPARK: Record<string, string> = { '3.5': '3.3.4', '4.0': '3.4.1', '4.1': '3.4.2' };

interface Rule {
  breaks(versions: Versions): boolean;
  because(versions: Versions): string;
}

/** Combinations that cannot work. */
const RULES: Rule[] = [
  {
    breaks: ({ hive }) => !['3.1.3', '4.0.0'].includes(hive),
    because: ({ hive, spark }) =>
      `hive ${hive}: Spark ${spark}'s built-in client calls get_table, which the metastore no longer serves since 4.0.1 ("Invalid method name: 'get_table'"): use 4.0.0`,
  },
  {
    breaks: ({ spark, hadoop }) => HADOOP_OF_SPARK[minor(spark)] !== undefined && HADOOP_OF_SPARK[minor(spark)] !== hadoop,
    because: ({ spark, hadoop }) =>
      `hadoop ${hadoop}: hadoop-aws must be of the same version as the Hadoop client in Spark ${spark}: use ${HADOOP_OF_SPARK[minor(spark)]}`,
  },
  {
    breaks: ({ spark }) => HADOOP_OF_SPARK[minor(spark)] === undefined,
    because: ({ spark }) =>
      `spark ${spark}: its Hadoop client is not known here: use one of ${Object.keys(HADOOP_OF_SPARK)
        .map((version) => `${version}.x`)
        .join(', ')}`,
  },
  {
    breaks: ({ hadoop }) => ['3.3.4', '3.4.1'].includes(hadoop),
    because: ({ hadoop }) =>
      `hadoop ${hadoop}: it has no conditional create, without which two drivers overwrite each other's Delta commits: use 3.4.2, that is Spark 4.1`,
  },
  {
    breaks: ({ spark, scala }) => spark.startsWith('4.') && scala !== '2.13',
    because: ({ spark, scala }) => `scala ${scala}: Spark ${spark} and its Delta and Kyuubi engine are built for Scala 2.13 only: use 2.13`,
  },
  {
    breaks: ({ spark, java }) => spark.startsWith('4.') && Number(java) !== 17,
    because: ({ java, spark }) => `java ${java}: Spark ${spark} needs 17 and Kyuubi is tested up to 17: use 17`,
  },
  {
    breaks: ({ hive, hiveHadoop, hiveAwsSdk }) => hive === '4.0.0' && (hiveHadoop !== '3.3.6' || hiveAwsSdk !== '1.12.367'),
    because: ({ hiveHadoop, hiveAwsSdk }) =>
      `hiveHadoop ${hiveHadoop}, hiveAwsSdk ${hiveAwsSdk}: the image of hive 4.0.0 has the jars of 3.3.6 and 1.12.367 and no others: use these`,
  },
  {
    breaks: ({ postgres }) => !/^\d+\.\d+$/.test(postgres),
    because: ({ postgres }) => `postgres ${postgres}: a major version alone moves, and the image's variants have other users: use one such as 17.12`,
  },
  {
    breaks: ({ postgres }) => !/^1[4-7]($|\D)/.test(postgres),
    because: ({ postgres }) => `postgres ${postgres}: the image keeps its data elsewhere since 18, so a volume of 17 would look empty: use 17.x`,
  },
  {
    breaks: ({ spark, delta }) => minor(spark) === '4.1' && !/^4\.[1-4]\./.test(delta),
    because: ({ spark, delta }) => `delta ${delta}: it is not built for Spark ${spark}: use 4.3.1`,
  },
];
