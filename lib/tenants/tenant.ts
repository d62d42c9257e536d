import type { Duration } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Conf } from '../config/config-file';
import { namespaceOf } from '../k8s/chart';
import { ownImage } from '../k8s/image';
import type { ILibraries } from '../libraries/libraries';
import { type IMetastore, WAREHOUSE_DIR } from '../metastore/metastore';
import { Connections, type IConnectable } from '../net/connections';
import type { IObjectStore } from '../object-store/object-store';
import { DRIVER, ENGINE_PORT, EXECUTOR } from '../spark/pod-template';
import { type EngineSize, sizeDifferences } from '../spark/sizing';
import { SPARK_IMAGE, type SparkConf } from '../spark/spark-conf';
import { Accounts } from './accounts';
import { Quota } from './quota';
import { type Schemas, tenantFolder } from './schemas';

/** Who has an engine together. */
export enum EngineShare {
  /** Each user has an engine of their own. */
  USER = 'USER',
  /** All users of a tenant work in one engine: less memory, and one heavy query slows down all. */
  TEAM = 'TEAM',
}

export interface TenantProps {
  /** Who may log in. Raises an error for a name that is no lower-case word, and for a user of two tenants. */
  readonly users: string[];
  /** @default EngineShare.USER */
  readonly share?: EngineShare;
  /** The size of each engine; a session cannot change it. @default - see {@link EngineSize} */
  readonly engine?: EngineSize;
  /**
   * Of its drivers and executors, with the Python packages that it needs: built from the release's own, as docs/python.md has it. An engine whose image has another Spark,
   * Scala or Java does not start, and says so. Raises an error for one without a registry, or without a tag or a digest. @default - the release's, which has Python and no packages
   */
  readonly image?: string;
  /** Applications of the same size, as of batches, that may run beside the engines. Raises an error below 0. @default 4 */
  readonly batches?: number;
  /** A statement that takes longer ends with an error. Raises an error below a second. @default - none takes too long */
  readonly queryTimeout?: Duration;
  /** Schemas that are there from its first engine on; it may create others. Raises an error for one of two tenants. @default - none */
  readonly schemas?: string[];
  /** Schemas of other tenants that its engines may read. Raises an error for one that no other tenant declares. @default - none */
  readonly reads?: string[];
}

export interface TenantContext {
  readonly schemas: Schemas;
  readonly objectStore: IObjectStore;
  readonly metastore: IMetastore;
  readonly libraries: ILibraries;
  readonly apiServer: IConnectable;
  /** Of all engines: it wins over what follows from the size of one. @default - none */
  readonly tuning?: SparkConf;
  /** The account that launches engines. */
  readonly gateway: k8s.Subject;
}

/** A team: a namespace in which its engines run, with accounts, a quota and a store login of its own. */
export class Tenant extends Construct {
  readonly namespace: string;
  readonly users: string[];
  readonly driver: IConnectable;
  /** What an engine of this tenant has of its own. */
  readonly conf: Conf;

  constructor(scope: Construct, id: string, props: Omit<TenantProps, 'schemas'> & TenantContext) {
    super(scope, id);
    const {
      users,
      share = EngineShare.USER,
      engine = {},
      image,
      batches = 4,
      queryTimeout,
      schemas,
      reads = [],
      objectStore,
      libraries,
      tuning = {},
    } = props;
    this.namespace = namespaceOf(this);
    this.users = users.map(userName);
    if (this.users.length === 0) throw new Error(`the tenant '${id}' has no users: name at least one`);
    const differences = Object.entries(sizeDifferences(engine, `tenants.${id}.engine`));
    const size = Object.fromEntries(differences.filter(([key]) => !Object.hasOwn(tuning, key)));
    const folder = `s3a://${objectStore.bucket}/${tenantFolder(id)}`;
    const access = schemas.access(id, reads);
    objectStore.grant(this, `tenant-${id}`, { ...access, read: [...libraries.folders, ...access.read!] });
    this.driver = this.connect(props);
    new Accounts(
      this,
      'accounts',
      props.gateway,
      [props.metastore.account, objectStore.account].filter((account) => account !== undefined),
    );
    if (!Number.isSafeInteger(batches) || batches < 0) throw new Error(`tenants.${id}.batches is ${batches}: give a whole number, at least 0`);
    new Quota(this, 'quota', { size: engine, engines: (share === EngineShare.TEAM ? 1 : this.users.length) + batches });
    this.conf = {
      'spark.kubernetes.namespace': this.namespace,
      [WAREHOUSE_DIR]: folder,
      'kyuubi.operation.result.saveToFile.dir': `${folder}/_results`,
      ...size,
      ...(image && { [SPARK_IMAGE]: ownImage(`tenants.${id}.image`, image) }),
      ...(share === EngineShare.TEAM && teamEngine(id)),
      ...(queryTimeout && { 'kyuubi.operation.query.timeout': atLeastASecond(id, queryTimeout) }),
      ...createSchemas(schemas.toCreate(id)),
    };
  }

  private connect({ objectStore, metastore, apiServer }: TenantContext): IConnectable {
    const driver = { connections: Connections.ofPods(new Construct(this, DRIVER), DRIVER, ENGINE_PORT) };
    const executor = { connections: Connections.ofPods(new Construct(this, EXECUTOR), EXECUTOR) };
    for (const other of [objectStore, metastore, apiServer]) driver.connections.allowTo(other);
    executor.connections.allowTo(objectStore);
    // Both choose their ports when they start.
    driver.connections.allowToAllPorts(executor);
    executor.connections.allowToAllPorts(driver);
    executor.connections.allowToAllPorts(executor);
    return driver;
  }
}

/** Kyuubi's own level GROUP asks the operating system for groups, which knows no users; one engine of the server for each subdomain is the same. */
const teamEngine = (id: string): Conf => ({ 'kyuubi.engine.share.level': 'SERVER', 'kyuubi.engine.share.level.subdomain': id });

/** By the engine itself, which has the rights to. */
const createSchemas = (schemas: string[]): Conf =>
  schemas.length > 0 ? { 'kyuubi.engine.initialize.sql': schemas.map((schema) => `CREATE SCHEMA IF NOT EXISTS \`${schema}\``).join(';') } : {};

function atLeastASecond(id: string, time: Duration): Duration {
  if (time.toMilliseconds() < 1000) throw new Error(`tenants.${id}.queryTimeout is ${time.toMilliseconds()} ms: give at least a second`);
  return time;
}

function userName(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    throw new Error(`the user '${name}' has a bad name: use at most 63 lower-case letters, digits and hyphens, beginning with a letter`);
  return name;
}
