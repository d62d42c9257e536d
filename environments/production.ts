import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { Database } from '../lib/database/database';
import type { LakehouseProps } from '../lib/lakehouse';
import { Libraries } from '../lib/libraries/libraries';
import { Metastore } from '../lib/metastore/metastore';
import { ObjectStore } from '../lib/object-store/object-store';
import { Release } from '../lib/release';
import { Secrets } from '../lib/secrets/secrets';

/** A template of a shared cluster: somebody else runs the store and the database, no pod needs the internet, Secrets come from elsewhere. */
export const production: LakehouseProps = {
  release: Release.SPARK_4_1,
  secrets: Secrets.existing(),
  objectStore: ObjectStore.external({ url: 'https://s3.example.com', bucket: 'lakehouse' }),
  database: Database.external({ host: 'postgres.example.com' }),
  metastore: Metastore.hive({ memory: Size.gibibytes(2) }),
  libraries: Libraries.image('registry.example.com/lakehouse/libraries:spark-4.1.2'),
  gateway: { tls: { secretName: 'kyuubi-tls' }, memory: Size.gibibytes(4), engineIdleTimeout: Duration.minutes(30), drainTimeout: Duration.hours(1) },
  tenants: {
    analytics: {
      users: ['ana', 'bob'],
      schemas: ['sales', 'web'],
      engine: {
        driver: { memory: Size.gibibytes(4), cpu: Cpu.units(1) },
        executors: { memory: Size.gibibytes(8), cpu: Cpu.units(2), cores: 2, max: 8 },
      },
    },
    science: { users: ['cleo'], reads: ['web'], engine: { executors: { memory: Size.gibibytes(4), max: 4 } } },
  },
};
