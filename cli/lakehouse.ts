import { Command } from 'commander';
import { apply } from './apply';
import { lock } from './lock';
import { secrets } from './secrets';
import { sql } from './sql/command';
import { start } from './start';
import { stop } from './stop';
import { removeTenant } from './tenant';
import { addUser, changePassword, listUsers, removeUser } from './user';

const CONTEXT = ['--context <name>', "kubectl context to use; other clusters than kind's must be named"] as const;

const ENVIRONMENT = ['--environment <name>', 'environment that is meant (default: the one that is called as the context, or kind)'] as const;

const program = new Command('lakehouse').description('A multi-tenant Delta lakehouse on your own Kubernetes');
program
  .command('start')
  .description('synthesize, apply, wait, and ask a first question')
  .option(...CONTEXT)
  .option(...ENVIRONMENT)
  .option('--timeout <seconds>', 'how long to wait until everything is ready', '900')
  .action(start);
program
  .command('apply')
  .description('synthesize and apply, and remove what an earlier version left behind')
  .option(...CONTEXT)
  .option(...ENVIRONMENT)
  .action(apply);
program
  .command('stop')
  .description('remove what was applied, keep the volumes')
  .option(...CONTEXT)
  .option(...ENVIRONMENT)
  .option('--timeout <seconds>', 'how long it may take', '60')
  .option('--delete-data', 'delete the volumes too, after asking')
  .option('--yes', 'do not ask')
  .action(stop);
program
  .command('secrets')
  .description('print a Secret with fresh random values for each that an environment refers to')
  .requiredOption('--environment <name>', 'whose Secrets')
  .action(secrets);
const user = program.command('user').description('who may log in; passwords are asked for, or read from the standard input');
user
  .command('list')
  .description('users, and whether they can log in')
  .option(...CONTEXT)
  .action(listUsers);
user
  .command('add <name>')
  .description('let a user log in whom the environment declares')
  .option(...CONTEXT)
  .option('--until <date>', 'not longer than until then, as in 2027-01-31')
  .action(addUser);
user
  .command('password <name>')
  .description('give a user another password')
  .option(...CONTEXT)
  .action(changePassword);
user
  .command('remove <name>')
  .description('no longer let a user log in')
  .option(...CONTEXT)
  .action(removeUser);
program
  .command('tenant')
  .description('what is left of a tenant that has gone')
  .command('remove <name>')
  .description('remove the namespace of a tenant that is in the environment no more; its data stays')
  .option(...CONTEXT)
  .option(...ENVIRONMENT)
  .option('--delete-data', 'delete its data too, after asking')
  .option('--yes', 'do not ask')
  .action(removeTenant);
program
  .command('sql')
  .description('ask the gateway as a user: at a prompt, or what is given; the password is that of LAKEHOUSE_PASSWORD, or is asked for')
  .option(...CONTEXT)
  .option(...ENVIRONMENT)
  .option('-u, --user <name>', 'who asks (default: the first user of the tenant with the schema default)')
  .option('-e, --execute <statements>', 'ask these')
  .option('-f, --file <path>', 'ask those of a file')
  .option('--format <name>', 'table, csv or json', 'table')
  .action(sql);
program.command('lock').description("resolve the libraries' jars with Maven and write their checksums to lib/libraries/checksums.json").action(lock);
program.parseAsync().catch((error: Error) => {
  console.error(error.message);
  // Whatever still waits for an answer meanwhile: nobody wants it any more.
  process.exit(1);
});
