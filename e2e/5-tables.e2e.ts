import { inSession, mc, python, USER, withStore } from './lakehouse';
import { as } from './tenants';
import { withGateway } from './with-gateway';

/** What of the bucket's names matches. */
const objects = async (folder: string, pattern: RegExp) =>
  (await mc('minio-root', `ls --recursive store/lakehouse/${folder}`)).stdout.split('\n').filter((line) => pattern.test(line));

withGateway.each([
  ['CREATE TABLE', 'CREATE TABLE default.plain (i INT)'],
  ['CREATE TABLE AS SELECT', 'CREATE TABLE default.plain AS SELECT 1 AS i'],
  ['CREATE TABLE LIKE a view', 'CREATE TABLE default.plain LIKE default.view_of_one'],
])('%s without a format makes a Delta table', async (_, statement) => {
  await inSession(async (session) => {
    await session.run('CREATE OR REPLACE VIEW default.view_of_one AS SELECT 1 AS i');
    await session.run('DROP TABLE IF EXISTS default.plain');
    await session.run(statement);
    await expect(session.run('DESCRIBE DETAIL default.plain').then(([detail]) => detail![0])).resolves.toBe('delta');
    await session.run('DROP TABLE default.plain');
    await session.run('DROP VIEW default.view_of_one');
  });
});

withGateway('arrow_rows of something else says what it takes', async () => {
  await inSession(async (session) => {
    const takes = 'takes an Arrow stream in base64 and, if a table has the streams, its name';
    for (const wrong of ['', 'NULL', "'a', 'b', 'c'"]) await expect(session.run(`SELECT * FROM arrow_rows(${wrong})`)).rejects.toThrow(takes);
    for (const wrong of ["'no base64'", "'AAAA'", '7'])
      await expect(session.run(`SELECT * FROM arrow_rows(${wrong})`)).rejects.toThrow('is no Arrow stream in base64');
    await expect(session.run("SELECT * FROM arrow_rows('')")).rejects.toThrow('is no Arrow stream in base64');
  });
});

withGateway('saveAsTable without a format makes a Delta table', async () => {
  await inSession(async (session) => {
    await session.run('SET kyuubi.operation.language=SCALA');
    await session.run('spark.range(3).write.mode("overwrite").saveAsTable("default.saved")');
  });
  await expect(as(USER, 'DESCRIBE DETAIL default.saved').then(([detail]) => detail![0])).resolves.toBe('delta');
  await as(USER, 'DROP TABLE default.saved');
});

withGateway('a table of two hundred files is renamed within seconds, and its old name is free again', async () => {
  await inSession(async (session) => {
    for (const name of ['files', 'renamed', 'again']) await session.run(`DROP TABLE IF EXISTS default.${name}`);
    await session.run('CREATE OR REPLACE TABLE default.files PARTITIONED BY (k) AS SELECT id, id % 200 AS k FROM range(20000)');
    const began = Date.now();
    await session.run('ALTER TABLE default.files RENAME TO default.renamed');
    expect(Date.now() - began).toBeLessThan(10_000);
    await session.run("CREATE OR REPLACE TABLE default.files AS SELECT 'new' AS text");
    await expect(session.run('SELECT count(*) FROM default.renamed')).resolves.toEqual([[20_000]]);
    await session.run('INSERT INTO default.renamed VALUES (1, 1)');
    await expect(session.run('CREATE TABLE default.again LIKE default.renamed')).resolves.toBeDefined();
    await session.run('ALTER TABLE default.files RENAME TO default.files_2');
    // As many do who replace a table.
    await session.run('ALTER TABLE default.again RENAME TO default.files');
    await session.run('ALTER TABLE default.files RENAME TO default.again');
    await expect(session.run('CREATE TABLE default.files LIKE default.renamed')).rejects.toThrow('has another table, which was renamed');
    await expect(session.run('SELECT * FROM default.files_2')).resolves.toEqual([['new']]);
    for (const name of ['renamed', 'again', 'files_2']) await session.run(`DROP TABLE default.${name}`);
  });
  await expect(objects('warehouse', /files|renamed|again/)).resolves.toEqual([]);
});

withGateway('a renamed table shares its folder with no new one, whatever their formats and however empty', async () => {
  await inSession(async (session) => {
    for (const name of ['kept', 'was_kept']) await session.run(`DROP TABLE IF EXISTS default.${name}`);
    await session.run('CREATE TABLE default.kept (i INT) USING parquet');
    await session.run('ALTER TABLE default.kept RENAME TO default.was_kept');
    for (const format of ['USING parquet', 'STORED AS orc'])
      await expect(session.run(`CREATE TABLE default.kept (i INT) ${format}`)).rejects.toThrow('has another table, which was renamed');
    await session.run('INSERT INTO default.was_kept VALUES (1)');
    await expect(session.run('CREATE TABLE default.kept USING parquet AS SELECT 2 AS i')).rejects.toThrow(
      /has another table|LOCATION_ALREADY_EXISTS/,
    );
    await session.run('CREATE OR REPLACE TABLE default.kept AS SELECT i + 1 AS i FROM default.was_kept');
    await expect(session.run('SELECT i FROM default.was_kept')).resolves.toEqual([[1]]);
    await session.run('DROP TABLE default.was_kept');
    await expect(session.run('SELECT i FROM default.kept')).resolves.toEqual([[2]]);
    await session.run('DROP TABLE default.kept');
    // It is the next one's.
    await session.run('CREATE TABLE default.kept (i INT) USING parquet');
    await session.run('DROP TABLE default.kept');
  });
  await expect(objects('warehouse', /kept/)).resolves.toEqual([]);
});

withGateway('a folder that somebody has named stays when its table goes, whatever its name', async () => {
  const location = 's3a://lakehouse/tenants/demo/named.20241231';
  await inSession(async (session) => {
    await session.run('DROP TABLE IF EXISTS default.named');
    for (const format of ['parquet', 'delta']) {
      await session.run(`CREATE TABLE default.named USING ${format} LOCATION '${location}/${format}/named.20241231' AS SELECT 1 AS i`);
      await session.run('DROP TABLE default.named');
    }
  });
  for (const format of ['parquet', 'delta']) expect((await objects(`tenants/demo/named.20241231/${format}`, /parquet$/)).length).toBeGreaterThan(0);
});

withGateway('a small table is vacuumed within seconds', async () => {
  await inSession(async (session) => {
    await session.run('CREATE OR REPLACE TABLE default.vacuumed (id INT) USING delta');
    for (const id of [1, 2]) await session.run(`INSERT INTO default.vacuumed VALUES (${id})`);
    await session.run('OPTIMIZE default.vacuumed');
    await session.run('SET spark.databricks.delta.retentionDurationCheck.enabled = false');
    const began = Date.now();
    await session.run('VACUUM default.vacuumed RETAIN 0 HOURS');
    expect(Date.now() - began).toBeLessThan(30_000);
    await session.run('DROP TABLE default.vacuumed');
  });
});

withGateway.each([
  'CREATE TABLE %s (i INT)',
  'CREATE OR REPLACE TABLE %s AS SELECT 1 AS i',
  'CREATE TABLE %s USING parquet AS SELECT 1 AS i',
  'CREATE TABLE %s LIKE default.alike',
])('a name that the metastore does not take is refused before anything is written: %s', async (statement) => {
  await inSession(async (session) => {
    await session.run('CREATE TABLE IF NOT EXISTS default.alike (i INT)');
    for (const name of ['`a b`', '`größe`', '`a.b`', '`a/b`']) {
      // The second time as the first.
      for (const _ of [1, 2])
        await expect(session.run(statement.replace('%s', `default.${name}`))).rejects.toThrow(
          'Valid names only contain alphabet characters, numbers and _',
        );
    }
  });
  await expect(objects('warehouse', /a b|gr|a\.b|a\/b/)).resolves.toEqual([]);
});

withGateway('a path is a name of a table with its format in front, and only so', async () => {
  await inSession(async (session) => {
    const path = 's3a://lakehouse/tenants/demo/by_path';
    for (const _ of [1, 2]) await expect(session.run(`CREATE TABLE \`${path}\` (i INT)`)).rejects.toThrow('Valid names only contain');
    await session.run(`CREATE OR REPLACE TABLE delta.\`${path}/\` (i INT)`);
    await session.run(`INSERT INTO delta.\`${path}\` VALUES (1)`);
    await expect(session.run(`SELECT i FROM delta.\`${path}\``)).resolves.toEqual([[1]]);
  });
});

withGateway('columns may have any name, and partitions any value', async () => {
  await inSession(async (session) => {
    for (const name of ['named', 'parted']) await session.run(`DROP TABLE IF EXISTS default.${name}`);
    await session.run("CREATE TABLE default.named (`First Name` STRING, `größe` INT, `a.b` INT) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')");
    await session.run("INSERT INTO default.named VALUES ('x', 1, 2)");
    await expect(session.run('SELECT `First Name`, `größe`, `a.b` FROM default.named')).resolves.toEqual([['x', 1, 2]]);
    await session.run('CREATE TABLE default.parted (v INT, k STRING) PARTITIONED BY (k)');
    await session.run("INSERT INTO default.parted VALUES (1, 'あ'), (2, 'x/y=z'), (3, ''), (4, 'a b%20c'), (5, NULL)");
    // Delta has no empty partition value.
    const rows = [
      [1, 'あ'],
      [2, 'x/y=z'],
      [3, null],
      [4, 'a b%20c'],
      [5, null],
    ];
    await expect(session.run('SELECT v, k FROM default.parted ORDER BY v')).resolves.toEqual(rows);
    for (const name of ['named', 'parted']) await session.run(`DROP TABLE default.${name}`);
  });
});

withGateway('a Delta table is truncated, and remembers', async () => {
  await inSession(async (session) => {
    await session.run('CREATE OR REPLACE TABLE default.emptied AS SELECT id FROM range(10)');
    await session.run('TRUNCATE TABLE default.emptied');
    await expect(session.run('SELECT count(*) FROM default.emptied')).resolves.toEqual([[0]]);
    await expect(session.run('SELECT count(*) FROM default.emptied VERSION AS OF 0')).resolves.toEqual([[10]]);
    await session.run('DROP TABLE default.emptied');
  });
});

withGateway('a table that is not of Delta is truncated, whole or some partitions of it; one whose files are elsewhere is not', async () => {
  await inSession(async (session) => {
    for (const name of ['staged', 'parts', 'elsewhere']) await session.run(`DROP TABLE IF EXISTS default.${name}`);
    await session.run('CREATE TABLE default.staged USING csv AS SELECT id FROM range(10)');
    await session.run('TRUNCATE TABLE default.staged');
    await session.run('INSERT INTO default.staged VALUES (11)');
    await expect(session.run('SELECT id FROM default.staged')).resolves.toEqual([[11]]);
    await expect(session.run('TRUNCATE TABLE default.staged PARTITION (k = 1)')).rejects.toThrow('not partitioned');
    await session.run('CREATE TABLE default.parts USING parquet PARTITIONED BY (k, l) AS SELECT id, id % 2 AS k, id % 3 AS l FROM range(12)');
    await session.run('TRUNCATE TABLE default.parts PARTITION (K = 1)');
    await expect(session.run('SELECT k, count(*) FROM default.parts GROUP BY k')).resolves.toEqual([[0, 6]]);
    await session.run('TRUNCATE TABLE default.parts PARTITION (k = 7)');
    await expect(session.run('TRUNCATE TABLE default.parts PARTITION (k = 7, l = 7)')).rejects.toThrow('PARTITIONS_NOT_FOUND');
    await session.run("CREATE TABLE default.elsewhere USING parquet LOCATION 's3a://lakehouse/tenants/demo/elsewhere' AS SELECT 1 AS i");
    await expect(session.run('TRUNCATE TABLE default.elsewhere')).rejects.toThrow('external');
    for (const name of ['staged', 'parts', 'elsewhere']) await session.run(`DROP TABLE default.${name}`);
  });
});

withGateway('a statement takes its values as parameters', async () => {
  await expect(as(USER, "EXECUTE IMMEDIATE 'SELECT :a || ?' USING 'b'")).rejects.toThrow('INVALID_QUERY_MIXED_QUERY_PARAMETERS');
  await expect(as(USER, "EXECUTE IMMEDIATE 'SELECT id FROM range(9) WHERE id > ? LIMIT ?' USING 3, 1")).resolves.toEqual([[4]]);
  await expect(as(USER, "EXECUTE IMMEDIATE 'SELECT :a || :b' USING 'it''s ' AS a, ':a' AS b")).resolves.toEqual([["it's :a"]]);
});

withGateway('rows that were deleted can be purged: no file of the table has them', async () => {
  const forgotten = 'forget-me-please';
  await inSession(async (session) => {
    await session.run("CREATE OR REPLACE TABLE default.purged (id INT, name STRING) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')");
    await session.run(`INSERT INTO default.purged SELECT /*+ COALESCE(1) */ * FROM VALUES (1, 'keep'), (2, '${forgotten}')`);
    await session.run('DELETE FROM default.purged WHERE id = 2');
    expect(await objects('warehouse/purged', /deletion_vector/)).toHaveLength(1);
    await session.run('REORG TABLE default.purged APPLY (PURGE)');
    await session.run('SET spark.databricks.delta.retentionDurationCheck.enabled = false');
    await session.run('VACUUM default.purged RETAIN 0 HOURS');
    await expect(session.run('SELECT id FROM default.purged')).resolves.toEqual([[1]]);
  });
  const found = await withStore((environment) => python('objects_with.py', { ...environment, PREFIX: 'warehouse/purged/', TEXT: forgotten }));
  // The log has the least and the largest value of each column for as long as the table can travel in time: docs/sql.md says what else can be done.
  expect(JSON.parse(found).filter((key: string) => !key.includes('/_delta_log/'))).toEqual([]);
  // As a table of its own it has no history.
  await inSession(async (session) => {
    await session.run('CREATE OR REPLACE TABLE default.purged_2 AS SELECT * FROM default.purged');
    await session.run('DROP TABLE default.purged');
    await session.run('ALTER TABLE default.purged_2 RENAME TO default.purged');
  });
  await expect(withStore((environment) => python('objects_with.py', { ...environment, PREFIX: 'warehouse/purged', TEXT: forgotten }))).resolves.toBe(
    '[]',
  );
  await as(USER, 'DROP TABLE default.purged');
});
