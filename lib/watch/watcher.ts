import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { ConfigVolume, textFile } from '../config/config-volume';
import { namespaceOf } from '../k8s/chart';
import { type ContainerProps, lazy } from '../k8s/pod';
import { answers, probes } from '../k8s/probes';
import { waitFor } from '../k8s/shell';
import { Volume } from '../k8s/volume';
import type { IConnectable } from '../net/connections';
import type { Endpoint } from '../net/endpoint';
import type { Release } from '../release';

export interface WatcherProps {
  readonly release: Release;
  /** Of the container, and of what it runs: `<name>.py` in `folder`. */
  readonly name: string;
  /** With its program, and others that this one imports. */
  readonly folder: string;
  /** Other programs that it imports, by file name. @default - none */
  readonly imports?: string[];
  /** Of its pod: may read what it follows. @default - it asks the API server nothing */
  readonly account?: string;
  /** Of its program. @default - none */
  readonly args?: string[];
  /** Whether it asks which pods there are in its namespace. @default false */
  readonly pods?: boolean;
  /** Names of what it follows, all in its namespace. They may come and go. @default - none */
  readonly configMaps?: string[];
  /** Asked for when all are known. @default - none */
  readonly secrets?: () => string[];
  readonly env?: ContainerProps['env'];
  readonly mounts?: ContainerProps['mounts'];
}

/** The port on which watchers say when they succeeded last (`/metrics`). */
export const WATCHER = 9100;

/** A port on which watchers listen too, and which no policy opens: whoever reaches it knows that policies are not enforced. */
export const CLOSED = 9101;

/** Of a Service in front of a watcher. */
export const WATCHER_PORTS = { watcher: WATCHER, closed: CLOSED };

/** What can be asked over HTTP whether it has succeeded. */
export interface Watched extends IConnectable {
  readonly endpoint: Endpoint;
}

/** Shell, in bash: waits until the watcher called `name` has succeeded; says what stands in its way. */
export const waitForWatcher = (what: string, { endpoint }: Watched, name: string) =>
  waitFor(what, `${answers(endpoint.port, `/${name}`, endpoint.host)} || { [ -z "\${status-}" ] || tail -n 1 <&3; exit 1; }`);

/** Shell, in bash: waits while {@link CLOSED} can be dialled. */
export const waitForPolicies = ({ endpoint: { host } }: Watched) =>
  waitFor(
    'the network plugin to enforce policies',
    `! timeout 2 bash -c 'exec 3<>/dev/tcp/${host}/${CLOSED}' 2>/dev/null || { echo "${host}:${CLOSED} can be dialled, which no NetworkPolicy allows: the network plugin of this cluster enforces none, so that a tenant reaches the engines of all others. Install one that does, or say that it is known, by networkPolicies: 'not enforced'"; exit 1; }`,
  );

/** A container that keeps something as declared, in both directions, for as long as its pod runs. It says what it does and what it waits for. */
export function watcher(scope: Construct, props: WatcherProps): ContainerProps {
  const { release, name, folder, imports = [], account, args = [], pods = false, configMaps = [], secrets = () => [], env, mounts } = props;
  const files = [join(__dirname, 'watch.py'), ...[`${name}.py`, ...imports].map((file) => join(folder, file))];
  if (account)
    allow(new Construct(scope, `${account}-${name}-watcher`), account, () => [
      ...named('configmaps', configMaps),
      ...named('secrets', secrets()),
      ...(pods ? [LIST_PODS] : []),
    ]);
  return {
    name,
    image: release.images.python,
    command: ['python3', '-u', `/program/${name}.py`, ...args],
    env,
    ports: WATCHER_PORTS,
    resources: { cpu: Cpu.millis(20), memory: Size.mebibytes(64) },
    mounts: {
      '/program': new ConfigVolume(
        scope,
        `${name}-program`,
        files.map((file) => textFile(basename(file), readFileSync(file, 'utf8'))),
      ),
      ...(account && { '/var/run/secrets/kubernetes.io/serviceaccount': Volume.apiAccess() }),
      ...mounts,
    },
    ...HEALTH,
  };
}

const LIST_PODS: k8s.PolicyRule = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };

/** Objects by name, and no others. */
export const named = (resource: string, resourceNames: string[]): k8s.PolicyRule[] =>
  resourceNames.length > 0 ? [{ apiGroups: [''], resources: [resource], resourceNames, verbs: ['list', 'watch'] }] : [];

/** Gives an account of the same namespace a Role called after `scope`. */
export function allow(scope: Construct, account: string, rules: () => k8s.PolicyRule[]): void {
  const name = scope.node.id;
  new k8s.KubeRole(scope, 'role', { metadata: { name }, rules: lazy(rules) });
  new k8s.KubeRoleBinding(scope, 'role-binding', {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: namespaceOf(scope) }],
  });
}

/** Whether it goes on trying, not whether it succeeds: what it keeps as declared serves meanwhile. */
const HEALTH = probes({
  started: answers(WATCHER, '/alive'),
  within: Duration.minutes(5),
  ready: { httpGet: { path: '/alive', port: k8s.IntOrString.fromNumber(WATCHER) } },
});
