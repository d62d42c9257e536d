import { commitsAreSafe } from './commits';

commitsAreSafe({ appends: 10, kills: 6 });
