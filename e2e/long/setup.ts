import { contextForTests } from '../setup';
import { useTestCluster } from './test-cluster';

/** Each file brings up what it needs, some of them the cluster too: where there is none yet, the test cluster's is meant. */
export default async function setup(): Promise<void> {
  // Here, since what a test puts into its environment does not reach the programs that it starts.
  if (!process.env.KUBECONFIG) useTestCluster();
  process.env.LAKEHOUSE_CONTEXT = await contextForTests().catch((error: Error) => {
    if (/current-context is not set/.test(error.message)) return 'test';
    throw error;
  });
  process.env.LAKEHOUSE_GATEWAY = 'yes';
}
