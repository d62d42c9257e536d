import { Size } from 'cdk8s';
import type { Construct } from 'constructs';
import type { ContainerProps } from '../k8s/pod';
import { Volume } from '../k8s/volume';
import { type WatcherProps, watcher } from './watcher';

/** Where a program finds what is declared, as `<name>/<key>`, and leaves the time, in seconds, when it had made it so. */
export const LIVE = '/live';
export const SUCCEEDED = `${LIVE}/succeeded`;

export interface LiveProps extends Pick<WatcherProps, 'release' | 'account'> {
  /** The container that reads it, by whose name its success is in the metrics. */
  readonly reader: string;
  /** ConfigMaps to follow. @default - none */
  readonly configMaps?: string[];
  /** Secrets to follow, which may be missing. @default - none */
  readonly secrets?: string[];
  /** A ConfigMap whose values are names of Secrets to follow: each is a folder, by its key. @default - none */
  readonly logins?: { readonly configMap: string; readonly secrets: () => string[] };
}

/** A container that keeps {@link LIVE} as ConfigMaps and Secrets are, within a second: the kubelet takes up to a minute and a half for volumes of a pod that runs. */
export function live(
  scope: Construct,
  { release, account, reader, configMaps = [], secrets = [], logins }: LiveProps,
): { container: ContainerProps; volume: Volume } {
  const volume = Volume.memory('live', Size.mebibytes(4));
  const container = watcher(scope, {
    release,
    account,
    name: 'live',
    folder: __dirname,
    args: [
      reader,
      ...configMaps.map((name) => `configmaps/${name}`),
      ...secrets.map((name) => `secrets/${name}`),
      ...(logins ? [`logins/${logins.configMap}`] : []),
    ],
    configMaps: [...configMaps, ...(logins ? [logins.configMap] : [])],
    secrets: () => [...secrets, ...(logins?.secrets() ?? [])],
    mounts: { [LIVE]: volume },
  });
  return { container, volume };
}
