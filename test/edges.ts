import type { Manifest, Manifests, Pod } from './manifests';

/** Whether `labels` are those that a selector wants. */
export const matches = ({ matchLabels = {}, matchExpressions = [] }: Manifest, labels: Record<string, string>) =>
  Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
  matchExpressions.every(({ key, operator, values }: Manifest) => operator === 'In' && values.includes(labels[key]));

export const podsIn = (manifests: Manifests, namespace: string, selector: Manifest): Pod[] =>
  manifests.pods.filter((pod) => pod.namespace === namespace && matches(selector, pod.template.metadata.labels));

/** The pods that a peer of a policy in `namespace` stands for: none of ours if it is a network. */
export function peers(manifests: Manifests, namespace: string, { namespaceSelector, podSelector, ipBlock }: Manifest): Pod[] {
  if (ipBlock) return [];
  const namespaces = manifests.all('Namespace').map(({ metadata }) => metadata.name);
  const chosen = namespaceSelector ? namespaces.filter((name) => matches(namespaceSelector, { 'kubernetes.io/metadata.name': name })) : [namespace];
  return chosen.flatMap((name) => podsIn(manifests, name, podSelector ?? {}));
}

export const isDns = ({ namespaceSelector }: Manifest) => namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] === 'kube-system';

export const policies = (manifests: Manifests): Manifest[] =>
  manifests.all('NetworkPolicy').filter(({ metadata }) => metadata.name !== 'default-deny');

/** Who may dial whom. DNS is left out: all may. */
export interface Edge {
  /** `namespace/component`, or `anyone` */
  readonly from: string;
  /** `namespace/component`, or a network */
  readonly to: string;
  /** @default - all */
  readonly port?: number;
}

const componentOf = ({ namespace, template }: Pod) => `${namespace}/${template.metadata.labels['app.kubernetes.io/name']}`;

/** As one side of the policies sees it, each once. */
export function edges(manifests: Manifests, side: 'ingress' | 'egress'): Edge[] {
  const found = policies(manifests).flatMap(({ metadata, spec }) => {
    const self = `${metadata.namespace}/${spec.podSelector.matchLabels['app.kubernetes.io/name']}`;
    return (spec[side] ?? []).flatMap((rule: Manifest) => {
      const others = (rule.from ?? rule.to ?? [undefined]).flatMap((peer?: Manifest) => {
        if (!peer) return ['anyone'];
        if (peer.ipBlock) return [`network ${peer.ipBlock.cidr}`];
        return isDns(peer) ? [] : peers(manifests, metadata.namespace, peer).map(componentOf);
      });
      return others.flatMap((other: string) =>
        (rule.ports ?? [{}]).map(({ port }: Manifest) => (side === 'egress' ? { from: self, to: other, port } : { from: other, to: self, port })),
      );
    });
  });
  return [...new Map(found.map((edge) => [JSON.stringify(edge), edge])).values()];
}
