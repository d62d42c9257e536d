import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { ConfigVolume } from '../config/config-volume';
import { contentHash } from '../k8s/content-hash';
import type { Credentials } from '../k8s/credentials';
import { Deployment } from '../k8s/deployment';
import { type ContainerProps, NAMELESS_UID } from '../k8s/pod';
import { lately, probes } from '../k8s/probes';
import { EXIT_HOPELESS, shell, waitFor } from '../k8s/shell';
import { Volume } from '../k8s/volume';
import { Connections } from '../net/connections';
import { mc } from '../object-store/mc';
import type { ILibraries, LibrariesContext } from './libraries';
import { HIVE_JARS, locked, lockFiles, repositoryUrl, resolveScript } from './lock';

export interface MavenLibrariesProps {
  /** URL of a Maven repository. @default - the resolver's own */
  readonly repository?: string;
  /** Its network, for the network policies. @default 0.0.0.0/0 */
  readonly cidr?: string;
  /** Further coordinates, `group:artifact:version`. Raises an error for one that cannot work with the release or is not in `checksums.json`. @default - none */
  readonly extra?: string[];
}

const FOLDER = 'libraries';

/** @internal use {@link Libraries.maven} */
export class MavenLibraries extends Construct implements ILibraries {
  readonly folders = [FOLDER];
  readonly files = {};
  private readonly target: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: MavenLibrariesProps & LibrariesContext,
  ) {
    super(scope, id);
    const { release, objectStore, ours, repository, cidr = '0.0.0.0/0', extra = [] } = props;
    const lock = locked(release, extra);
    const url = repository === undefined ? undefined : repositoryUrl(repository);
    const port = Number(url?.port) || (url?.protocol === 'http:' ? 80 : 443);
    const waitForRepository = url ? waitFor(`the Maven repository ${url.href} to answer`, `: <>/dev/tcp/${url.hostname}/${port}`) : '';
    // A folder by its content: jars of two releases never mix, and pods that still run keep theirs.
    this.target = `${objectStore.bucket}/${FOLDER}/${contentHash([lock, ...ours.map(({ sources }) => sources)])}`;
    const login = objectStore.grant(this, id, { readWrite: this.folders });
    const libraries = Volume.scratch('libraries', Size.gibibytes(1));
    const tmp = Volume.scratch('tmp', Size.gibibytes(1));
    const hive = Volume.scratch('hive', Size.mebibytes(64));
    new Deployment(this, {
      name: id,
      uid: NAMELESS_UID,
      succession: 'one at a time',
      initContainers: [
        {
          name: 'hive',
          image: release.images.hive,
          command: shell(`cp ${HIVE_JARS} /hive/`),
          mounts: { '/hive': hive },
          resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) },
        },
        {
          name: 'resolve',
          image: release.images.spark,
          command: shell(`${waitForRepository}\n${resolveScript(release, ours, EXIT_HOPELESS)}`, 'bash'),
          mounts: {
            '/lock': new ConfigVolume(this, 'config-map', lockFiles(lock, ours, repository)),
            '/libraries': libraries,
            '/hive': hive,
            '/tmp': tmp,
          },
          resources: { cpu: Cpu.millis(200), memory: Size.mebibytes(384) },
        },
      ],
      containers: [
        {
          ...this.mc('publish', PUBLISH, { '/libraries': libraries, '/login': Volume.login('store-login', login), '/tmp': tmp }),
          ...probes({ started: lately('/tmp/published'), within: Duration.minutes(20) }),
        },
      ],
    });
    const connections = Connections.ofPods(this, id);
    connections.allowTo(objectStore);
    connections.allowTo({ connections: Connections.ofNetwork('maven', cidr, port) });
  }

  install(volume: Volume, login: Credentials): ContainerProps {
    const tmp = Volume.scratch('libraries-tmp', Size.mebibytes(64));
    return this.mc('libraries', INSTALL, { '/libraries': volume, '/login': Volume.login('store-login', login), '/tmp': tmp });
  }

  private mc(name: string, script: string, mounts: ContainerProps['mounts']): ContainerProps {
    const { release, objectStore } = this.props;
    return mc({ name, image: release.images.minio, url: objectStore.url, script, env: { TARGET: this.target }, mounts });
  }
}

/** For as long as it runs: a store that was emptied gets them again. The list goes last, so that who finds it finds all jars. */
const PUBLISH = `
publish() {
  mc mirror --quiet --overwrite --exclude SHA256SUMS /libraries "store/$TARGET" >/dev/null && mc cp --quiet /libraries/SHA256SUMS "store/$TARGET/" >/dev/null
}
while :; do
  if mc stat "store/$TARGET/SHA256SUMS" >/dev/null 2>&1; then
    date +%s >/tmp/published
  elif error=$(publish 2>&1); then
    echo "published the libraries to $TARGET"
    continue
  else
    echo "still waits for the store to take the libraries: $error" >&2
  fi
  sleep 10 &
  wait $!
done
`;

/** Waits for the list, then copies and checks what it names. */
const INSTALL = `
${waitFor('the libraries in $TARGET, which the Deployment libraries puts there', 'mc stat "store/$TARGET/SHA256SUMS"')}
mc mirror --quiet --overwrite "store/$TARGET" /libraries >/dev/null
cd /libraries
sha256sum --quiet -c SHA256SUMS
`;
