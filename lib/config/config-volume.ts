import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { contentHash } from '../k8s/content-hash';
import { Volume } from '../k8s/volume';
import type { ConfigFile } from './config-file';

/** In bytes: what Kubernetes stores of a ConfigMap. */
const LARGEST = 1024 * 1024;

/** A ConfigMap as a volume. Pods that mount it roll when its content changes, and no other pod does. Raises an error for more than 1 MiB. */
export class ConfigVolume extends Volume {
  /** For a program that takes changes over while it runs: its pods do not roll. */
  static live(scope: Construct, id: string, files: ConfigFile[]): Volume {
    const { name, source } = new ConfigVolume(scope, id, files);
    return new Volume(name, source);
  }

  constructor(scope: Construct, id: string, files: ConfigFile[]) {
    const data = Object.fromEntries(files.map((file) => [file.name, file.render()]));
    const bytes = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (bytes > LARGEST)
      throw new Error(`the ConfigMap '${id}' of '${scope.node.path}' has ${bytes} bytes, Kubernetes stores at most ${LARGEST}: put less into it`);
    const { name } = new k8s.KubeConfigMap(scope, id, { data });
    super(id, { configMap: { name } }, contentHash(data));
  }
}

/** A file whose text is written by hand: a script or a policy. */
export function textFile(name: string, text: string): ConfigFile {
  return { name, render: () => text };
}
