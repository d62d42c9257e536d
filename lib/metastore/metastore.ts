import type { k8s } from 'cdk8s-plus-28';
import type { Construct, IConstruct } from 'constructs';
import type { Conf } from '../config/config-file';
import type { IDatabase } from '../database/database';
import type { ILibraries } from '../libraries/libraries';
import type { IConnectable } from '../net/connections';
import type { IObjectStore } from '../object-store/object-store';
import type { Release } from '../release';
import { ExistingMetastore, type ExistingMetastoreProps } from './existing';
import { HiveMetastore, type HiveMetastoreProps } from './hive';

/** Where schemas and tables are known by name. */
export interface IMetastore extends IConstruct, IConnectable {
  /** `thrift://host:port`, reachable from any namespace. */
  readonly uri: string;
  /** Its account, which asks whose driver calls. @default - none: it lets everybody change everything */
  readonly account?: k8s.Subject;
}

export interface MetastoreContext {
  /** The tenant that has the schema `default`; empty if none has. */
  readonly ownerOfDefault: string;
  /** Which tenant has a schema, by its name. */
  readonly owners: Record<string, string[]>;
  /** Which tenants may read a schema of another one, by its name. */
  readonly readers: Record<string, string[]>;
  readonly apiServer: IConnectable;
  readonly release: Release;
  readonly objectStore: IObjectStore;
  readonly database: IDatabase;
  readonly libraries: ILibraries;
}

export abstract class Metastore {
  /** A Hive Metastore of our own. A tenant's engines may change there what lies in the tenant's folder, and nothing else. */
  static hive(props: HiveMetastoreProps = {}): Metastore {
    return { bind: (scope, context) => new HiveMetastore(scope, 'hive-metastore', { ...props, ...context }) };
  }

  /** Someone else's, of a version that the release's Spark can talk to, with S3A on its class path. It must keep the tenants apart itself. */
  static existing(props: ExistingMetastoreProps): Metastore {
    return { bind: (scope) => new ExistingMetastore(scope, 'metastore', props) };
  }

  abstract bind(scope: Construct, context: MetastoreContext): IMetastore;
}

/** Where Spark creates schemas: each tenant has a folder of its own. */
export const WAREHOUSE_DIR = 'spark.sql.warehouse.dir';

/** Keys by which Spark finds the metastore. */
export const metastoreConf = (metastore: IMetastore): Conf<`spark.${string}`> => ({
  'spark.sql.catalogImplementation': 'hive',
  'spark.hadoop.hive.metastore.uris': metastore.uri,
});
