import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { namespaceOf } from './chart';
import { type ContainerProps, type PodProps, podTemplate, selectorLabels } from './pod';

export interface DeploymentProps extends PodProps {
  /** Ports of its Service, by name. @default - it has none */
  readonly service?: Record<string, number>;
  /** Whether the pod of before serves until the new one does, or has ended before that one starts. */
  readonly succession: 'overlap' | 'one at a time';
}

/** One pod without a name or a volume of its own, and the Service in front of it. */
export class Deployment {
  /** The Service's name, reachable from any namespace. */
  readonly host: string;

  constructor(scope: Construct, { service, succession, ...pod }: DeploymentProps) {
    const { name } = pod;
    const containers = service && succession === 'overlap' ? pod.containers.map(outlastEndpoint) : pod.containers;
    new k8s.KubeDeployment(scope, 'deployment', {
      metadata: { name },
      spec: {
        replicas: 1,
        strategy:
          succession === 'overlap'
            ? { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: k8s.IntOrString.fromNumber(0) } }
            : { type: 'Recreate' },
        selector: { matchLabels: selectorLabels(name) },
        template: podTemplate({ ...pod, containers }),
      },
    });
    if (service) {
      const ports = Object.entries(service).map(([port, number]) => ({ name: port, port: number }));
      new k8s.KubeService(scope, 'service', { metadata: { name }, spec: { selector: selectorLabels(name), ports } });
    }
    this.host = `${name}.${namespaceOf(scope)}.svc`;
  }
}

/** Who asked for the Service's address just before the pod was told to stop still comes. */
const outlastEndpoint = (container: ContainerProps): ContainerProps =>
  container.ports ? { ...container, lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } } } : container;
