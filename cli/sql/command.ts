import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { environment } from '../../environments';
import { BEHIND } from '../../lib/gateway/proxy/haproxy';
import { environmentOf, findCluster, type Target } from '../context';
import { firstQuestion } from '../first-query';
import { passwordInSecret, readPassword } from '../password';
import { answer } from './answer';
import { FORMATS } from './formats';
import { prompt } from './prompt';
import { type Connect, Refusal, SqlSession } from './session';
import { Statements } from './statements';

export interface SqlOptions extends Target {
  /** @default - the one of the first question */
  readonly user?: string;
  /** Statements. */
  readonly execute?: string;
  /** Of statements. */
  readonly file?: string;
  readonly format: string;
}

/** Asks the gateway as a user: what is given, or what comes by the standard input, or what is typed. */
export async function sql(options: SqlOptions): Promise<void> {
  const { format, execute, file } = options;
  if (!Object.hasOwn(FORMATS, format)) throw new Error(`--format is '${format}': use one of ${Object.keys(FORMATS).join(', ')}`);
  if (execute !== undefined && file !== undefined) throw new Error('--execute and --file are two sources of statements: give one of them');
  const cluster = await findCluster(options, { create: false });
  if (typeof cluster === 'string') throw new Error(cluster);
  const { tenants, throwAway } = environment(environmentOf(options));
  const { user = firstQuestion(tenants).user } = options;
  const known = process.env.LAKEHOUSE_PASSWORD ?? (throwAway ? await passwordInSecret(cluster, user) : undefined);
  const typed = execute === undefined && file === undefined && process.stdin.isTTY;
  const script = typed ? undefined : (execute ?? (file === undefined ? await text(process.stdin) : readFileSync(file, 'utf8')));
  if (known === undefined && !process.stdin.isTTY)
    throw new Error(`nobody can be asked for the password of '${user}': give it in LAKEHOUSE_PASSWORD`);
  const password = known ?? (await readPassword(user));
  const connect: Connect = (use) =>
    cluster
      .forwarded('lakehouse', 'deployment/kyuubi', BEHIND.rest, (port) =>
        SqlSession.with(port, user, password, use, { 'kyuubi.operation.progress.enabled': 'true' }),
      )
      .catch((error) => {
        if (error instanceof Refusal && error.status === 403) throw new Error(`the gateway does not let '${user}' in: not with this password`);
        throw error;
      });
  if (script === undefined) await prompt(connect, user, format);
  else await connect((session) => runAll(session, script, format));
}

/** One after the other, until one fails. */
async function runAll(session: SqlSession, script: string, format: string): Promise<void> {
  const statements = new Statements();
  const all = [...statements.add(script), ...statements.end()];
  const cancelled = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => cancelled.abort());
  // Nobody reads on, as behind `| head`.
  process.stdout.on('error', () => cancelled.abort());
  for (const statement of all) await answer(session, statement, format, cancelled.signal);
}
