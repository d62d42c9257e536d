import { createInterface } from 'node:readline/promises';

/** Whether a person agrees to the deletion of data. Raises an error if nobody is there to ask. @param yes asked for beforehand, nobody is asked */
export async function consentTo(what: string, yes = false): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) throw new Error('nobody is there to confirm that the data may be deleted: add --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`This deletes for ever:\n${what}\nType 'delete' to go on: `);
  terminal.close();
  if (answer !== 'delete') console.log('The data stays.');
  return answer === 'delete';
}
