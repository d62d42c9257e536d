import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import type { Column } from './session';

/** Writes the rows of one answer, a page at a time. */
interface Format {
  readonly head: (columns: Column[]) => string;
  readonly page: (columns: Column[], rows: unknown[][]) => string;
}

/** A terminal obeys some of them: a value is no command. */
const CONTROL = /[^\P{Cc}\n\t]/gu;
const shown = (value: unknown) =>
  value === null ? 'NULL' : String(value).replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

const NUMBERS = /^(TINYINT|SMALLINT|INT|BIGINT|FLOAT|DOUBLE|DECIMAL)_TYPE$/;

export const FORMATS: Record<string, Format> = {
  /** Each page is as wide as its values need. */
  table: {
    head: () => '',
    page: (columns, rows) => {
      const table = new Table({
        head: columns.map(({ name }) => shown(name)),
        colAligns: columns.map(({ type }) => (NUMBERS.test(type) ? 'right' : 'left')),
        style: { head: [], border: [], compact: true },
      });
      table.push(...rows.map((row) => row.map(shown)));
      return `${table.toString()}\n`;
    },
  },
  /** RFC 4180, with nothing for NULL and quotes for an empty text. */
  csv: {
    head: (columns) => stringify([columns.map(({ name }) => name)]),
    page: (_, rows) =>
      stringify(rows, { cast: { boolean: String, bigint: String, string: (text) => (text ? text : { value: '', quoted_empty: true }) } }),
  },
  /** An object a line, long numbers as they are. Raises an error for two columns of one name. */
  json: {
    head: (columns) => {
      const names = columns.map(({ name }) => name);
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      if (twice !== undefined) throw new Error(`two columns are called '${twice}': name one of them with AS, or take --format csv`);
      return '';
    },
    page: (columns, rows) => {
      const value = (one: unknown) => (typeof one === 'bigint' ? String(one) : JSON.stringify(one));
      return rows.map((row) => `{${row.map((one, index) => `${JSON.stringify(columns[index]!.name)}:${value(one)}`).join(',')}}\n`).join('');
    },
  },
};
