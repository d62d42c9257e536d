import { keepsItsContract } from '../log-store/contract';

// Twelve minutes on two CPUs.
keepsItsContract(10_000);
