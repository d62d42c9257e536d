import { setTimeout as delay } from 'node:timers/promises';
import { Listr } from 'listr2';
import { environment } from '../environments';
import { KYUUBI } from '../lib/gateway/kyuubi';
import type { TenantProps } from '../lib/tenants/tenant';
import { checkCapacity } from './capacity';
import { environmentOf, findCluster, type Target } from './context';
import { howToGoOn } from './how-to-go-on';
import type { Cluster } from './kubectl';
import { checkSchemas, DIST, type Manifest, synthesize } from './manifests';
import { Refusal, SqlSession } from './sql';
import { watch } from './watch';
import { type State, titleOf, workloadsOf } from './workload';

export interface StartOptions extends Target {
  /** Seconds. */
  readonly timeout: string;
}

/** Brings up the lakehouse and asks it a first question. Without a cluster it does what it can: the YAML, checked. */
export async function start(options: StartOptions): Promise<void> {
  if (!(Number(options.timeout) > 0)) throw new Error(`--timeout is '${options.timeout}': give a number of seconds`);
  const name = environmentOf(options);
  const manifests = synthesize(name);
  checkSchemas(manifests);
  console.log(`${manifests.length} objects of the environment '${name}' are in ${DIST}/, as the Kubernetes API wants them`);
  const cluster = await findCluster(options, { create: true });
  if (typeof cluster === 'string') {
    console.log(`Nothing is running yet: ${cluster}.`);
    console.log(`Install it and run 'npm start' again, or apply ${DIST}/ to a cluster: kubectl apply -f ${DIST}/`);
    return;
  }
  await checkCapacity(cluster, manifests);
  const began = Date.now();
  await cluster.kubectl('apply', '-f', DIST);
  let gatewayIsReady = () => {};
  const gateway = new Promise<void>((resolve) => {
    gatewayIsReady = resolve;
  });
  const everything = waitForAll(cluster, manifests, Number(options.timeout), (title) => title === KYUUBI && gatewayIsReady());
  await Promise.race([gateway, everything]);
  await firstQuery(cluster, name, began, everything);
}

/** One line for each workload, with the second at which it was ready, or what it waits for. */
async function waitForAll(cluster: Cluster, manifests: Manifest[], seconds: number, whenReady: (title: string) => void): Promise<void> {
  const began = Date.now();
  const lines = new Map(workloadsOf(manifests).map((workload) => [titleOf(workload), new Line()]));
  const tasks = new Listr(
    [...lines].map(([title, line]) => ({
      title,
      task: async (_: unknown, shown: { output: string; title: string }) => {
        await line.done((reason) => {
          shown.output = `${title}: ${reason}`;
        });
        whenReady(title);
        shown.title = `${title} ${Math.round((Date.now() - began) / 1000)} s`;
      },
    })),
    { concurrent: true, exitOnError: false, rendererOptions: { collapseSubtasks: false }, fallbackRenderer: 'simple' },
  );
  const shown = tasks.run();
  try {
    await cluster.proxied(async (get) => {
      for await (const states of watch(get, manifests, seconds)) for (const state of states) lines.get(state.title)!.take(state);
    });
  } finally {
    for (const line of lines.values()) line.end();
    await shown;
  }
}

/** What is shown of one workload. */
class Line {
  private show: (reason: string) => void = () => {};
  private said = '';
  private resolve = () => {};
  private reject: (error: Error) => void = () => {};
  private readonly ready = new Promise<void>((resolve, reject) => Object.assign(this, { resolve, reject }));

  take({ done, reason }: State): void {
    if (done) this.resolve();
    else if (reason !== this.said) this.show(reason);
    this.said = reason;
  }

  end(): void {
    this.ready.catch(() => {});
    this.reject(new Error(this.said));
  }

  done(show: (reason: string) => void): Promise<void> {
    this.show = show;
    return this.ready;
  }
}

/** Who asks, and what: a Delta table is written and read where the schema `default` belongs to somebody. */
export function firstQuestion(tenants: Record<string, TenantProps>): { user: string; statements: string[]; next: string } {
  const owner = Object.values(tenants).find(({ schemas }) => schemas?.includes('default'));
  if (!owner) return { user: Object.values(tenants)[0]!.users[0]!, statements: ["SELECT 'The lakehouse answers'"], next: 'SHOW SCHEMAS' };
  return {
    user: owner.users[0]!,
    statements: [
      "CREATE TABLE IF NOT EXISTS default.welcome USING delta AS SELECT 'The lakehouse answers' AS answer",
      'SELECT answer FROM default.welcome',
    ],
    next: 'SELECT * FROM default.welcome',
  };
}

/** The gateway launches the engine while the rest is still on its way. */
async function firstQuery(cluster: Cluster, environmentName: string, began: number, everything: Promise<void>): Promise<void> {
  const { tenants, throwAway, gateway } = environment(environmentName);
  const { user, statements, next } = firstQuestion(tenants);
  const password = await passwordOf(cluster, user);
  if (password === undefined) {
    await everything;
    console.log(
      `The lakehouse is up. '${user}' has no password in the Secret 'kyuubi-users' of the namespace 'lakehouse', so there was no first query.`,
    );
    return;
  }
  const answer = await cluster.forwarded('lakehouse', 'svc/kyuubi', 10099, async (port) => {
    // An engine of before may still be in the books of the discovery: for as long as its session there lasts, the gateway tries to reach it.
    for (let attemptsLeft = 8; ; attemptsLeft--) {
      try {
        return await SqlSession.with(port, user, password, (session) => ask(session, statements, everything));
      } catch (error) {
        await everything;
        const wrongPassword = error instanceof Refusal && error.status < 404;
        if (attemptsLeft === 1 || wrongPassword) throw error;
        await delay(5000);
      }
    }
  });
  console.log(`\n${answer}, ${Math.round((Date.now() - began) / 1000)} s after the first object was applied.\n`);
  console.log(howToGoOn(cluster.context, user, Boolean(gateway?.tls), next, throwAway ? password : undefined));
}

async function ask(session: SqlSession, statements: string[], everything: Promise<void>): Promise<unknown> {
  await everything;
  let rows: unknown[][] = [];
  for (const statement of statements) rows = await session.run(statement);
  return rows[0]?.[0];
}

async function passwordOf(cluster: Cluster, user: string): Promise<string | undefined> {
  const value = await cluster.kubectl('-n', 'lakehouse', 'get', 'secret', 'kyuubi-users', '--ignore-not-found', '-o', `jsonpath={.data.${user}}`);
  return value ? Buffer.from(value, 'base64').toString() : undefined;
}
