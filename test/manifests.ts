import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { parse } from 'yaml';
import { environment, environmentNames } from '../environments';
import { LakehouseChart, Wave } from '../lib/k8s/chart';
import { Lakehouse, type LakehouseProps } from '../lib/lakehouse';
import { Libraries } from '../lib/libraries/libraries';
import { Metastore } from '../lib/metastore/metastore';
import { Secrets } from '../lib/secrets/secrets';

// biome-ignore lint/suspicious/noExplicitAny: it has the shape of its kind, and tests read it as the YAML that it is.
export type Manifest = any;

/** The ConfigMap that a gateway takes over while it runs: its pods do not roll. */
export const LIVE = 'kyuubi-tenants';

/** A pod that Kubernetes or Spark will make. */
export interface Pod {
  /** Who makes it, as in `StatefulSet minio` or `driver.yaml`. */
  readonly owner: string;
  readonly namespace: string;
  readonly wave: number;
  /** `metadata` and `spec` */
  readonly template: Manifest;
}

const kind = environment('kind');
const production = environment('production');

/** The environments, and the recipes together that no environment has together. */
export const LAKEHOUSES: Record<string, LakehouseProps> = {
  ...Object.fromEntries(environmentNames.map((name) => [name, environment(name)])),
  'kind with an existing metastore': {
    ...kind,
    metastore: Metastore.existing({ host: 'metastore.example.com' }),
  },
  'kind with libraries from an image': { ...kind, libraries: Libraries.image('registry.example.com/libraries:1') },
  'kind with many tenants and Secrets that exist': {
    ...kind,
    tenants: production.tenants,
    secrets: Secrets.existing(),
    gateway: production.gateway,
    throwAway: false,
  },
  'production with libraries from Maven': { ...production, libraries: Libraries.maven() },
  'production with nothing of its own': {
    ...production,
    metastore: Metastore.existing({ host: 'metastore.example.com' }),
  },
};

const made = new Map<LakehouseProps, Manifests>();

/** Kubernetes manifests by file. */
export class Manifests {
  private readPods?: Pod[];

  /** Of a whole lakehouse, made once: {@link copy} it before you change it. */
  static of(what: string | LakehouseProps): Manifests {
    const props = typeof what === 'string' ? (LAKEHOUSES[what] ?? environment(what)) : what;
    if (!made.has(props)) {
      const { charts } = new Lakehouse(props, { outdir: join(tmpdir(), 'nothing-is-written-here') });
      made.set(props, new Manifests(Object.fromEntries(charts.map((chart) => [chart.node.id, chart.toJson()])), props.throwAway));
    }
    return made.get(props)!;
  }

  /** Of what `build` puts into a chart in the namespace `lakehouse`. */
  static in(build: (chart: LakehouseChart) => void): Manifests {
    const chart = new LakehouseChart(new App(), 'test', { wave: Wave.STORAGE, namespace: 'lakehouse' });
    build(chart);
    return new Manifests({ [chart.node.id]: chart.toJson() });
  }

  constructor(
    readonly files: Record<string, Manifest[]>,
    /** Whether Secrets come along. */
    public throwAway = false,
  ) {}

  copy(): Manifests {
    return new Manifests(structuredClone(this.files), this.throwAway);
  }

  all(kind?: string): Manifest[] {
    return Object.values(this.files)
      .flat()
      .filter((manifest) => kind === undefined || manifest.kind === kind);
  }

  /** By its name. */
  get(kind: string, name: string, namespace?: string): Manifest {
    const found = this.all(kind).filter(({ metadata }) => metadata.name === name && [undefined, metadata.namespace].includes(namespace));
    if (found.length === 1) return found[0];
    throw new Error(
      `${found.length} of ${kind} '${name}', there are ${this.all(kind).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)}`,
    );
  }

  /** A file of a ConfigMap. @param of how its name begins, where several have a file of that name */
  text(file: string, of = ''): string {
    const configMaps = this.all('ConfigMap').filter(({ metadata }) => metadata.name.startsWith(of));
    const texts = configMaps.flatMap(({ data }) => (Object.hasOwn(data, file) ? [data[file]] : []));
    if (texts.length !== 1) throw new Error(`${texts.length} ConfigMaps have a file '${file}'`);
    return texts[0];
  }

  /** A file of `key=value` lines. */
  properties(file: string): Record<string, string> {
    const lines = this.text(file).split('\n').filter(Boolean);
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }

  get pods(): Pod[] {
    this.readPods ??= Object.entries(this.files).flatMap(([file, manifests]) =>
      manifests.flatMap((manifest) => this.podsOf(manifest).map((pod) => ({ wave: Number.parseInt(file, 10), ...pod }))),
    );
    return this.readPods;
  }

  /** The container that does the work of `owner`. */
  container(owner: string): Manifest {
    const pod = this.pods.find((candidate) => candidate.owner === owner);
    if (!pod) throw new Error(`no pod of ${owner}, there are those of ${this.pods.map((candidate) => candidate.owner)}`);
    return pod.template.spec.containers[0];
  }

  private podsOf({ kind, metadata, spec, data }: Manifest): Omit<Pod, 'wave'>[] {
    if (spec?.template) {
      const owner = `${kind} ${metadata.name.replace(/-[0-9a-f]{8}$/, '')}`;
      return [{ owner, namespace: metadata.namespace, template: spec.template }];
    }
    if (kind !== 'ConfigMap' || metadata.name !== 'kyuubi-pod-templates') return [];
    // Spark makes them, in the namespaces of all tenants.
    const tenants = this.all('Namespace').filter((namespace) => namespace.metadata.name.startsWith('tenant-'));
    return tenants.flatMap((namespace) =>
      ['driver.yaml', 'executor.yaml'].map((owner) => ({ owner, namespace: namespace.metadata.name, template: parse(data[owner]) })),
    );
  }
}

/** The containers of a pod that go on, sidecars too. */
export const running = ({ initContainers = [], containers }: Manifest): Manifest[] => [
  ...initContainers.filter(({ restartPolicy }: Manifest) => restartPolicy === 'Always'),
  ...containers,
];

/** The files that `synth` writes, by name. */
export function synthesize(props: LakehouseProps): Record<string, string> {
  const outdir = mkdtempSync(join(tmpdir(), 'lakehouse-'));
  new Lakehouse(props, { outdir }).synth();
  const files = Object.fromEntries(
    readdirSync(outdir)
      .sort()
      .map((name) => [name, readFileSync(join(outdir, name), 'utf8')]),
  );
  rmSync(outdir, { recursive: true });
  return files;
}

/** Tests that `check` finds nothing in any lakehouse, and that it does find what `notices` breaks in the manifests of `kind`. */
export function invariant(what: string, check: (manifests: Manifests) => string[], notices: Record<string, (broken: Manifests) => void>): void {
  describe(what, () => {
    test.each(Object.entries(LAKEHOUSES))('%s', (_, props) => expect(check(Manifests.of(props))).toEqual([]));
    test.each(Object.entries(notices))('notices %s', (_, breakIt) => {
      const broken = Manifests.of('kind').copy();
      breakIt(broken);
      expect(check(broken)).not.toEqual([]);
    });
  });
}
