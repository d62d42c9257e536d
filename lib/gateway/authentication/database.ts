import { Construct } from 'constructs';
import type { Conf } from '../../config/config-file';
import { LIVE } from '../../watch/live';
import { TENANTS } from '../settings/tenants-conf';
import type { AuthenticationContext, IAuthentication } from './authentication';

/** SQL: a user who is no longer declared, was removed or has expired cannot log in. */
const MAY_LOG_IN = 'declared AND (valid_until IS NULL OR valid_until > now())';

/** How the gateway asks whether a password is right. */
// biome-ignore lint/style/useTemplate: Kyuubi fills in what looks like a template's.
// biome-ignore lint/suspicious/noTemplateCurlyInString: the same.
const USERS_QUERY = 'SELECT 1 FROM users WHERE name = ${user} AND ' + MAY_LOG_IN + ' AND password_hash = crypt(${password}, password_hash)';

/** The gateway itself. No user can have this name. */
export const GATEWAY = '_gateway';

/** The Secret with first passwords. May be missing: who has no password yet cannot log in. */
const FIRST_PASSWORDS = 'kyuubi-users';

/** @internal use {@link Authentication.database} */
export class DatabaseAuthentication extends Construct implements IAuthentication {
  readonly conf: Conf;
  readonly env = {};
  readonly secrets;
  readonly prepare = PREPARE;
  readonly mayLogIn = WHO_MAY_LOG_IN;

  constructor(scope: Construct, id: string, { secrets, database, users }: AuthenticationContext) {
    super(scope, id);
    this.conf = {
      'kyuubi.authentication.jdbc.driver.class': 'org.postgresql.Driver',
      'kyuubi.authentication.jdbc.url': database.jdbcUrl,
      'kyuubi.authentication.jdbc.query': USERS_QUERY,
    };
    this.secrets = [secrets.passwords(this, FIRST_PASSWORDS, users)];
  }
}

/**
 * Makes the people in the file `users` those who may log in, and gives the gateway itself a password that nobody can know who has not its login for the database.
 *
 * Passwords are in the table as hashes only. A first one comes from the Secret, and never replaces one that is there. They reach psql by its
 * environment, and a statement that fails is not logged.
 */
const PREPARE = `
ADMINISTRATOR=${GATEWAY} ADMINISTRATOR_PASSWORD=$(printf 'administrator %s' "$PGPASSWORD" | sha256sum | cut -d ' ' -f 1)
export ADMINISTRATOR ADMINISTRATOR_PASSWORD
{
  cat <<'SQL'
BEGIN;
SET client_min_messages = warning;
SELECT pg_advisory_xact_lock(10009);
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE TABLE IF NOT EXISTS users (name text PRIMARY KEY, password_hash text, declared boolean NOT NULL);
ALTER TABLE users ADD COLUMN IF NOT EXISTS valid_until timestamptz;
UPDATE users SET declared = false;
\\set password \`printf %s "$ADMINISTRATOR_PASSWORD"\`
INSERT INTO users (name, password_hash, declared) VALUES ('${GATEWAY}', crypt(:'password', gen_salt('bf', 10)), true)
  ON CONFLICT (name) DO UPDATE SET declared = true, password_hash = excluded.password_hash;
SQL
  while read -r name; do
    printf '\\\\set name %s\\n\\\\set password \`cat ${LIVE}/${FIRST_PASSWORDS}/%s 2>/dev/null\`\\n' "$name" "$name"
    cat <<'SQL'
INSERT INTO users (name, declared) VALUES (:'name', true) ON CONFLICT (name) DO UPDATE SET declared = true;
UPDATE users SET password_hash = crypt(:'password', gen_salt('bf', 10)) WHERE name = :'name' AND password_hash IS NULL AND :'password' <> '';
SQL
  done <${LIVE}/${TENANTS}/users
  echo 'COMMIT;'
} | psql -XqAt -v ON_ERROR_STOP=1 >/dev/null`;

/** An error if those who are declared in the table are others than those in the file. */
const WHO_MAY_LOG_IN = `
[ "$(psql -XqAt -c "SELECT name FROM users WHERE declared AND name ~ '^[a-z]' ORDER BY name COLLATE \\"C\\"")" = "$(LC_ALL=C sort ${LIVE}/${TENANTS}/users)" ] &&
  psql -XqAt -c "SELECT name FROM users WHERE ${MAY_LOG_IN} ORDER BY name"`;
