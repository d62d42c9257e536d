import { client, withStore } from '../lakehouse';
import { bringUp } from '../setup';

/** What `clients/tpc.py` says of a table or a query. */
interface Done {
  readonly what: string;
  readonly seconds: number;
  readonly rows: number;
  /** Empty if there is none. */
  readonly difference: string;
}

const sum = (done: Done[]) => Math.round(done.reduce((seconds, one) => seconds + one.seconds, 0));

beforeAll(() => bringUp(process.env.LAKEHOUSE_CONTEXT!), 900_000);

test.each([
  ['tpch', 22],
  ['tpcds', 99],
])(
  '%s: %i queries have the answers of DuckDB',
  async (suite, number) => {
    const said = await withStore((store) => client('tpc.py', { ...store, SUITE: suite }));
    const all: Done[] = said.split('\n').map((line) => JSON.parse(line));
    const [tables, queries] = ['table', 'query'].map((kind) => all.filter(({ what }) => what.startsWith(`${kind} `)));
    const slowest = queries!.toSorted((a, b) => b.seconds - a.seconds)[0]!;
    console.log(
      `${suite}: ${tables!.length} tables in ${sum(tables!)} s, ${queries!.length} queries in ${sum(queries!)} s, the slowest ${slowest.what} in ` +
        `${slowest.seconds} s; ${queries!.filter(({ rows }) => rows === 0).length} answers are empty`,
    );
    expect(all.filter(({ difference }) => difference)).toEqual([]);
    expect(queries!.length).toBe(number);
  },
  3_600_000,
);
