import { commitsAreSafe } from './commits';

commitsAreSafe({ appends: 8, kills: 4 });
