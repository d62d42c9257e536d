import type { Construct } from 'constructs';
import type { Credentials } from '../k8s/credentials';
import type { ContainerProps } from '../k8s/pod';
import type { Volume } from '../k8s/volume';
import type { IObjectStore } from '../object-store/object-store';
import type { Release } from '../release';
import { ImageLibraries } from './image';
import type { JavaLibrary } from './java-library';
import { MavenLibraries, type MavenLibrariesProps } from './maven';

/** The jars that Spark and the metastore need beside their images: Delta, S3A with the AWS SDK, the JDBC driver. */
export interface ILibraries {
  /** Folders of the object store that whoever installs must be able to read. */
  readonly folders: string[];
  /** An init container that fills `volume`; its pod needs `login` if there are {@link folders}, and a way to the store. */
  install(volume: Volume, login: Credentials): ContainerProps;
  /** What is not YAML but belongs into `dist/`, by file name. */
  readonly files: Record<string, string>;
}

export interface LibrariesContext {
  readonly release: Release;
  readonly objectStore: IObjectStore;
  /** What is compiled beside the jars. */
  readonly ours: JavaLibrary[];
}

export abstract class Libraries {
  /** A Deployment resolves them from a Maven repository, checks each against `checksums.json` and keeps them in the object store. */
  static maven(props: MavenLibrariesProps = {}): Libraries {
    return new LibrariesRecipe(props.extra ?? [], (scope, context) => new MavenLibraries(scope, 'libraries', { ...props, ...context }));
  }

  /** The same jars baked into an image, for a cluster without a Maven repository. Synth writes the Dockerfile to build it with. */
  static image(image: string): Libraries {
    return new LibrariesRecipe([], (scope, { release, ours }) => new ImageLibraries(scope, 'libraries', { image, release, ours }));
  }

  /** Maven coordinates beside those of the release. */
  abstract readonly extra: string[];
  abstract bind(scope: Construct, context: LibrariesContext): ILibraries;
}

class LibrariesRecipe extends Libraries {
  constructor(
    readonly extra: string[],
    readonly bind: (scope: Construct, context: LibrariesContext) => ILibraries,
  ) {
    super();
  }
}
