/** Texts, names, comments and words, whole; of what has not ended yet its first character. */
const TOKEN = /[rR]'[^']*'|[rR]"[^"]*"|'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"|`[^`]*`|--[^\n]*|\/\*.*?\*\/|\s+|\w+|./gs;
const IGNORED = /^(--|\/\*(?!\+)|\s)/;
const OPENS = /^(['"`]|\/)$/;

/** Splits SQL at the semicolons that end a statement: not at those in a text, a name, a comment, or between BEGIN and END of a script. */
export class Statements {
  private rest = '';

  /** What has begun and not ended. */
  get open(): string {
    return this.rest.trim();
  }

  clear(): void {
    this.rest = '';
  }

  /** @returns those that are whole by now */
  add(sql: string): string[] {
    this.rest += sql;
    const whole: string[] = [];
    let [start, depth, script, ended, first] = [0, 0, false, false, true];
    for (const { 0: token, index } of this.rest.matchAll(TOKEN)) {
      if (IGNORED.test(token)) continue;
      if (OPENS.test(token) && !(token === '/' && this.rest[index + 1] !== '*')) break;
      const word = token.toUpperCase();
      if (first) script = word === 'BEGIN';
      first = false;
      // The END of a block or a CASE, and not of an IF or a loop, which begin with the word that follows.
      if (ended && !/^(IF|WHILE|FOR|LOOP|REPEAT)$/.test(word)) depth -= 1;
      if (script && /^(BEGIN|CASE)$/.test(word) && !ended) depth += 1;
      ended = script && word === 'END';
      if (token !== ';' || depth > 0) continue;
      const statement = this.rest.slice(start, index);
      if (hasWords(statement)) whole.push(statement.trim());
      [start, depth, script, first] = [index + 1, 0, false, true];
    }
    this.rest = this.rest.slice(start);
    return whole;
  }

  /** What is left at the end of a file, where the last one needs no semicolon. */
  end(): string[] {
    const { open } = this;
    this.clear();
    return hasWords(open) ? [open] : [];
  }
}

const hasWords = (sql: string) => [...sql.matchAll(TOKEN)].some(([token]) => !IGNORED.test(token));
