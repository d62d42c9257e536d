"""
Asks through the gateway what Spark's own SQL tests ask, each of their files in a session of its own, and holds the answers against those that Spark's
developers have written down. Prints as JSON how many were the same, how many differ as they may, by kind, and those that are wrong.

Spark's SQLQueryTestSuite does the same without a gateway. As there are the settings, the tables, the form of a row and what of it is hidden.
"""

import base64
import json
import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from math import isfinite
from zipfile import ZipFile

from pyhive import hive
from TCLIService import ttypes
from thrift.transport.TTransport import TTransportException

JAR = ZipFile(os.environ["JAR"])
# But for those that ask functions in Scala and Python of Spark's tests.
FILES = [name for name in JAR.namelist() if re.fullmatch(r"sql-tests/inputs/(?!udf/|udaf/|udtf/|ignored).*\.sql", name)]

SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.collation.schemaLevel.enabled": "true",
    "spark.sql.geospatial.enabled": "true",
    # Which rows are together decides about the last digit of a sum of doubles, and about random numbers.
    "spark.sql.leafNodeDefaultParallelism": "2",
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation",
    "spark.sql.scripting.enabled": "true",
    "spark.sql.session.timeZone": "America/Los_Angeles",
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.timeType.enabled": "true",
    "kyuubi.operation.query.timeout": "PT120S",
}
SETTINGS_OF = {
    # Some of its scripts end when an UPDATE fails, and never where it does not.
    "scripting": {"spark.sql.sources.default": "parquet"},
    "nonansi": {"spark.sql.ansi.enabled": "false"},
    "postgreSQL": {"spark.sql.legacy.interval.enabled": "true"},
    "timestampNTZ": {"spark.sql.timestampType": "TIMESTAMP_NTZ"},
}

HIDDEN = [
    (r"#\d+", "#x"),
    (r"plan_id=\d+", "plan_id=x"),
    (r"(Created By|Created Time|Last Access|Owner)\b.*", r"\1"),
    (r"@\w*,", "@xxxxxxxx,"),
    # Java 17 writes some doubles with a digit more than they need.
    (r"-?\d\.\d{16,}E-?\d+", lambda number: text(float(number[0]))),
]
BINARY = {
    "UTF-8": lambda data: data.decode("utf-8", "replace"),
    "HEX": lambda data: data.hex().upper(),
    "BASE64": lambda data: base64.b64encode(data).decode().rstrip("="),
    "BASIC": lambda data: str([byte - 256 if byte > 127 else byte for byte in data]),
    "HEX_DISCRETE": lambda data: f"[{data.hex(' ').upper()}]",
}
# Thrift's names of Spark's types, where they are not the same.
TYPES = {
    "DECIMAL": r"decimal\(\d+,\d+\)",
    "STRING": r"(string|interval|variant|(var)?char\(\d+\))",
    "TIMESTAMP": "timestamp(_ntz)?",
    "NULL": "void",
    "INTERVAL_DAY_TIME": "interval (day|hour|minute|second)( to (hour|minute|second))?",
    "INTERVAL_YEAR_MONTH": "interval (year|month)( to month)?",
    **{name: f"{name.lower()}<.*>" for name in ("ARRAY", "MAP", "STRUCT")},
}

# Kinds of statements whose rows may be others.
MAY_ANSWER = {
    # Script transformations have the form that Hive gives them, since the catalog is Hive's.
    "hive": r"\bTRANSFORM\s*\([^>]*\bUSING\s+'",
    # Spark says of it that it is never NULL, so that its row has a 0 for it.
    "spark": r"\buniform\([^)]*\bNULL\b",
    # How something is stored or planned: in Delta, on S3, with our settings, and the engine's clock.
    "metadata": r"^(EXPLAIN|DESC(RIBE)?\s+(SCHEMA|(TABLE\s+)?(EXTENDED|FORMATTED))|SHOW\s+(CREATE|TABLE\s+EXTENDED|TBLPROPERTIES)|SET\s+TIME\s+ZONE\s+LOCAL)\b",
}
# Kinds of errors.
MAY_FAIL = {
    # Its parser forgets the parameters of EXECUTE IMMEDIATE, so that they stand for expressions only, not for parts of names.
    "delta": r"\[PARSE_SYNTAX_ERROR\] Syntax error at or near ':'|\[(DELTA_|UNBOUND_SQL_PARAMETER|UNEXPECTED_USE_OF_PARAMETER_MARKER|NOT_A_CONSTANT_STRING.NOT_CONSTANT\] The expression namedparameter)",
    # Thrift has no rows without columns.
    "no type": r"GenericRow\.get\(",
    # Of Scala, and the tables of TPC-DS.
    "test-only": r"DDLScanSource|MyDoubleAvg|\[UNRESOLVED_ROUTINE\] [^`]*`(booleq|boolne|vol)`|_NOT_FOUND\] [^`]*`(date_dim|(web|store)_(sales|returns))`",
}

CREATED = re.compile(
    r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(GLOBAL\s+TEMP(?:ORARY)?\s+)?(TABLE|VIEW|SCHEMA|DATABASE|FUNCTION)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:IDENTIFIER\(')?([\w.`]+)",
    re.I,
)
CHANGED = re.compile(r"\b(?:(?:ALTER|CREATE|REFRESH)\b[\w\s]*\b(?:TABLE|VIEW|FUNCTION)|INTO|VAR)\s+(?:IDENTIFIER\(')?(\w+)", re.I)


def read(name):
    return JAR.read(name).decode()


def session(settings={}, schema="default"):
    login = {"username": os.environ["USER_NAME"], "password": os.environ["PASSWORD"], "auth": "CUSTOM"}
    connection = hive.connect("127.0.0.1", int(os.environ["PORT"]), database=schema, configuration=settings, **login)
    connection._transport._trans.setTimeout(300_000)
    return closing(connection)


def tables():
    wide = ", ".join(f"{name} int" for name in "unique1 unique2 two four ten twenty hundred thousand twothousand fivethous tenthous odd even".split())
    wide += ", stringu1 string, stringu2 string, string4 string"
    maps = ("map({})".format(", ".join(f"{key}, '{letter}{row}'" for key, letter in enumerate("abcde"[: 6 - row], 1))) for row in range(1, 6))
    yield "testdata", "SELECT int(id) AS key, string(id) AS value FROM range(1, 101, 1, 1)"
    yield "arraydata", "VALUES (array(1, 2, 3), array(array(1, 2, 3))), (array(2, 3, 4), array(array(2, 3, 4))) AS _(arraycol, nestedarraycol)"
    yield "mapdata", f"VALUES {', '.join(maps)} AS _(mapcol)"
    for name, file, columns in (("aggtest", "agg", "a int, b float"), ("onek", "onek", wide), ("tenk1", "tenk", wide)):
        lines = f"SELECT explode(split('{read(f'test-data/postgresql/{file}.data').strip()}', '\\n')) AS line"
        yield name, f"SELECT row.* FROM (SELECT from_csv(line, '{columns}', map('sep', '\\t')) AS row FROM ({lines}))"


def text(value, binary="UTF-8"):
    """As Java writes it."""
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "true", False: "false"}[value]
    if isinstance(value, bytes):
        return BINARY[binary](value)
    if not isinstance(value, float):
        return str(value)
    if not isfinite(value):
        return str(value).replace("inf", "Infinity").replace("nan", "NaN")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    digits, exponent = f"{Decimal(repr(value)).normalize():E}".split("E")
    return f"{digits}{'' if '.' in digits else '.0'}E{int(exponent)}"


def hidden(line):
    for pattern, instead in HIDDEN:
        line = re.sub(pattern, instead, line)
    return line


def ask(cursor, sql, binary="UTF-8"):
    """The rows; the columns, or why there are none: Thrift has no type for some of Spark's; the error."""
    rows, block = [], True
    try:
        cursor.execute(sql)
        while block:
            response = cursor._connection.client.FetchResults(ttypes.TFetchResultsReq(cursor._operationHandle, ttypes.TFetchOrientation.FETCH_NEXT, 1000))
            hive._check_status(response)
            block = list(zip(*(hive._unwrap_column(column, None) for column in response.results.columns)))
            rows += [[text(value, binary) for value in row] for row in block]
    except hive.OperationalError as error:
        return None, None, error.args[0].status.errorMessage
    try:
        return rows, [(name, kind.removesuffix("_TYPE")) for name, kind, *_ in cursor.description], None
    except hive.OperationalError as error:
        return rows, error.args[0].status.errorMessage, None


def same(sql, schema, output, rows, columns, error):
    refused = re.match(r"[\w.]+(?:Exception|Error)(?:\n(.*)|$)", output, re.S) if schema == "struct<>" else None
    if refused and error:
        return same_error(refused[1] or "", error)
    if refused or error:
        return False
    # Spark's own command line writes these differently.
    if schema == "struct<col_name:string,data_type:string,comment:string>":
        rows = [[f"{'' if cell == 'NULL' else cell:<20}" for cell in row] for row in rows]
    if re.match(r"SHOW\s+(TABLES|VIEWS)\b", sql, re.I):
        rows = [row[1:2] for row in rows]
    lines = [hidden("\t".join(row)) for row in rows]
    # Of an order that nobody has asked for, the golden file has the alphabet's.
    alphabet = lines if ordered(sql) else sorted(lines, key=lambda line: line.encode("utf-16-be"))
    if output not in ("\n".join(lines).rstrip(), "\n".join(alphabet).rstrip()):
        return False
    if isinstance(columns, str) or schema == "struct<>" and columns in ([], [("Result", "STRING")]):
        return True
    return re.fullmatch(f"struct<{','.join(f'{re.escape(name)}:{TYPES.get(kind, kind.lower())}' for name, kind in columns)}>", schema, re.S)


def same_error(expected, error):
    if not expected.startswith("{"):
        return expected in error
    reason = json.loads(expected)
    # Conditions without a name are told by what their message is made of.
    if reason["errorClass"].startswith("_LEGACY"):
        return all(value in error for value in reason.get("messageParameters", {}).values())
    return f"[{reason['errorClass']}] " in error and f"SQLSTATE: {reason.get('sqlState', '')}" in error


def ordered(sql):
    """By its outermost query."""
    inner = ""
    while inner != sql:
        inner, sql = sql, re.sub(r"\([^()]*\)", "", sql)
    return re.search(r"\border\s+by\b", sql, re.I)


def verdicts(name, answered):
    """One for each statement: the same, a kind, or what is to be known of a wrong one."""
    lost = {}
    for (sql, schema, output), (rows, columns, error) in answered:
        if same(sql, schema, output, rows, columns, error):
            yield "no type" if isinstance(columns, str) else "same"
            for *_, made in CREATED.findall(sql):
                lost.pop(made.lower(), None)
            continue
        plain = re.sub(r"'\s*\|\|\s*'", "", sql)
        for value, parameter in re.findall(r"'(\w+)'\s+AS\s+(\w+)", plain, re.I):
            plain = plain.replace(f":{parameter}", f"'{value}'")
        kinds, told = (MAY_ANSWER, sql) if rows else (MAY_FAIL, error or "")
        kind = next((kind for kind, form in kinds.items() if re.search(form, told, re.I)), None)
        # What a statement of a kind has not made, later ones do not find.
        kind = kind or next((lost[word] for word in re.findall(r"\w+", plain.lower()) if word in lost), None)
        if kind and error:
            lost |= {word.lower(): kind for word in CHANGED.findall(plain)}
        yield kind or [name, sql, output[:500], (error or str(rows))[:500]]


def answers_of(name):
    return f"{name.replace('/inputs/', '/results/')}.out"


def written(name):
    parts = re.split(r"-- !query.*\n", read(answers_of(name)))[1:]
    return [(sql.strip(), schema.strip(), hidden(output.rstrip())) for sql, schema, output in zip(parts[::3], parts[1::3], parts[2::3])]


def settings_of(name):
    own = (pair.split("=", 1) for line in read(name).split("\n") if line.startswith("--SET ") for pair in line[6:].split(","))
    return {**SETTINGS, **SETTINGS_OF.get(name.split("/")[2], {}), **{key.strip(): value.strip() for key, value in own}}


def run(name, schema):
    settings, statements = settings_of(name), written(name)
    with session(settings, schema) as connection:
        cursor = connection.cursor()
        binary = settings.get("spark.sql.binaryOutputStyle", "UTF-8")
        found = list(verdicts(name, ((statement, ask(cursor, statement[0], binary)) for statement in statements)))
    with session(schema=schema) as connection:
        cursor = connection.cursor()
        for everywhere, kind, what in {created for sql, *_ in statements for created in CREATED.findall(sql)}:
            ask(cursor, f"DROP {kind} IF EXISTS {'global_temp.' if everywhere else ''}{what}{' CASCADE' if kind.upper() in ('SCHEMA', 'DATABASE') else ''}")
    return found


def tried(name, schema):
    """Without an answer it is wrong, and the others go on."""
    try:
        return run(name, schema)
    except TTransportException as error:
        return [[name, "", "", str(error)]]


def main():
    """Four files at a time, each group in a schema of its own: in `default` those whose answers name it, and those that see each other's views."""
    naming = [name for name in FILES if re.search(r"\b(default|global_temp)\b", read(name) + read(answers_of(name)))]
    others = [name for name in FILES if name not in naming]
    groups = [("default", naming), *((f"golden_{part}", others[part::3]) for part in range(3))]
    with session() as connection:
        cursor = connection.cursor()
        for schema, _ in groups[1:]:
            cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            cursor.execute(f"CREATE SCHEMA {schema}")
        for table, query in tables():
            for schema, _ in groups:
                cursor.execute(f"DROP TABLE IF EXISTS {schema}.{table}")
                cursor.execute(f"CREATE TABLE {schema}.{table} USING parquet AS {query}")
    with ThreadPoolExecutor() as pool:
        parts = pool.map(lambda group: [verdict for name in group[1] for verdict in tried(name, group[0])], groups)
        found = [verdict for part in parts for verdict in part]
    with session() as connection:
        cursor = connection.cursor()
        for schema, _ in groups[1:]:
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")
        for table, _ in tables():
            cursor.execute(f"DROP TABLE default.{table}")
    wrong = [verdict for verdict in found if isinstance(verdict, list)]
    kinds = Counter(verdict for verdict in found if isinstance(verdict, str))
    print(json.dumps({"files": len(FILES), "kinds": kinds, "wrong": len(wrong), "first": wrong[:50]}))


if __name__ == "__main__":
    main()
