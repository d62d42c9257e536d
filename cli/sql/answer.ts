import { once } from 'node:events';
import { FORMATS } from './formats';
import { type Column, Failure, type SqlSession } from './session';

/** Writes the answer to a statement. @returns the number of rows, if it has columns */
export async function answer(session: SqlSession, statement: string, format: string, signal: AbortSignal): Promise<number | undefined> {
  const { head, page } = FORMATS[format]!;
  const line = new ProgressLine();
  const write = async (part: string) => {
    line.clear();
    // However much there is: not more of it in memory than the terminal or the file takes.
    if (part && !process.stdout.write(part)) await once(process.stdout, 'drain');
  };
  try {
    return await session.execute(
      statement,
      async (columns, pages) => {
        let count = 0;
        for await (const rows of pages) {
          await write(count === 0 ? head(columns) : '');
          await write(page(columns, rows));
          count += rows.length;
        }
        if (count === 0 && isNoAnswer(columns)) return undefined;
        if (count === 0) await write(head(columns) + page(columns, []));
        return count;
      },
      {
        signal,
        onProgress: ({ runs, stages, tasks }) =>
          line.show(runs ? `${tasks.done} of ${tasks.all} tasks in ${stages} stages, ${tasks.running} running` : 'waits for its engine'),
      },
    );
  } catch (error) {
    throw error instanceof Failure ? new Error(error.reason, { cause: error }) : error;
  } finally {
    line.clear();
  }
}

/** What Kyuubi makes of a statement that returns nothing. */
const isNoAnswer = ([first, ...others]: Column[]) => others.length === 0 && first?.name === 'Result';

/** On a terminal, one line that tells how far a statement is. */
class ProgressLine {
  private readonly began = Date.now();
  private shown = false;

  show(text: string): void {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\r\x1b[K${Math.round((Date.now() - this.began) / 1000)} s: ${text}`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) process.stderr.write('\r\x1b[K');
    this.shown = false;
  }
}
