import { setTimeout as delay } from 'node:timers/promises';
import { environment } from '../environments';
import { BEHIND } from '../lib/gateway/proxy/haproxy';
import type { TenantProps } from '../lib/tenants/tenant';
import { howToGoOn } from './how-to-go-on';
import type { Cluster, Get } from './kubectl';
import { passwordInSecret } from './password';
import { podObstacle } from './reasons';
import { snapshotOf } from './snapshot';
import { Refusal, SqlSession } from './sql/session';

/** Who asks, and what: a Delta table is written and read where the schema `default` belongs to somebody. */
export function firstQuestion(tenants: Record<string, TenantProps>): { tenant: string; user: string; statements: string[]; next: string } {
  const [tenant, owner] = Object.entries(tenants).find(([, { schemas }]) => schemas?.includes('default')) ?? [];
  if (!tenant || !owner) {
    const [name, { users }] = Object.entries(tenants)[0]!;
    return { tenant: name, user: users[0]!, statements: ["SELECT 'The lakehouse answers'"], next: 'SHOW SCHEMAS' };
  }
  return {
    tenant,
    user: owner.users[0]!,
    statements: [
      "CREATE TABLE IF NOT EXISTS default.welcome USING delta AS SELECT 'The lakehouse answers' AS answer",
      'SELECT answer FROM default.welcome',
    ],
    next: 'SELECT * FROM default.welcome',
  };
}

export interface FirstQueryProps {
  readonly cluster: Cluster;
  readonly environmentName: string;
  /** When the first object was applied. */
  readonly began: number;
  /** How long the engine may take. */
  readonly seconds: number;
  /** All workloads are ready. */
  readonly everything: Promise<void>;
}

/** The gateway launches the engine while the rest is still on its way. */
export async function firstQuery({ cluster, environmentName, began, seconds, everything }: FirstQueryProps): Promise<void> {
  const { tenants, throwAway, gateway } = environment(environmentName);
  const { tenant, user, statements, next } = firstQuestion(tenants);
  const password = await passwordInSecret(cluster, user);
  if (password === undefined) {
    await everything;
    console.log(unasked(user, 'has no password'));
    return;
  }
  const asked = cluster.forwarded('lakehouse', 'deployment/kyuubi', BEHIND.rest, async (port) => {
    // An engine of before may still be in the books of the discovery: for as long as its session there lasts, the gateway tries to reach it.
    for (let attemptsLeft = 8; ; attemptsLeft--) {
      try {
        return await SqlSession.with(port, user, password, (session) => ask(session, statements, everything));
      } catch (error) {
        await everything;
        if (error instanceof Refusal && error.status < 404) return undefined;
        if (attemptsLeft === 1) throw error;
        console.log(`asks again: ${(error as Error).message.slice(0, 300)}`);
        await delay(5000);
      }
    }
  });
  const answer = await withReasons(cluster, `tenant-${tenant}`, seconds, everything, asked);
  if (answer === undefined) {
    console.log(unasked(user, 'cannot log in with the password that is'));
    return;
  }
  console.log(`\n${answer}, ${Math.round((Date.now() - began) / 1000)} s after the first object was applied.\n`);
  console.log(howToGoOn(cluster.context, user, Boolean(gateway?.tls), next, throwAway ? password : undefined));
}

const unasked = (user: string, why: string) =>
  `The lakehouse is up. '${user}' ${why} in the Secret 'kyuubi-users' of the namespace 'lakehouse', so there was no first query.`;

/** Says why the pods of the engine are not ready while it is asked, once the rest is. Raises an error with that if there is no answer in time. */
async function withReasons<T>(cluster: Cluster, namespace: string, seconds: number, everything: Promise<void>, asked: Promise<T>): Promise<T> {
  let over = false;
  const finished = asked.finally(() => {
    over = true;
  });
  const saying = cluster.proxied(async (get) => {
    await everything;
    console.log('the first query is asked');
    let said = '';
    for (const deadline = Date.now() + seconds * 1000; !over; await delay(1000)) {
      const reason = await engineObstacle(get, namespace);
      if (Date.now() > deadline) throw new Error(`the first query has no answer after ${seconds} s${reason && `: ${reason}`}`);
      if (reason && reason !== said) console.log(reason);
      said = reason;
    }
  });
  return Promise.race([finished, saying.then(() => finished)]);
}

async function engineObstacle(get: Get, namespace: string): Promise<string> {
  const snapshot = await snapshotOf(get, namespace);
  const pods = snapshot.objects.filter(({ kind, metadata }) => kind === 'Pod' && metadata.labels['spark-role']);
  return pods.flatMap((pod) => podObstacle(pod, snapshot)?.reason ?? []).join('; ');
}

async function ask(session: SqlSession, statements: string[], everything: Promise<void>): Promise<unknown> {
  await everything;
  let rows: unknown[][] = [];
  for (const statement of statements) rows = await session.run(statement);
  return rows[0]?.[0];
}
