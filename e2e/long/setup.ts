import { contextForTests } from '../setup';

/** Each file brings up what it needs, some of them the cluster too: where there is none yet, the test cluster's is meant. */
export default async function setup(): Promise<void> {
  process.env.LAKEHOUSE_CONTEXT = await contextForTests().catch((error: Error) => {
    if (/current-context is not set/.test(error.message)) return 'test';
    throw error;
  });
  process.env.LAKEHOUSE_GATEWAY = 'yes';
}
