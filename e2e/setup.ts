import { setTimeout as delay } from 'node:timers/promises';
import { environmentOf } from '../cli/context';
import { Cluster, command, type KubernetesObject } from '../cli/kubectl';
import { checkSchemas, DIST, type Manifest, synthesize } from '../cli/manifests';
import { liveObjects, stateOf, titleOf, workloadsOf } from '../cli/workload';
import { environmentNames } from '../environments';
import { KYUUBI } from '../lib/gateway/kyuubi';

/** Applies the lakehouse and waits for it; what needs the gateway is skipped where its image is not to be had, and only there. */
export default async function setup(): Promise<void> {
  const context = process.env.LAKEHOUSE_CONTEXT ?? (await command('kubectl', 'config', 'current-context'));
  if (!process.env.LAKEHOUSE_CONTEXT && !context.startsWith('kind-') && !environmentNames.includes(context)) {
    throw new Error(
      `these tests kill pods and delete data, and '${context}' is no cluster made for that: name it in LAKEHOUSE_CONTEXT if you mean it`,
    );
  }
  const cluster = new Cluster(context);
  const manifests = synthesize(environmentOf({ context }));
  checkSchemas(manifests);
  await cluster.kubectl('apply', '-f', DIST);
  const gateway = await waitForAll(cluster, manifests);
  Object.assign(process.env, { LAKEHOUSE_CONTEXT: context, LAKEHOUSE_GATEWAY: gateway ? 'yes' : 'no' });
}

async function waitForAll(cluster: Cluster, manifests: Manifest[]): Promise<boolean> {
  for (const deadline = Date.now() + 600_000; ; await delay(1000)) {
    const objects = await liveObjects(cluster);
    const states = workloadsOf(manifests).map((workload) => ({ title: titleOf(workload), ...stateOf(workload, objects) }));
    const waiting = states.filter(({ done }) => !done);
    if (waiting.length === 0) return true;
    if (waiting.every(({ title }) => title === KYUUBI) && objects.some(lacksKyuubiImage)) return false;
    if (waiting.some(({ failed }) => failed) || Date.now() > deadline) {
      throw new Error(`the lakehouse is not up:\n${waiting.map(({ title, reason }) => `${title}: ${reason}`).join('\n')}`);
    }
  }
}

function lacksKyuubiImage({ kind, metadata, status }: KubernetesObject): boolean {
  const waiting = kind === 'Pod' && metadata.name === `${KYUUBI}-0` && status.initContainerStatuses?.[0]?.state.waiting;
  return Boolean(waiting && /ErrImagePull|ImagePullBackOff/.test(waiting.reason));
}
