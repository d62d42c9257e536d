import { environment } from './environments';
import { Lakehouse } from './lib/lakehouse';

new Lakehouse(environment(process.env.LAKEHOUSE_ENV)).synth();
