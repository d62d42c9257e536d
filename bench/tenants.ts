import { environment } from '../environments';
import { Lakehouse } from '../lib/lakehouse';

/** The environment `kind` with so many tenants of one user and one schema, to the folder of $CDK8S_OUTDIR. */
const tenants = Array.from({ length: Number(process.argv[2]) }, (_, index) => [
  `team${index}`,
  { users: [`user${index}`], schemas: [`schema${index}`] },
]);
new Lakehouse({ ...environment('kind'), tenants: Object.fromEntries(tenants) }).synth();
