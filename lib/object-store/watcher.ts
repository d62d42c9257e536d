import type { ContainerProps } from '../k8s/pod';
import type { Volume } from '../k8s/volume';
import type { Release } from '../release';
import { waitForWatcher, watcher } from '../watch/watcher';
import type { IObjectStore } from './object-store';

/** The folder in which it proves that the store creates an object once. Its object, `proof`, is in the store that it is about. */
export const PROOF = 'conditional-writes';

export interface StoreWatcherProps {
  readonly release: Release;
  /** Of the pod. @default - it asks the API server nothing */
  readonly account?: string;
  /** Where the container finds the store. */
  readonly url: string;
  /** May write to {@link PROOF}; where there are users to make, it is the administrator's. */
  readonly login: Volume;
  /** The ConfigMap with the policy of each user, and the Secret with their passwords. @default - somebody else makes them */
  readonly users?: string;
}

/** Proves that the store creates an object once; keeps bucket, users and policies of ours as declared. */
export function storeWatcher(store: IObjectStore, { release, account, url, login, users }: StoreWatcherProps): ContainerProps {
  return watcher(store, {
    release,
    name: 'store',
    folder: __dirname,
    imports: ['conditional_writes.py', 's3.py', 'users.py'],
    account,
    pods: Boolean(users),
    configMaps: users ? [users] : [],
    secrets: () => (users ? [users] : []),
    env: { STORE: url, REGION: store.region, BUCKET: store.bucket, FOLDER: PROOF, ...(users && { USERS: users }) },
    mounts: { '/login': login },
  });
}

/** Shell, in bash: waits until it is proven that the store creates an object once. Without that, commits of two writers would overwrite each other. */
export const waitForSafeStore = ({ url, bucket, watcher }: IObjectStore) =>
  waitForWatcher(`the proof that ${url}/${bucket} creates an object once`, watcher, PROOF);
