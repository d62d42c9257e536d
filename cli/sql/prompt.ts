import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { answer } from './answer';
import { FORMATS } from './formats';
import { Names } from './names';
import { type Connect, Refusal, type SqlSession } from './session';
import { Statements } from './statements';

const HISTORY = join(homedir(), '.lakehouse_history');

/** A terminal that is closed, for one: a session that stayed open would keep its engine, and a gateway from stopping. */
const ENDS = ['SIGHUP', 'SIGTERM'] as const;

const HELP = `A statement ends with ';'. Tab completes names, the arrows find what was asked before, Ctrl-C cancels, Ctrl-D ends.
  \\timing          says how long each statement takes, or no longer
  \\format <name>   how rows are written: ${Object.keys(FORMATS).join(', ')}
  \\q               ends
`;

/** The session, its engine or the way to them is gone: nothing more can be asked there. */
const LOST = /TTransportException|Invalid SessionHandle|ECONNREFUSED|ECONNRESET|socket hang up/;
const isLost = (error: Error) => LOST.test(String(error.cause ?? error)) || (error instanceof Refusal && error.status === 404);

/** Asks what is typed, until there is no more of it. */
export async function prompt(connect: Connect, user: string, format: string): Promise<void> {
  const typing = new Prompt(user, format);
  try {
    while (await connect((session) => typing.converse(session)))
      process.stderr.write(
        'The session has gone with its engine or its gateway. A new one is open, without what SET, USE and temporary views were in that one.\n',
      );
  } finally {
    typing.close();
  }
}

class Prompt {
  private readonly statements = new Statements();
  private readonly lines;
  private readonly typed;
  private running?: AbortController;
  private names?: Names;
  private timing = false;

  constructor(
    private readonly user: string,
    private format: string,
  ) {
    this.typed = createInterface({
      input: process.stdin,
      output: process.stdout,
      history: existsSync(HISTORY) ? readFileSync(HISTORY, 'utf8').split('\n').filter(Boolean) : [],
      historySize: 1000,
      removeHistoryDuplicates: true,
      completer: (line: string, tell: (error: null, found: [string[], string]) => void) => {
        const before = `${this.statements.open} ${line}`;
        const found = this.running ? undefined : this.names?.complete(before);
        (found ?? Promise.resolve<[string[], string]>([[], ''])).then((names) => tell(null, names));
      },
    });
    this.typed.on('history', (history) => writeFileSync(HISTORY, history.join('\n'), { mode: 0o600 }));
    this.typed.on('SIGINT', () => this.interrupt());
    for (const signal of ENDS)
      process.once(signal, () => {
        for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on('error', () => {});
        this.running?.abort();
        this.close();
      });
    this.lines = this.typed[Symbol.asyncIterator]();
    process.stdout.write("'\\?' says what can be typed.\n");
  }

  close(): void {
    this.typed.close();
  }

  /** @returns whether the session was lost, and not the one who types */
  async converse(session: SqlSession): Promise<boolean> {
    let warm = false;
    // Not while an engine starts: nobody waits a minute for a name.
    this.names = new Names((statement) => (warm ? session.run(statement) : Promise.resolve([])));
    for (;;) {
      this.ask();
      const { value: line, done } = await this.lines.next();
      if (done || (!this.statements.open && /^\\q\s*$|^(quit|exit)\s*;?\s*$/i.test(line))) return false;
      if (!this.statements.open && line.startsWith('\\')) this.obey(line.trim());
      else
        for (const statement of this.statements.add(`${line}\n`)) {
          try {
            await this.answer(session, statement);
            warm = true;
          } catch (error) {
            process.stderr.write(`${(error as Error).message}\n`);
            this.statements.clear();
            if (isLost(error as Error)) return true;
            break;
          } finally {
            this.names.forget();
          }
        }
    }
  }

  private ask(): void {
    this.typed.setPrompt(this.statements.open ? '... ' : `${this.user}> `);
    this.typed.prompt();
  }

  private async answer(session: SqlSession, statement: string): Promise<void> {
    const began = Date.now();
    this.running = new AbortController();
    try {
      const count = await answer(session, statement, this.format, this.running.signal);
      const time = this.timing ? `, ${((Date.now() - began) / 1000).toFixed(2)} s` : '';
      process.stderr.write(`${count === undefined ? 'done' : `${count} ${count === 1 ? 'row' : 'rows'}`}${time}\n`);
    } finally {
      this.running = undefined;
    }
  }

  private interrupt(): void {
    if (this.running) {
      this.running.abort();
      return;
    }
    this.statements.clear();
    this.typed.write(null, { ctrl: true, name: 'e' });
    this.typed.write(null, { ctrl: true, name: 'u' });
    process.stdout.write('\n');
    this.ask();
  }

  private obey(command: string): void {
    const [word, name = ''] = command.split(/\s+/);
    if (word === '\\timing') {
      this.timing = !this.timing;
      process.stdout.write(`timing is ${this.timing ? 'on' : 'off'}\n`);
    } else if (word === '\\format' && Object.hasOwn(FORMATS, name)) this.format = name;
    else process.stdout.write(HELP);
  }
}
