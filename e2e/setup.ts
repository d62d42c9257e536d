import { environmentOf } from '../cli/context';
import { Cluster, command, type Get } from '../cli/kubectl';
import { checkSchemas, DIST, type Manifest, synthesize } from '../cli/manifests';
import { watch } from '../cli/watch';
import { environment, environmentNames } from '../environments';
import { KYUUBI } from '../lib/gateway/kyuubi';

/** Applies the lakehouse and waits for it; what needs the gateway is skipped where its image is not to be had, and only there. */
export default async function setup(): Promise<void> {
  const context = await contextForTests();
  process.env.LAKEHOUSE_BEGAN = new Date().toISOString().replace(/\.\d+/, '');
  Object.assign(process.env, { LAKEHOUSE_CONTEXT: context, LAKEHOUSE_GATEWAY: (await bringUp(context)) ? 'yes' : 'no' });
}

/** The current one. Raises an error for a cluster that may be somebody's. */
export async function contextForTests(): Promise<string> {
  const context = process.env.LAKEHOUSE_CONTEXT ?? (await command('kubectl', 'config', 'current-context'));
  if (!process.env.LAKEHOUSE_CONTEXT && !context.startsWith('kind-') && !environmentNames.includes(context)) {
    throw new Error(
      `these tests kill pods and delete data, and '${context}' is no cluster made for that: name it in LAKEHOUSE_CONTEXT if you mean it`,
    );
  }
  return context;
}

/** @returns whether there is a gateway */
export async function bringUp(context: string): Promise<boolean> {
  const cluster = new Cluster(context);
  const name = environmentOf({ context });
  const manifests = synthesize(name);
  checkSchemas(manifests);
  await cluster.kubectl('apply', '-f', DIST);
  return cluster.proxied((get) => waitForAll(get, manifests, environment(name).release.images.kyuubi));
}

async function waitForAll(get: Get, manifests: Manifest[], kyuubi: string): Promise<boolean> {
  for await (const states of watch(get, manifests, 600)) {
    const waiting = states.filter(({ done }) => !done);
    if (waiting.length > 0 && waiting.every(({ title, progress, reason }) => title === KYUUBI && progress === 'stuck' && reason.includes(kyuubi)))
      return false;
  }
  return true;
}
