import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';

/** When an object is applied: the number in its file name, and its Argo CD sync wave. */
export enum Wave {
  FOUNDATION = 0,
  STORAGE = 1,
  CATALOG = 2,
  TENANT = 3,
  GATEWAY = 4,
}

/** Labels of every object and of every pod of ours. */
export const COMMON_LABELS = { 'app.kubernetes.io/part-of': 'lakehouse' };

/** Of objects that must not go because a smaller environment is applied: Argo CD and Flux leave them. */
export const KEPT = { 'argocd.argoproj.io/sync-options': 'Prune=false', 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };

export interface LakehouseChartProps {
  readonly wave: Wave;
  /** Where its objects go. @default - its objects have no namespace, or name their own */
  readonly namespace?: string;
}

/** One file of `dist/`. */
export class LakehouseChart extends Chart {
  readonly wave: Wave;

  constructor(scope: Construct, name: string, props: LakehouseChartProps) {
    super(scope, `${props.wave}-${name}`, { namespace: props.namespace, labels: COMMON_LABELS });
    this.wave = props.wave;
  }

  /** Its own objects only: cdk8s's method goes through the whole app for each chart. */
  // biome-ignore lint/suspicious/noExplicitAny: as cdk8s has it.
  override toJson(): any[] {
    const objects = this.node.findAll().filter((construct) => ApiObject.isApiObject(construct)) as ApiObject[];
    return objects.map((object) => object.toJson());
  }

  /** The path below the chart, without the parts that only repeat the kind: `minio/stateful-set` is the StatefulSet `minio`. */
  override generateObjectName(object: ApiObject): string {
    const kind = kebabCase(object.kind);
    const parts = object.node.path.split('/').slice(this.node.path.split('/').length);
    return parts.filter((part) => part !== kind).join('-') || kind;
  }
}

/** `StatefulSet` → `stateful-set`. */
export const kebabCase = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

/** The namespace of the chart that `scope` is in. Raises an error in a chart without one. */
export function namespaceOf(scope: Construct): string {
  const chart = Chart.of(scope);
  if (!chart.namespace)
    throw new Error(`'${scope.node.path}' is in the chart '${chart.node.id}', which has no namespace: put it into a chart that has one`);
  return chart.namespace;
}
