import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Credentials } from './credentials';

/** Where in a container a volume, or one file of it, appears. */
export interface Mount {
  readonly volume: Volume;
  readonly subPath?: string;
}

/** A volume of a pod. A container that mounts it brings it into the pod, there is no second list to keep. */
export class Volume implements Mount {
  /** An empty directory that goes away with the pod. */
  static scratch(name: string, size: Size): Volume {
    return new Volume(name, { emptyDir: { sizeLimit: quantity(size) } });
  }

  /** An empty directory in memory, for what must not reach a disk. */
  static memory(name: string, size = Size.mebibytes(1)): Volume {
    return new Volume(name, { emptyDir: { medium: 'Memory', sizeLimit: quantity(size) } });
  }

  /** The values of a Secret as files. */
  static secret(name: string, secretName: string, options: Partial<k8s.SecretVolumeSource> = {}): Volume {
    return new Volume(name, { secret: { secretName, defaultMode: 0o440, ...options } });
  }

  /** A login as the files `username` and `password`. Without one of them in the Secret the pod does not start. */
  static login(name: string, { username, password }: Credentials): Volume {
    const items = [username, password].map(({ key }) => ({ key, path: key }));
    return Volume.secret(name, username.secret, { items });
  }

  /** What a program needs to ask the API server, as the account of its pod: for one container of a pod whose others have no business there. */
  static apiAccess(): Volume {
    return new Volume('api-access', {
      projected: {
        defaultMode: 0o440,
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardApi: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
        ],
      },
    });
  }

  /** A claim template of the StatefulSet of the pod. */
  static claim(name: string): Volume {
    return new Volume(name, undefined);
  }

  protected constructor(
    readonly name: string,
    readonly source: Omit<k8s.Volume, 'name'> | undefined,
    /** Changes when the content does, and rolls the pods that mount the volume. */
    readonly checksum?: string,
  ) {}

  get volume(): Volume {
    return this;
  }

  /** One file of the volume, for a directory that has other files too. */
  file(name: string): Mount {
    return { volume: this, subPath: name };
  }
}

/** `2Gi`, `512Mi`: in the largest unit without a fraction. */
export function quantity(size: Size): k8s.Quantity {
  const mebibytes = size.toMebibytes();
  return k8s.Quantity.fromString(mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`);
}
