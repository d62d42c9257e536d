import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Cluster } from './kubectl';

/** From a terminal it is asked for and not shown, else it is the first line of the standard input. */
export async function readPassword(name: string): Promise<string> {
  const { isTTY } = process.stdin;
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: muted, terminal: Boolean(isTTY) });
  if (isTTY) process.stderr.write(`Password of ${name}: `);
  const password = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  if (isTTY) process.stderr.write('\n');
  return password;
}

/** That is in the Secret of an environment whose passwords are. */
export async function passwordInSecret(cluster: Cluster, user: string): Promise<string | undefined> {
  const value = await cluster.kubectl('-n', 'lakehouse', 'get', 'secret', 'kyuubi-users', '--ignore-not-found', '-o', `jsonpath={.data.${user}}`);
  return value ? Buffer.from(value, 'base64').toString() : undefined;
}
