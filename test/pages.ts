import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The lines that a page shows for a shell. @param page as in `docs/terminal.md` */
export const shellLines = (page: string): string[] =>
  [...readFileSync(join(__dirname, '..', page), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.trim().split('\n'));
