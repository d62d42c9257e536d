import type { ContainerProps } from '../k8s/pod';
import { Volume } from '../k8s/volume';
import type { Release } from '../release';
import { waitForWatcher, watcher } from '../watch/watcher';
import type { IObjectStore } from './object-store';

/** The consumer that proves that the store creates an object once, and its folder. Its object, `proof`, is in the store that it is about. */
const PROVER = 'conditional-writes';

export interface StoreWatcherProps extends Pick<ContainerProps, 'mounts'> {
  readonly release: Release;
  /** Of the pod. @default - it asks the API server nothing */
  readonly account?: string;
  /** Where the container finds the store. */
  readonly url: string;
  /** The ConfigMap with the policy of each user, and the Secret with their passwords. @default - somebody else makes them */
  readonly users?: string;
}

/** Proves that the store creates an object once; keeps bucket, users and policies of ours as declared. */
export function storeWatcher(store: IObjectStore, { release, account, url, users, mounts }: StoreWatcherProps): ContainerProps {
  const login = store.grant(store, PROVER, { readWrite: [PROVER] });
  return watcher(store, {
    release,
    name: 'store',
    folder: __dirname,
    imports: ['conditional_writes.py', 's3.py', 'users.py'],
    account,
    pods: Boolean(users),
    configMaps: users ? [users] : [],
    secrets: () => (users ? [users] : []),
    env: { STORE: url, REGION: store.region, BUCKET: store.bucket, FOLDER: PROVER, ...(users && { USERS: users }) },
    mounts: { '/login': Volume.login('prover-login', login), ...mounts },
  });
}

/** Shell, in bash: waits until it is proven that the store creates an object once. Without that, commits of two writers would overwrite each other. */
export const waitForSafeStore = ({ url, bucket, watcher }: IObjectStore) =>
  waitForWatcher(`the proof that ${url}/${bucket} creates an object once`, watcher, PROVER);
