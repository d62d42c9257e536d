import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { quantity } from '../k8s/volume';
import { type EngineSize, engineResources } from '../spark/sizing';

export interface QuotaProps {
  readonly size: EngineSize;
  /** That may run at once. */
  readonly engines: number;
}

/** Whoever has it takes the place of others' pods. */
const CRITICAL = ['system-node-critical', 'system-cluster-critical'];

/**
 * What the pods of a tenant may take of the cluster: its engines at their largest, and no pod larger than theirs.
 *
 * An engine that may start has room for all of its executors: without one, its queries would wait for ever instead of failing.
 */
export class Quota extends Construct {
  constructor(scope: Construct, id: string, { size, engines }: QuotaProps) {
    super(scope, id);
    const { cpu, memory, pods, largest } = engineResources(size, engines);
    const total = quantity(memory);
    new k8s.KubeResourceQuota(this, 'resource-quota', {
      metadata: { name: 'engines' },
      spec: {
        hard: {
          // As the API server writes them, or `kubectl apply` would say "configured" for ever.
          'requests.cpu': k8s.Quantity.fromString(cpu % 1000 === 0 ? String(cpu / 1000) : `${cpu}m`),
          'requests.memory': total,
          'limits.memory': total,
          pods: k8s.Quantity.fromString(String(pods)),
          // Those that have ended, too, which users' code could leave: drivers stay for a minute.
          'count/pods': k8s.Quantity.fromString(String(3 * pods)),
          // Each driver has one.
          'count/services': k8s.Quantity.fromString(String(engines)),
          // Each driver has three.
          'count/configmaps': k8s.Quantity.fromString(String(10 * (engines + 1))),
        },
      },
    });
    new k8s.KubeResourceQuota(this, 'priority', {
      metadata: { name: 'no-critical-pods' },
      spec: {
        hard: { pods: k8s.Quantity.fromString('0') },
        scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: CRITICAL }] },
      },
    });
    const limit = { memory: quantity(largest) };
    new k8s.KubeLimitRange(this, 'limit-range', {
      metadata: { name: 'engines' },
      spec: { limits: [{ type: 'Container', max: limit, default: limit, defaultRequest: limit }] },
    });
  }
}
