import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, App, type AppProps } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Database } from './database/database';
import { DELTA_LIBRARY } from './delta/delta';
import { type GatewayProps, KYUUBI, Kyuubi, type NetworkPolicies } from './gateway/kyuubi';
import { KEPT, LakehouseChart, Wave } from './k8s/chart';
import type { Libraries } from './libraries/libraries';
import type { Metastore } from './metastore/metastore';
import { TENANT_GUARD } from './metastore/tenant-guard';
import { Connections, DefaultDeny } from './net/connections';
import type { ObjectStore } from './object-store/object-store';
import type { Release } from './release';
import type { Secrets } from './secrets/secrets';
import { LOG_STORE_LIBRARY } from './spark/log-store';
import type { SparkConf } from './spark/spark-conf';
import { Schemas } from './tenants/schemas';
import { Tenant, type TenantProps } from './tenants/tenant';

export interface LakehouseProps {
  readonly release: Release;
  readonly secrets: Secrets;
  readonly objectStore: ObjectStore;
  readonly database: Database;
  readonly metastore: Metastore;
  readonly libraries: Libraries;
  /** @default - see {@link GatewayProps} */
  readonly gateway?: GatewayProps;
  /** Tuning of all engines; replaces defaults, not what the lakehouse wires together. @default - none */
  readonly spark?: SparkConf;
  /** By name. Raises an error for a bad name and if there is none. */
  readonly tenants: Record<string, TenantProps>;
  /** Where the cluster's API server listens: no pod, so network policies need its address. @default 0.0.0.0/0, port 6443 */
  readonly apiServer?: { readonly cidr?: string; readonly port?: number };
  /** On a network that enforces none, the gateway stays closed and says so, unless it is known here. Then each tenant reaches the engines of all others. @default enforced */
  readonly networkPolicies?: NetworkPolicies;
  /** A throw-away cluster, on which passwords may stand in clear in the YAML. @default false */
  readonly throwAway?: boolean;
}

const NAMESPACE = 'lakehouse';

/** A whole lakehouse. Which charts there are, in which namespaces and in which order, is decided here and nowhere else. */
export class Lakehouse extends App {
  private readonly files: Record<string, string>;

  constructor(props: LakehouseProps, app: AppProps = {}) {
    super(app);
    const { release, secrets } = props;
    if (secrets.clear && !props.throwAway) {
      throw new Error("this environment puts passwords in clear into its YAML, which only a throw-away cluster's may: use Secrets.existing()");
    }
    if (!props.gateway?.tls && !props.throwAway) {
      throw new Error(
        "the gateway of this environment would take passwords in clear from the network, which only a throw-away cluster's may: set gateway.tls, as in { tls: { secretName: 'kyuubi-tls' } }",
      );
    }
    const tenants = Object.entries(props.tenants);
    if (tenants.length === 0) throw new Error("'tenants' is empty: name at least one, as in { analytics: { users: ['ana'] } }");
    this.namespaces([NAMESPACE, ...tenants.map(([name]) => tenantNamespace(name))]);

    const apiServer = { connections: Connections.ofNetwork('api-server', props.apiServer?.cidr ?? '0.0.0.0/0', props.apiServer?.port ?? 6443) };
    const schemas = new Schemas(props.tenants);
    const storage = this.chart('storage', Wave.STORAGE);
    const objectStore = props.objectStore.bind(storage, { release, secrets, apiServer });
    const database = props.database.bind(storage, { release, secrets, apiServer });
    const libraries = props.libraries.bind(this.chart('libraries', Wave.CATALOG), {
      release,
      objectStore,
      ours: [LOG_STORE_LIBRARY, DELTA_LIBRARY, TENANT_GUARD],
    });
    const metastore = props.metastore.bind(this.chart('catalog', Wave.CATALOG), {
      release,
      objectStore,
      database,
      libraries,
      ownerOfDefault: schemas.ownerOfDefault,
      owners: schemas.owners,
      readers: schemas.readers,
      apiServer,
    });
    const gateway = { kind: 'ServiceAccount', name: KYUUBI, namespace: NAMESPACE };
    const engines = { objectStore, metastore, libraries, apiServer, tuning: props.spark };
    new Kyuubi(this.chart('gateway', Wave.GATEWAY), KYUUBI, {
      ...props.gateway,
      ...engines,
      release,
      secrets,
      database,
      networkPolicies: props.networkPolicies,
      tenants: tenants.map(
        ([name, tenant]) => new Tenant(this.chart(name, Wave.TENANT, tenantNamespace(name)), name, { ...tenant, ...engines, schemas, gateway }),
      ),
    });
    this.files = libraries.files;
    this.finish();
  }

  override synth(): void {
    // Of an earlier synth: a tenant that is gone must not be applied again.
    if (existsSync(this.outdir)) {
      for (const file of readdirSync(this.outdir)) if (file.endsWith(this.outputFileExtension)) rmSync(join(this.outdir, file));
    }
    super.synth();
    for (const [name, text] of Object.entries(this.files)) writeFileSync(join(this.outdir, name), text);
  }

  private chart(name: string, wave: Wave, namespace = NAMESPACE): LakehouseChart {
    return new LakehouseChart(this, name, { wave, namespace });
  }

  private namespaces(names: string[]): void {
    const chart = new LakehouseChart(this, 'namespaces', { wave: Wave.FOUNDATION });
    for (const name of names) {
      const scope = new Construct(chart, name);
      new k8s.KubeNamespace(scope, 'namespace', {
        metadata: {
          labels: { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' },
          // Volumes go with their namespace: a smaller environment must not take it away.
          annotations: { ...KEPT, 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' },
        },
      });
      new DefaultDeny(scope, name);
    }
  }

  /** What all objects have in common, and what no two of them may. */
  private finish(): void {
    const seen = new Set<string>();
    for (const chart of this.charts as LakehouseChart[]) {
      const objects = chart.node.findAll().filter((construct) => ApiObject.isApiObject(construct)) as ApiObject[];
      if (objects.length === 0) this.node.tryRemoveChild(chart.node.id);
      for (const object of objects) {
        object.metadata.addAnnotation('argocd.argoproj.io/sync-wave', String(chart.wave));
        // Engines of a tenant that goes still run, and must not run without a quota, policies and the guard.
        if (chart.wave === Wave.TENANT) for (const [name, value] of Object.entries(KEPT)) object.metadata.addAnnotation(name, value);
        const name = `${object.kind} '${object.name}' in the namespace '${object.metadata.namespace ?? '-'}'`;
        if (seen.has(name)) throw new Error(`there are two of ${name}: give one of the two components another name`);
        seen.add(name);
      }
    }
  }
}

function tenantNamespace(name: string): string {
  if (!/^[a-z]([a-z0-9-]{0,34}[a-z0-9])?$/.test(name)) {
    throw new Error(`the tenant '${name}' has a bad name: use at most 36 lower-case letters, digits and hyphens, beginning with a letter`);
  }
  return `tenant-${name}`;
}
