import { commitsAreSafe } from './commits';

commitsAreSafe({ appends: 2, kills: 1 });
