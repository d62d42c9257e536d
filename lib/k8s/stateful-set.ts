import { ApiObject, type Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { namespaceOf } from './chart';
import { orNothing, type PodProps, podTemplate, selectorLabels } from './pod';
import { quantity } from './volume';

export interface StatefulSetProps extends PodProps {
  readonly replicas?: number;
  /** Sizes of the volumes that outlive the pods, by name. @default - none */
  readonly claims?: Record<string, Size>;
  /** Ports of the Service, by name. */
  readonly service: Record<string, number>;
}

/** Pods with names and volumes that last, the Service in front of them, and a headless one that gives each pod a DNS name. */
export class StatefulSet extends ApiObject {
  constructor(
    private readonly component: Construct,
    props: StatefulSetProps,
  ) {
    const { replicas = 1, claims = {}, service, ...pod } = props;
    const manifest = k8s.KubeStatefulSet.manifest({
      spec: {
        replicas,
        serviceName: `${pod.name}-pods`,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: selectorLabels(pod.name) },
        template: podTemplate(pod),
      },
    });
    // Not by the typed property: what the API server adds must be here too, or `kubectl apply` says "configured" for ever.
    for (const [name, size] of Object.entries(claims))
      if (size.toMebibytes() < 1) throw new Error(`the volume '${name}' of ${pod.name} has no size: give at least 1 MiB`);
    const templates = Object.entries(claims).map(([name, size]) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem', resources: { requests: { storage: quantity(size).value } } },
      status: { phase: 'Pending' },
    }));
    manifest.spec.volumeClaimTemplates = orNothing(templates);
    super(component, 'stateful-set', manifest);
    const ports = Object.entries(service).map(([name, port]) => ({ name, port }));
    new k8s.KubeService(component, 'service', { spec: { selector: selectorLabels(pod.name), ports } });
    new k8s.KubeService(component, 'pods', {
      metadata: { name: `${pod.name}-pods` },
      spec: { selector: selectorLabels(pod.name), ports, clusterIp: 'None', publishNotReadyAddresses: true },
    });
  }

  /** The Service's name, reachable from any namespace. */
  get host(): string {
    return `${this.name}.${namespaceOf(this.component)}.svc`;
  }
}
