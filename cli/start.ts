import { KYUUBI } from '../lib/gateway/kyuubi';
import { applyDist } from './apply';
import { checkCapacity } from './capacity';
import { environmentOf, findCluster, type Target, timeoutOf } from './context';
import { firstQuery } from './first-query';
import { checkSchemas, DIST, synthesize } from './manifests';
import { waitForAll } from './progress';

export interface StartOptions extends Target {
  /** Seconds. */
  readonly timeout: string;
}

/** Brings up the lakehouse and asks it a first question. Without a cluster it does what it can: the YAML, checked. */
export async function start(options: StartOptions): Promise<void> {
  const seconds = timeoutOf(options);
  const name = environmentOf(options);
  const manifests = synthesize(name);
  checkSchemas(manifests);
  console.log(`${manifests.length} objects of the environment '${name}' are in ${DIST}/, as the Kubernetes API wants them`);
  const cluster = await findCluster(options, { create: true });
  if (typeof cluster === 'string') {
    console.log(`Nothing is running yet: ${cluster}.`);
    console.log(`Install it and run 'npm start' again, or apply ${DIST}/ to a cluster: kubectl apply -f ${DIST}/`);
    return;
  }
  await checkCapacity(cluster, manifests);
  const began = Date.now();
  await applyDist(cluster, manifests);
  let gatewayIsReady = () => {};
  const gateway = new Promise<void>((resolve) => {
    gatewayIsReady = resolve;
  });
  const everything = waitForAll(cluster, manifests, seconds, (title) => title === KYUUBI && gatewayIsReady());
  await Promise.race([gateway, everything]);
  await firstQuery({ cluster, environmentName: name, began, seconds, everything });
}
