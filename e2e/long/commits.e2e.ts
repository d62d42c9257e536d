import { commitsAreLostWithout, commitsAreSafe } from '../commits';
import { bringUp } from '../setup';

beforeAll(() => bringUp(process.env.LAKEHOUSE_CONTEXT!), 900_000);

// Twenty minutes on two CPUs that do nothing else.
commitsAreSafe({ appends: 25, kills: 20 });
commitsAreLostWithout();
