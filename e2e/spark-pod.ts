import { parse } from 'yaml';
import type { KubernetesObject } from '../cli/kubectl';
import { apply, cluster, NAMESPACE, TENANT, watched } from './lakehouse';

export interface SparkPodProps {
  /** Names the pod. */
  readonly name: string;
  /** By name, in /e2e. */
  readonly files: Record<string, string>;
  /** Shell. Gets $SETTINGS, the `--conf`s that make a Spark in this pod a driver with the engine's own settings. */
  readonly script: string;
  /** Beside the engine's. */
  readonly settings?: Record<string, string>;
  /** A ConfigMap with a `ca.crt`, in place of the cluster's own. */
  readonly authorities?: string;
}

/** A driver in a pod of the tenant, made of the engine's own template and settings: what an engine is without the gateway. */
export class SparkPod {
  static async start(props: SparkPodProps): Promise<SparkPod> {
    const { name } = props;
    // Of a run that was interrupted.
    await cluster.kubectl('-n', TENANT, 'delete', 'pod', name, '--ignore-not-found', '--grace-period=1');
    const templates = await data('kyuubi-pod-templates');
    const { 'spark-defaults.conf': defaults } = await data('kyuubi-spark-config');
    apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: TENANT },
      data: { ...props.files, 'spark-defaults.conf': defaults, 'executor.yaml': templates['executor.yaml'] },
    });
    apply(manifest(props, parse(templates['driver.yaml']!), String(/^spark\.kubernetes\.container\.image=(.*)$/m.exec(defaults!)?.[1])));
    return new SparkPod(name);
  }

  private constructor(readonly name: string) {}

  get log(): Promise<string> {
    return cluster.kubectl('-n', TENANT, 'logs', this.name, '-c', 'spark-kubernetes-driver', '--tail=-1');
  }

  /** Waits for its end, removes it and returns what it printed. Raises an error if it failed. */
  async output(seconds: number): Promise<string> {
    const args = ['-n', TENANT, 'pod', this.name, '-o', 'jsonpath={.status.phase}{"\\n"}'];
    const ended = await watched(`the pod ${this.name} has ended`, seconds, /Succeeded|Failed/, args);
    const output = await this.log;
    await cluster.kubectl('-n', TENANT, 'delete', 'pod,configmap', this.name, '--wait=false');
    if (ended !== 'Succeeded') throw new Error(`${this.name} failed:\n${output.slice(-5000)}`);
    return output;
  }
}

async function data(configMap: string): Promise<Record<string, string>> {
  return JSON.parse(await cluster.kubectl('-n', NAMESPACE, 'get', 'configmap', configMap, '-o', 'json')).data;
}

function manifest({ name, script, settings, authorities }: SparkPodProps, { spec, metadata }: KubernetesObject, image: string): KubernetesObject {
  const [container] = spec.containers;
  const conf = {
    'spark.submit.deployMode': 'client',
    'spark.driver.host': '$POD_IP',
    'spark.app.name': name,
    'spark.kubernetes.driver.pod.name': name,
    'spark.kubernetes.namespace': TENANT,
    'spark.sql.warehouse.dir': 's3a://lakehouse/tenants/demo',
    'spark.kubernetes.executor.podTemplateFile': '/e2e/executor.yaml',
    ...settings,
  };
  const confs = Object.entries(conf).map(([key, value]) => `--conf ${key}=${value}`);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name, namespace: TENANT },
    spec: {
      ...spec,
      restartPolicy: 'Never',
      serviceAccountName: 'spark-driver',
      initContainers: spec.initContainers.filter((init: KubernetesObject) => init.name === 'libraries'),
      containers: [
        {
          ...container,
          image,
          command: ['sh', '-euc', `PATH=$PATH:/opt/spark/bin\nSETTINGS="${confs.join(' ')}"\n${script}`],
          env: [
            ...container.env,
            { name: 'SPARK_CONF_DIR', value: '/e2e' },
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          ],
          resources: { requests: { cpu: '50m', memory: '1536Mi' }, limits: { memory: '1536Mi' } },
          volumeMounts: [
            ...container.volumeMounts,
            { name: 'e2e', mountPath: '/e2e' },
            ...(authorities ? [{ name: 'account', mountPath: ACCOUNT }] : []),
          ],
        },
      ],
      volumes: [...spec.volumes, { name: 'e2e', configMap: { name } }, ...(authorities ? [account(authorities)] : [])],
    },
  };
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What Kubernetes mounts there, but for the authorities. */
const account = (authorities: string) => ({
  name: 'account',
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token' } },
      { configMap: { name: authorities, items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
});
