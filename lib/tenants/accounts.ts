import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { namespaceOf } from '../k8s/chart';
import { DRIVER, EXECUTOR } from '../spark/pod-template';

/** Who acts in the namespace of a tenant: drivers and executors, and the gateway that launches them. */
export class Accounts extends Construct {
  /** @param gateway the account that launches engines @param observers accounts that ask which pods there are: whose driver calls, who still has a login */
  constructor(scope: Construct, id: string, gateway: k8s.Subject, observers: k8s.Subject[]) {
    super(scope, id);
    for (const name of [DRIVER, EXECUTOR]) {
      new k8s.KubeServiceAccount(new Construct(this, `${name}-account`), 'service-account', {
        metadata: { name },
        automountServiceAccountToken: false,
      });
    }
    this.role('engine-launcher', [gateway], LAUNCHER_RULES);
    if (observers.length > 0) this.role('tenant-guard', observers, [rule(['pods'], ['list'])]);
    this.role(DRIVER, [{ kind: 'ServiceAccount', name: DRIVER, namespace: namespaceOf(this) }], DRIVER_RULES);
  }

  private role(name: string, subjects: k8s.Subject[], rules: k8s.PolicyRule[]): void {
    const scope = new Construct(this, `${name}-role`);
    new k8s.KubeRole(scope, 'role', { metadata: { name }, rules });
    new k8s.KubeRoleBinding(scope, 'role-binding', {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects,
    });
  }
}

const rule = (resources: string[], verbs: string[]): k8s.PolicyRule => ({ apiGroups: [''], resources, verbs });

/** What the gateway does: spark-submit applies a driver with its Service and ConfigMaps; Kyuubi watches drivers and their Services, and deletes what has ended. */
const LAUNCHER_RULES = [
  rule(['pods'], ['create', 'list', 'watch', 'delete']),
  rule(['services'], ['create', 'list', 'watch', 'patch']),
  rule(['configmaps'], ['create', 'patch']),
];

/** What a driver does to its executors. It removes what it made when it ends. */
const DRIVER_RULES = [
  rule(['pods'], ['create', 'get', 'list', 'watch', 'delete', 'deletecollection']),
  rule(['configmaps'], ['create', 'deletecollection']),
  rule(['services'], ['deletecollection']),
  rule(['persistentvolumeclaims'], ['list', 'deletecollection']),
];
