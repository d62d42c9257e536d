import { keepsItsContract } from './log-store/contract';

keepsItsContract(250);
