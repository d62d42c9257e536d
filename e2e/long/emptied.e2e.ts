import { setTimeout as delay } from 'node:timers/promises';
import { cluster, inSession, NAMESPACE, run, TENANT, USER } from '../lakehouse';
import { newCluster } from './test-cluster';

/** What a user finds: a new engine, its login for the store, the libraries, the metastore, a table. */
const works = (table: string) =>
  inSession(
    async (session) => {
      await session.run(`CREATE TABLE default.${table} USING delta AS SELECT 1 AS one`);
      return session.run(`SELECT one FROM default.${table}`);
    },
    USER,
    'ana-password',
  );

test.each(['minio', 'postgres'])(
  'the volume of %s is deleted: what is declared is back within five minutes, without a hand',
  async (server) => {
    await newCluster();
    run('npm start -- --context test');
    await works(`before_${server}`);
    // The claim goes when its pod does, and the StatefulSet makes another one.
    await cluster.kubectl('-n', NAMESPACE, 'delete', 'pvc', `data-${server}-0`, '--wait=false');
    await cluster.kubectl('-n', NAMESPACE, 'delete', 'pod', `${server}-0`);
    const began = Date.now();
    // An engine that runs has read what is gone.
    await cluster.kubectl('-n', TENANT, 'delete', 'pods', '-l', 'spark-role=driver');
    for (let tries = 1; ; tries++) {
      const answer = await works(`after_${server}_${tries}`).catch((error: Error) => error);
      const seconds = Math.round((Date.now() - began) / 1000);
      if (!(answer instanceof Error)) {
        expect(answer).toEqual([[1]]);
        console.log(`${server}: a table is made and read ${seconds} s after its volume was deleted, at the try number ${tries}`);
        return;
      }
      if (seconds > 300) throw new Error(`not back after ${seconds} s: ${answer.message}`);
      await delay(5000);
    }
  },
  1_200_000,
);
