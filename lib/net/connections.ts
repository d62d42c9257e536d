import { isIPv4 } from 'node:net';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { KEPT, namespaceOf } from '../k8s/chart';
import { lazy, selectorLabels } from '../k8s/pod';
import { portNumber } from './endpoint';

/** Something that others dial, or that dials others. */
export interface IConnectable {
  readonly connections: Connections;
}

interface Rule {
  /** @default - anybody */
  readonly peer?: k8s.NetworkPolicyPeer;
  /** Of the peer. @default - no pods of ours */
  readonly namespace?: string;
  /** @default - all ports */
  readonly ports?: k8s.NetworkPolicyPort[];
}

const DNS: Rule = {
  peer: { namespaceSelector: inNamespace('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } },
  ports: [port(53, 'UDP'), port(53)],
};

/**
 * The network edges of one component.
 *
 * Whoever takes another component as a dependency calls `allowTo` on it, so the policies are a by-product of wiring the lakehouse together.
 * A component has one NetworkPolicy, however many edges; it denies everything else but DNS.
 */
export class Connections {
  /** Pods of ours, by their `app.kubernetes.io/name`; `port` is what they listen on. @default port - none */
  static ofPods(scope: Construct, name: string, port?: number): Connections {
    const pods = { matchLabels: selectorLabels(name) };
    const connections = new Connections(name, { podSelector: pods }, port, namespaceOf(scope));
    new k8s.KubeNetworkPolicy(scope, 'network-policy', {
      metadata: { name },
      spec: {
        podSelector: pods,
        policyTypes: ['Ingress', 'Egress'],
        ingress: lazy(() => combined(connections.ingress).map(({ peer, ports }) => ({ from: peer && [peer], ports }))),
        egress: lazy(() => [DNS, ...combined(connections.egress)].map(({ peer, ports }) => ({ to: peer && [peer], ports }))),
      },
    });
    return connections;
  }

  /** Somebody else's server, which has no policy of ours. */
  static ofNetwork(name: string, cidr: string, port: number): Connections {
    const [, address, mask] = /^(.+)\/(0|[1-9]\d?)$/.exec(cidr) ?? [];
    if (!isIPv4(address ?? '') || Number(mask) > 32)
      throw new Error(`'${name}' has the network '${cidr}': write it as address and mask length, such as '10.1.2.3/32'`);
    return new Connections(name, { ipBlock: { cidr } }, portNumber(name, port));
  }

  private readonly ingress: Rule[] = [];
  private readonly egress: Rule[] = [];

  private constructor(
    readonly name: string,
    private readonly peer: k8s.NetworkPolicyPeer,
    private readonly port?: number,
    private readonly namespace?: string,
  ) {}

  /** Lets this component dial `other`. Raises an error if that listens on no port. @param number @default - the port that `other` listens on */
  allowTo(other: IConnectable, number = other.connections.port): void {
    const target = other.connections;
    if (!number) throw new Error(`'${target.name}' listens on no port that '${this.name}' could dial: use allowToAllPorts, or give it a port`);
    this.allow(target, [port(number)]);
  }

  /** For ports that are chosen when a process starts, as those of Spark. */
  allowToAllPorts(other: IConnectable): void {
    this.allow(other.connections);
  }

  /** Lets anybody dial this component. */
  allowFromAnywhere(...numbers: number[]): void {
    this.ingress.push({ ports: numbers.map((number) => port(number)) });
  }

  private allow(target: Connections, ports?: k8s.NetworkPolicyPort[]): void {
    this.egress.push({ peer: target.peer, namespace: target.namespace, ports });
    target.ingress.push({ peer: this.peer, namespace: this.namespace, ports });
  }
}

/** One rule for pods of one name in many namespaces: those of a thousand tenants would make a policy that is too large to apply. */
function combined(rules: Rule[]): Rule[] {
  const groups = new Map<string, Rule & { namespaces: string[] }>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.peer, rule.ports]);
    const namespaces = [...(groups.get(key)?.namespaces ?? []), ...(rule.namespace ? [rule.namespace] : [])];
    groups.set(key, { ...rule, namespaces });
  }
  return [...groups.values()].map(({ peer, ports, namespaces }) => ({
    peer: namespaces.length > 0 ? { namespaceSelector: inNamespace(...new Set(namespaces)), ...peer } : peer,
    ports,
  }));
}

/** Nothing passes unless a policy of a component says so. */
export class DefaultDeny extends Construct {
  constructor(scope: Construct, namespace: string) {
    super(scope, 'default-deny');
    new k8s.KubeNetworkPolicy(this, 'network-policy', {
      metadata: { name: 'default-deny', namespace, annotations: KEPT },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  }
}

function port(number: number, protocol = 'TCP'): k8s.NetworkPolicyPort {
  return { port: k8s.IntOrString.fromNumber(number), protocol };
}

function inNamespace(...names: string[]): k8s.LabelSelector {
  const key = 'kubernetes.io/metadata.name';
  return names.length === 1 ? { matchLabels: { [key]: names[0]! } } : { matchExpressions: [{ key, operator: 'In', values: names }] };
}
