import { FORMATS } from '../../cli/sql/formats';
import { Names } from '../../cli/sql/names';
import { Failure } from '../../cli/sql/session';
import { Statements } from '../../cli/sql/statements';

describe('statements', () => {
  const split = (sql: string) => {
    const statements = new Statements();
    return [...statements.add(sql), ...statements.end()];
  };

  test.each([
    ['SELECT 1; SELECT 2', ['SELECT 1', 'SELECT 2']],
    ['SELECT \'a;b\', "c;d"; SELECT `e;f`', ['SELECT \'a;b\', "c;d"', 'SELECT `e;f`']],
    ["SELECT 'it''s \\'; '; SELECT r'\\'; SELECT 4/2", ["SELECT 'it''s \\'; '", "SELECT r'\\'", 'SELECT 4/2']],
    ['SELECT 1 -- no; end\n; -- nothing;\n /* nothing; */ ; SELECT /*+ HINT; */ 2', ['SELECT 1 -- no; end', 'SELECT /*+ HINT; */ 2']],
    [
      'BEGIN IF a THEN SELECT CASE WHEN b THEN 1 END; END IF; WHILE c DO SELECT 2; END WHILE; END; SELECT 3',
      ['BEGIN IF a THEN SELECT CASE WHEN b THEN 1 END; END IF; WHILE c DO SELECT 2; END WHILE; END', 'SELECT 3'],
    ],
    ['BEGIN BEGIN SELECT CASE x WHEN 1 THEN 2 END; END; SELECT 1; END', ['BEGIN BEGIN SELECT CASE x WHEN 1 THEN 2 END; END; SELECT 1; END']],
    ['', []],
  ])('%s', (sql, expected) => expect(split(sql)).toEqual(expected));

  test('are whole when their semicolon comes, on whatever line', () => {
    const statements = new Statements();
    expect([statements.add("SELECT 'a;\n"), statements.open]).toEqual([[], "SELECT 'a;"]);
    expect([statements.add("b' /* ;\n"), statements.open]).toEqual([[], "SELECT 'a;\nb' /* ;"]);
    expect([statements.add('*/; SELECT 2\n'), statements.open]).toEqual([["SELECT 'a;\nb' /* ;\n*/"], 'SELECT 2']);
    statements.clear();
    expect(statements.open).toBe('');
  });
});

describe('an answer', () => {
  const columns = [
    { name: 'i', type: 'BIGINT_TYPE' },
    { name: 'text', type: 'STRING_TYPE' },
  ];
  const rows = [
    [9223372036854775807n, 'a,"b"'],
    [null, ''],
    [1, null],
  ];
  const written = (format: string) => FORMATS[format]!.head(columns) + FORMATS[format]!.page(columns, rows);

  test('as CSV tells nothing from an empty text', () => expect(written('csv')).toBe('i,text\n9223372036854775807,"a,""b"""\n,""\n1,\n'));

  test('as JSON is an object a line, with each digit of a number', () => {
    expect(written('json')).toBe('{"i":9223372036854775807,"text":"a,\\"b\\""}\n{"i":null,"text":""}\n{"i":1,"text":null}\n');
  });

  test('as JSON has no two columns of one name', () => {
    const twice = [columns[0]!, columns[0]!];
    expect(() => FORMATS.json!.head(twice)).toThrow("two columns are called 'i': name one of them with AS, or take --format csv");
  });

  test('as a table has numbers at the right, and obeys no control character of a value', () => {
    const table = FORMATS.table!.page(columns, [[1, 'red\u001b[31m\nküche\t']]);
    expect(table).toContain('│ 1 │ red\\x1b[31m');
    expect(table).not.toContain('\u001b');
    expect(FORMATS.table!.page(columns, rows)).toContain('NULL │');
  });
});

describe('a failure says what Spark says', () => {
  test.each([
    [
      "org.apache.kyuubi.KyuubiSQLException: Error operating ExecuteStatement: org.apache.spark.sql.AnalysisException: [TABLE] nowhere. SQLSTATE: 42P01; line 1 pos 20;\n'Project\n+- x\n\n\tat org.a.b(C.scala:1)\nCaused by: x",
      '[TABLE] nowhere. SQLSTATE: 42P01; line 1 pos 20',
    ],
    ['org.apache.kyuubi.KyuubiSQLException: timeout of 45 s\n\tat x', 'timeout of 45 s'],
    ['plain', 'plain'],
  ])('%s', (said, reason) => expect(new Failure('SELECT 1', 'ERROR_STATE', said).reason).toBe(reason));
});

describe('completion', () => {
  const ANSWERS: Record<string, unknown[][]> = {
    'SHOW SCHEMAS': [['sales'], ['science'], ['odd name']],
    'SHOW TABLES': [['default', 'cities', false]],
    'SHOW TABLES IN sales': [['sales', 'orders', false]],
    'SHOW COLUMNS IN sales.orders': [['id'], ['amount']],
  };
  const asked: string[] = [];
  const names = new Names((statement) => {
    asked.push(statement);
    return ANSWERS[statement] ? Promise.resolve(ANSWERS[statement]) : Promise.reject(new Error('not there'));
  });

  test.each([
    ['SELECT * FROM s', ['sales', 'schema', 'schemas', 'science', 'select', 'set', 'show']],
    ['SELECT * FROM sales.', ['sales.orders']],
    ['SELECT * FROM sales.o', ['sales.orders']],
    ['SELECT * FROM sales.orders WHERE am', ['amount']],
    ['SELECT sales.orders.i', ['sales.orders.id']],
    ['SELECT * FROM od', ['`odd name`']],
    ['SELECT * FROM `od', ['`odd name`']],
    ['SEL', ['SELECT']],
    ['SELECT * FROM nowhere.', []],
  ])('%s', async (before, expected) => expect((await names.complete(before))[0]).toEqual(expected));

  test('asks once, until a statement may have changed what there is', async () => {
    const count = () => asked.filter((statement) => statement === 'SHOW SCHEMAS').length;
    await names.complete('s');
    expect(count()).toBe(1);
    names.forget();
    await names.complete('s');
    expect(count()).toBe(2);
  });
});
