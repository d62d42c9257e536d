import { execFileSync } from 'node:child_process';
import { TENANT_GUARD } from '../lib/metastore/tenant-guard';
import { apply, cluster, TENANT } from './lakehouse';
import { SparkPod } from './spark-pod';

const ASKS = `package lakehouse;
public class Asks {
  public static void main(String[] arguments) throws Exception {
    System.out.println("pods: " + Kubernetes.get("/api/v1/namespaces/" + Kubernetes.namespace() + "/pods").path("items").size());
  }
}
`;

test('the guard trusts each authority of a ca.crt that has two', async () => {
  const another = execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=another', '-days', '2'],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const own = JSON.parse(await cluster.kubectl('-n', TENANT, 'get', 'configmap', 'kube-root-ca.crt', '-o', 'json')).data['ca.crt'];
  apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'two-authorities', namespace: TENANT }, data: { 'ca.crt': another + own } });
  const pod = await SparkPod.start({
    name: 'e2e-authorities',
    authorities: 'two-authorities',
    files: { 'Kubernetes.java': TENANT_GUARD.sources.Kubernetes!, 'Asks.java': ASKS },
    script: `javac -d /tmp/classes -cp '/opt/spark/jars/*' /e2e/Kubernetes.java /e2e/Asks.java && java -cp '/tmp/classes:/opt/spark/jars/*' lakehouse.Asks`,
  });
  await expect(pod.output(120)).resolves.toMatch(/^pods: [1-9]/m);
});
