import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { ConfigFile } from '../config/config-file';
import type { Credentials } from '../k8s/credentials';
import { ownImage } from '../k8s/image';
import type { ContainerProps } from '../k8s/pod';
import { oneLine, shell } from '../k8s/shell';
import { Volume } from '../k8s/volume';
import type { ILibraries, LibrariesContext } from './libraries';
import { HIVE_JARS, locked, lockFiles, resolveScript } from './lock';

export interface ImageLibrariesProps extends Pick<LibrariesContext, 'release' | 'ours'> {
  /** With a tag or a digest. Raises an error without. */
  readonly image: string;
}

/** @internal use {@link Libraries.image} */
export class ImageLibraries extends Construct implements ILibraries {
  readonly folders = [];
  readonly files: Record<string, string>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ImageLibrariesProps,
  ) {
    super(scope, id);
    ownImage("the libraries' image", props.image);
    this.files = { 'libraries.Dockerfile': dockerfile(props) };
  }

  install(volume: Volume, login: Credentials): ContainerProps {
    return {
      name: 'libraries',
      image: this.props.image,
      // Whoever has the libraries has a login for the store, which nothing else looks at before its programs use it.
      command: shell(`${oneLine('/login')}\ncp /libraries/* /installed/ && cd /installed && sha256sum -c SHA256SUMS >/dev/null`),
      mounts: { '/installed': volume, '/login': Volume.login('store-login', login) },
      resources: { cpu: Cpu.millis(50), memory: Size.mebibytes(64) },
    };
  }
}

/** `docker build -f libraries.Dockerfile .` makes the image; its only network access is the Maven repository. */
function dockerfile({ release, ours }: ImageLibrariesProps): string {
  const lock = locked(release, []);
  const copy = (file: ConfigFile) => `COPY <<'END' /lock/${file.name}\n${file.render()}END\n`;
  return `# syntax=docker/dockerfile:1
FROM ${release.images.spark} AS resolve
USER root
COPY --from=${release.images.hive} ${HIVE_JARS} /hive/
${lockFiles(lock, ours).map(copy).join('')}RUN <<'END'
set -eu
mkdir -p /libraries
${resolveScript(release, ours, 1).trim()}
END

FROM ${release.images.busybox}
COPY --from=resolve /libraries /libraries
USER 65534
`;
}
