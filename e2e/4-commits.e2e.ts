import { commitsAreSafe } from './commits';

commitsAreSafe({ appends: 4, kills: 2 });
