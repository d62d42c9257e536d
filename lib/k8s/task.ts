import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { contentHash } from './content-hash';
import { type PodProps, podTemplate } from './pod';

/**
 * A Job that may run again at any time and is done when its work is.
 *
 * Its name ends in a hash of its content: a Job cannot be changed, so the next version is another Job. It has no time to live, since GitOps would
 * create it anew each time it went. Its pods are not restarted in place: the logs of a failed attempt stay.
 */
export class Task extends Construct {
  constructor(scope: Construct, id: string, props: PodProps) {
    super(scope, id);
    const template = podTemplate({ restartPolicy: 'Never', ...props });
    const name = this.node.path.split('/').slice(1).join('-');
    new k8s.KubeJob(this, 'job', {
      metadata: { name: `${name}-${contentHash(template)}` },
      spec: { backoffLimit: 20, podFailurePolicy: HOPELESS, template },
    });
  }
}

/** What a script exits with when trying again would not help. */
export const EXIT_HOPELESS = 65;

// Not the type's: it wants an empty list too, which the API server forgets, and `kubectl apply` would say "configured" for ever.
const HOPELESS = { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [EXIT_HOPELESS] } }] } as unknown as k8s.PodFailurePolicy;
