import type { k8s } from 'cdk8s-plus-28';
import type { Construct, IConstruct } from 'constructs';
import type { Conf } from '../config/config-file';
import type { Credentials } from '../k8s/credentials';
import type { IConnectable } from '../net/connections';
import type { Release } from '../release';
import type { Secrets } from '../secrets/secrets';
import type { Watched } from '../watch/watcher';
import { ExternalObjectStore, type ExternalObjectStoreProps } from './external';
import { Minio, type MinioProps } from './minio';

/** Folder of the bucket in which the metastore puts what it is not told where to put. */
export const WAREHOUSE = 'warehouse';

/** Folder of the bucket in which each tenant has a folder of its own. */
export const TENANTS = 'tenants';

/** Folders of the bucket, without slashes at the ends. */
export interface Access {
  /** @default - none */
  readonly read?: string[];
  /** @default - none */
  readonly readWrite?: string[];
}

/** An S3-compatible store, ours or someone else's. */
export interface IObjectStore extends IConstruct, IConnectable {
  /** Says, as `/conditional-writes`, whether the store creates an object once, on which every commit relies. */
  readonly watcher: Watched;
  /** Its account, which asks who still has a login. @default - none: its users are somebody else's to make */
  readonly account?: k8s.Subject;
  /** With scheme and port, reachable from any namespace. */
  readonly url: string;
  readonly bucket: string;
  readonly region: string;
  /** Gives `consumer` a user of its own that may do this and nothing else, and returns its login in the namespace of `scope`. */
  grant(scope: Construct, consumer: string, access: Access): Credentials;
}

export interface ObjectStoreContext {
  readonly release: Release;
  readonly secrets: Secrets;
  readonly apiServer: IConnectable;
}

/** Where table data goes. A recipe that `bind` turns into constructs, so that an environment can be written down as a value. */
export abstract class ObjectStore {
  /** A MinIO of our own: the fork that is still maintained. */
  static minio(props: MinioProps): ObjectStore {
    return { bind: (scope, context) => new Minio(scope, 'minio', { ...props, ...context }) };
  }

  /** Someone else's S3. Its bucket, users and policies are theirs to make; docs/secrets.md lists what is expected. */
  static external(props: ExternalObjectStoreProps): ObjectStore {
    return { bind: (scope, context) => new ExternalObjectStore(scope, 'object-store', { ...props, ...context }) };
  }

  abstract bind(scope: Construct, context: ObjectStoreContext): IObjectStore;
}

/**
 * Of each Java program that copies or deletes by S3A. Where it has one CPU it hangs for ever on more files than a request has room for (HADOOP-19712): it waits in
 * the only thread of a pool for others of that pool.
 */
export const S3A_THREADS = '-Djava.util.concurrent.ForkJoinPool.common.parallelism=4';

/** Keys by which Hadoop's S3A finds the store; the login comes from the environment of the process. */
export function s3aConf(store: IObjectStore, credentialsProvider: string): Conf<`fs.s3a.${string}`> {
  return {
    'fs.s3a.endpoint': store.url,
    // Mandatory with the SDK's version 2, else it asks for one that only AWS has.
    'fs.s3a.endpoint.region': store.region,
    'fs.s3a.path.style.access': true,
    'fs.s3a.connection.ssl.enabled': store.url.startsWith('https:'),
    'fs.s3a.aws.credentials.provider': credentialsProvider,
  };
}
