type Ask = (statement: string) => Promise<unknown[][]>;

const WORDS =
  'ALTER ANALYZE AND AS BEGIN BETWEEN BY CASE CAST COUNT CREATE CROSS DELETE DESC DESCRIBE DETAIL DISTINCT DROP ELSE END EXISTS EXPLAIN EXTENDED FROM FULL FUNCTION GROUP HAVING HISTORY IF IN INNER INSERT INTO IS JOIN LATERAL LEFT LIKE LIMIT LOCATION MATCHED MERGE NOT NULL ON OPTIMIZE OR ORDER OUTER OVER OVERWRITE PARTITION PARTITIONED REPLACE RESTORE RIGHT SCHEMA SCHEMAS SELECT SET SHOW TABLE TABLES TBLPROPERTIES THEN TRUNCATE UNION UPDATE USE USING VACUUM VALUES VERSION VIEW WHEN WHERE WINDOW WITH'.split(
    ' ',
  );

/** A name, in backticks or not. */
const NAME = '(?:`[^`]*`|\\w+)';
/** After these there is a table. */
const TABLES = new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE|TABLE|DESCRIBE|DESC)\\s+(${NAME}(?:\\.${NAME})*)`, 'gi');
/** The word that is being written. */
const WORD = /[\w.`]*$/;

const quoted = (name: string) => (/^\w+$/.test(name) ? name : `\`${name}\``);
const firstColumn = (rows: unknown[][]) => rows.map(([name]) => String(name));

/** What the word before the cursor could become: names that the user's own session sees, and words of SQL. */
export class Names {
  private known = new Map<string, Promise<unknown[][]>>();

  constructor(private readonly ask: Ask) {}

  /** After a statement they may be others. */
  forget(): void {
    this.known.clear();
  }

  /** @returns the possible words, and the one that they take the place of */
  async complete(before: string): Promise<[string[], string]> {
    const [word] = WORD.exec(before)!;
    const dot = word.lastIndexOf('.');
    const parent = word.slice(0, Math.max(0, dot));
    const candidates = dot < 0 ? await this.everything(before.slice(0, -word.length || undefined), word) : await this.within(parent);
    const begun = word.slice(dot + 1).toLowerCase();
    const matching = candidates.filter((name) => name.toLowerCase().replaceAll('`', '').startsWith(begun.replaceAll('`', '')));
    const whole = matching.map((name) => (dot < 0 ? name : `${parent}.${name}`));
    return [[...new Set(whole)].sort(), word];
  }

  private async everything(before: string, word: string): Promise<string[]> {
    const mentioned = [...before.matchAll(TABLES)].map(([, table]) => table!).slice(-5);
    const names = await Promise.all([this.answer('SHOW SCHEMAS'), this.tables(), ...mentioned.map((table) => this.columns(table))]);
    const words = /^[a-z]/.test(word) ? WORDS.map((one) => one.toLowerCase()) : WORDS;
    return [...names.flat(), ...(word ? words : [])];
  }

  /** The tables of a schema, or the columns of a table. */
  private async within(parent: string): Promise<string[]> {
    return (await Promise.all([this.tables(parent), this.columns(parent)])).flat();
  }

  private async tables(schema = ''): Promise<string[]> {
    const rows = await this.rows(`SHOW TABLES${schema && ` IN ${schema}`}`);
    return rows.map(([, table]) => quoted(String(table)));
  }

  private columns = (table: string) => this.answer(`SHOW COLUMNS IN ${table}`);

  private answer = async (statement: string) => firstColumn(await this.rows(statement)).map(quoted);

  /** None of what cannot be asked. */
  private rows(statement: string): Promise<unknown[][]> {
    if (!this.known.has(statement))
      this.known.set(
        statement,
        this.ask(statement).catch(() => []),
      );
    return this.known.get(statement)!;
  }
}
