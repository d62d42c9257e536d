import type { ToolName } from './tools';

export interface Accepted {
  readonly tool: ToolName;
  readonly check: string;
  /** Of `Kind/name`. @default - all objects */
  readonly object?: RegExp;
  /** For a check that says different things. @default - whatever it says */
  readonly message?: RegExp;
  /** Why what the tool says is no fault here. */
  readonly reason: string;
}

const NO_CPU_LIMIT = 'A CPU limit slows a JVM down where there is CPU to spare; the request already guarantees each pod its share.';
const PRESENT_IMAGES =
  'Tags are exact versions that are not expected to move; Always would fail where images are loaded by hand and no registry is reached.';
const NEEDS_API =
  'The gateway creates, watches and deletes drivers by the API of the cluster, and a driver its executors; the metastore asks whose driver calls.';
const NO_DIGESTS =
  'Tags are exact versions, but their digests could not be looked up where this was written: a registry that moves a tag is trusted.';

/** Each entry has to be needed: one that accepts nothing any more fails. */
export const ACCEPTED: Accepted[] = [
  { tool: 'checkov', check: 'CKV_K8S_11', reason: NO_CPU_LIMIT },
  { tool: 'kube-score', check: 'container-resources', message: /^CPU limit is not set$/, reason: NO_CPU_LIMIT },
  { tool: 'kube-score', check: 'container-resource-requests-equal-limits', message: /^CPU requests/, reason: NO_CPU_LIMIT },
  { tool: 'kube-score', check: 'container-cpu-requests-equal-limits', message: /^CPU requests/, reason: NO_CPU_LIMIT },
  { tool: 'trivy', check: 'KSV-0011', reason: NO_CPU_LIMIT },
  // Of the quota and of the limits of a tenant's namespace: they have all but limits of CPU.
  { tool: 'trivy', check: 'KSV-0039', reason: NO_CPU_LIMIT },
  { tool: 'trivy', check: 'KSV-0040', reason: NO_CPU_LIMIT },

  { tool: 'checkov', check: 'CKV_K8S_15', reason: PRESENT_IMAGES },
  { tool: 'kube-score', check: 'container-image-pull-policy', reason: PRESENT_IMAGES },
  { tool: 'checkov', check: 'CKV_K8S_43', reason: NO_DIGESTS },

  ...lowNumber(/^StatefulSet\/postgres$/, 'The server is postgres (999) in its image, and refuses a data directory of somebody else.'),
  ...lowNumber(
    /^Deployment\/hive-metastore$/,
    'Hadoop asks the operating system for the name of its user: the image has one for hive (1000), and none for a high number.',
  ),
  ...lowNumber(
    /^(Deployment\/kyuubi|Pod\/spark-(driver|executor))$/,
    "Hadoop asks the operating system for the name of its user: Spark's image has one for spark (185), and none for a high number.",
  ),

  { tool: 'shellcheck', check: 'SC2016', reason: 'What a wait tries is a text that it runs again and again; the shell that runs it expands it.' },
  {
    tool: 'shellcheck',
    check: 'SC2323',
    reason: 'A start-up probe runs its check in a subshell, since one may end it or open files; the one of a single test needs none.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_35',
    object: /^(Deployment\/hive-metastore|Pod\/spark-(driver|executor))$/,
    reason:
      'The S3 client and hive-site.xml take logins from the environment or from files of formats of their own, which a Secret of type basic-auth does not have.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_38',
    object: /^(Deployment\/(kyuubi|hive-metastore)|Pod\/spark-driver)$/,
    reason: NEEDS_API,
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_8',
    object: /^Pod\/spark-(driver|executor)$/,
    reason:
      'A driver misses its executors by their heartbeats and the gateway misses the driver; a restart in place would lose the sessions all the same.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_9',
    object: /^Pod\/spark-(driver|executor)$/,
    reason:
      'No traffic is routed to them by their readiness: the gateway asks an engine before it hands a session to it, and an executor tells its address to its driver.',
  },

  {
    tool: 'kube-score',
    check: 'pod-probes-identical',
    object: /^(StatefulSet\/(minio|postgres)|Deployment\/(kyuubi|hive-metastore|libraries|object-store-watcher))$/,
    reason:
      'Whether it answers, or has looked lately, is the right question for both, since a process that hangs still has an open port; readiness asks every 5 seconds, and only two minutes without an answer restart it.',
  },
  {
    tool: 'kube-score',
    check: 'deployment-replicas',
    object: /^Deployment\/(kyuubi|hive-metastore)$/,
    reason:
      'It keeps no state but sessions, and its successor serves before an update takes it away; a second one would only spare the seconds after a node dies.',
  },
  ...['deployment-replicas', 'deployment-strategy'].map((check) => ({
    tool: 'kube-score' as const,
    check,
    object: /^Deployment\/(libraries|object-store-watcher)$/,
    reason: 'A watcher serves nobody: what it keeps as declared is there without it, and two would do the same work twice.',
  })),

  {
    tool: 'trivy',
    check: 'KSV-0036',
    object: /^(Pod\/spark-driver|Deployment\/kyuubi|StatefulSet\/(minio|postgres))$/,
    reason: NEEDS_API,
  },
  ...['KSV-0048', 'KSV-0049', 'KSV-0056'].map((check) => ({
    tool: 'trivy' as const,
    check,
    object: /^Role\/(engine-launcher|spark-driver)$/,
    reason:
      'An engine is pods with a Service and ConfigMaps: the gateway launches and a driver scales and removes them, with the verbs they use and only in the namespace of one tenant.',
  })),
  {
    tool: 'trivy',
    check: 'KSV-0113',
    object: /^Role\/(minio-store|postgres-live|kyuubi-live)-watcher$/,
    reason: 'They may list and watch the Secrets that they are named in, whose logins they make: no others, and change none.',
  },
  ...['KSV-0109', 'KSV-01010'].map((check) => ({
    tool: 'trivy' as const,
    check,
    object: /^ConfigMap\/.*-program$/,
    reason: 'A program has names such as key and password, and no value of one.',
  })),
  {
    tool: 'trivy',
    check: 'KSV-0109',
    object: /^ConfigMap\/kyuubi-pod-templates$/,
    message: /'\{" *automountServiceAccountToken"\}'$/,
    reason: 'The setting whether a pod gets a token is no token.',
  },
  {
    tool: 'trivy',
    check: 'KSV-01010',
    object: /^ConfigMap\/kyuubi-pod-templates$/,
    message: /'\{("[ -]+key"(, )?)+\}'$/,
    reason: 'The name of the key of a Secret is no key.',
  },
  {
    tool: 'trivy',
    check: 'KSV-01010',
    object: /^ConfigMap\/kyuubi-haproxy$/,
    message: /'\{" {2}stats socket ipv4@127\.0\.0\.1"\}'$/,
    reason: 'An address of the pod itself, which has no password.',
  },
];

/** What each tool says of a process whose user and group have a number below 10000. */
function lowNumber(object: RegExp, reason: string): Accepted[] {
  return [
    { tool: 'checkov', check: 'CKV_K8S_40', object, reason },
    { tool: 'kube-score', check: 'container-security-context-user-group-id', object, message: /low (user|group) ID$/, reason },
    { tool: 'trivy', check: 'KSV-0020', object, reason },
    { tool: 'trivy', check: 'KSV-0021', object, reason },
  ];
}
