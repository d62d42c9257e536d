import { keepsItsContract } from './log-store/contract';

keepsItsContract(2000);
