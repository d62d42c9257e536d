import { Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { contentHash } from './content-hash';
import { type PodProps, podTemplate } from './pod';

/** Of one pod, images included: what hangs without a word is tried again after it. More than twice what a script may wait. */
const DEADLINE = Duration.minutes(40);

/** As often as it takes. */
const FOR_EVER = 2 ** 31 - 1;

/**
 * A Job that may run again at any time and is done when its work is.
 *
 * Its name ends in a hash of its content: a Job cannot be changed, so the next version is another Job. It has no time to live, since GitOps would
 * create it anew each time it went.
 *
 * It never gives up, so that it heals when what stood in its way is gone. A container that fails starts anew in its pod, at once and then with pauses that
 * grow to five minutes, for whatever reason it failed; why it did stays in the pod's status. Pods that were replaced would leave the failed ones behind, and
 * the pauses between them grow to ten minutes.
 */
export class Task extends Construct {
  constructor(scope: Construct, id: string, props: PodProps) {
    super(scope, id);
    const template = podTemplate({ restartPolicy: 'OnFailure', activeDeadlineSeconds: DEADLINE.toSeconds(), ...props });
    const name = this.node.path.split('/').slice(1).join('-');
    new k8s.KubeJob(this, 'job', {
      metadata: { name: `${name}-${contentHash(template)}` },
      spec: { backoffLimit: FOR_EVER, template },
    });
  }
}
