import { LOG_IN } from '../lib/database/database';
import { findCluster, type Target } from './context';
import { readPassword } from './password';

interface UserOptions extends Target {
  /** ISO 8601. */
  readonly until?: string;
}

/** Lets a declared user log in who could not. @param name as in the environment */
export async function addUser(name: string, options: UserOptions): Promise<void> {
  await change(
    name,
    options,
    `UPDATE users SET password_hash = crypt(:'password', gen_salt('bf', 10)), valid_until = nullif(:'until', '')::timestamptz
  WHERE name = :'name' AND declared AND (password_hash IS NULL OR valid_until <= now())`,
    `'${name}' can log in already: use 'password' for another password, or 'remove' first`,
  );
  console.log(`'${name}' can log in${options.until ? ` until ${options.until}` : ''}`);
}

/** Gives a user another password. */
export async function changePassword(name: string, options: UserOptions): Promise<void> {
  await change(
    name,
    options,
    `UPDATE users SET password_hash = crypt(:'password', gen_salt('bf', 10)) WHERE name = :'name' AND declared AND valid_until IS DISTINCT FROM '-infinity'`,
    `'${name}' was removed: use 'add'`,
  );
  console.log(`'${name}' has another password`);
}

/** A user can no longer log in. The gateway ends sessions that are open within a minute. */
export async function removeUser(name: string, options: UserOptions): Promise<void> {
  const psql = await gatewaysDatabase(options);
  const known = await psql({ name }, `UPDATE users SET valid_until = '-infinity' WHERE name = :'name' AND ${PEOPLE} RETURNING name`);
  if (!known) throw await unknown(name, psql);
  console.log(`'${name}' can no longer log in`);
}

/** Who may log in, and until when. */
export async function listUsers(options: UserOptions): Promise<void> {
  const psql = await gatewaysDatabase(options);
  const rows = await psql({}, LIST);
  for (const row of ['user|can log in', ...rows.split('\n').filter(Boolean)]) {
    const [name, state] = row.split('|');
    console.log(`${name!.padEnd(24)} ${state}`);
  }
}

/** Forgets the passwords of those who are in no tenant any more. @returns their names */
export async function forgetUndeclared(options: Target): Promise<string[]> {
  const psql = await gatewaysDatabase(options);
  const names = await psql({}, `DELETE FROM users WHERE NOT declared AND ${PEOPLE} RETURNING name`).catch((error: Error) => {
    if (error.message.includes(ELSEWHERE)) return '';
    throw error;
  });
  return names.split('\n').filter(Boolean);
}

/** SQL: not the gateway itself. */
const PEOPLE = "name ~ '^[a-z]'";

const LIST = `SELECT name, CASE WHEN NOT declared THEN 'no: in no tenant of the environment' WHEN password_hash IS NULL THEN 'no: has no password yet'
  WHEN valid_until = '-infinity' THEN 'no: was removed' WHEN valid_until <= now() THEN 'no: expired ' || valid_until
  WHEN valid_until IS NOT NULL THEN 'until ' || valid_until ELSE 'yes' END FROM users WHERE ${PEOPLE} ORDER BY name`;

async function change(name: string, options: UserOptions, statement: string, otherwise: string): Promise<void> {
  const until = dateIn(options.until);
  const psql = await gatewaysDatabase(options);
  const declared = await psql({ name }, `SELECT 1 FROM users WHERE name = :'name' AND declared AND ${PEOPLE}`);
  if (!declared) throw await unknown(name, psql);
  const changed = await psql({ name, until, password: await newPassword(name) }, `${statement} RETURNING name`);
  if (!changed) throw new Error(otherwise);
}

/** As it was given. Raises an error for one that is none, or past. */
function dateIn(text = ''): string {
  if (!text) return text;
  const [day] = /^\d{4}-\d{2}-\d{2}(?=$|T)/.exec(text) ?? [''];
  // 30 February would be a day of March.
  if (!day || Number.isNaN(Date.parse(text)) || !new Date(`${day}T00:00:00Z`).toISOString().startsWith(day))
    throw new Error(`'${text}' is no date: write it as 2027-01-31 or 2027-01-31T12:00:00Z`);
  if (Date.parse(text) < Date.now()) throw new Error(`'${text}' is past: give a date to come`);
  return text;
}

async function unknown(name: string, psql: Psql): Promise<Error> {
  const names = await psql({}, `SELECT string_agg(name, ', ' ORDER BY name) FROM users WHERE declared AND ${PEOPLE}`);
  return new Error(`no tenant has a user '${name}', there are ${names}: declare users in the environment and apply it`);
}

async function newPassword(name: string): Promise<string> {
  const password = await readPassword(name);
  if (password.length < 8) throw new Error(`the password has ${password.length} characters: give at least 8`);
  return password;
}

const ELSEWHERE = 'passwords are not in the lakehouse but in LDAP';

/** Runs a statement in the gateway's database. */
type Psql = (values: Record<string, string>, statement: string) => Promise<string>;

/** From the gateway's pod. Values go through the standard input: arguments could be read in the list of processes. */
async function gatewaysDatabase(target: Target): Promise<Psql> {
  const cluster = await findCluster(target, { create: false });
  if (typeof cluster === 'string') throw new Error(cluster);
  return async (values, statement) => {
    const names = Object.keys(values);
    const broken = Object.values(values).find((value) => /[\r\n]/.test(value));
    if (broken !== undefined) throw new Error(`'${broken}' has a line break: give it in one line`);
    const script = `
grep -q '^kyuubi.authentication.jdbc.url=' /settings/kyuubi-defaults.conf || { echo '${ELSEWHERE}: change them there' >&2; exit 1; }
${names.map((name) => `IFS= read -r VALUE_${name}; export VALUE_${name}`).join('; ')}
${LOG_IN}
exec psql -XqAt -v ON_ERROR_STOP=1`;
    const input = [...Object.values(values), ...names.map((name) => `\\set ${name} \`printf %s "$VALUE_${name}"\``), `${statement};`, ''].join('\n');
    const { stdout } = await cluster.exec('lakehouse', await cluster.podOf('lakehouse', 'kyuubi'), 'tenants', ['sh', '-c', script], input);
    return stdout.trim();
  };
}
