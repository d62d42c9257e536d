"""SQLAlchemy's dialect, for its versions 1.4 and 2: `lakehouse://ana:secret@host:10009/default?ca=/etc/ssl/lakehouse.pem`."""

import re

import lakehouse_sql
from sqlalchemy import exc, sql, types
from sqlalchemy.engine import default, reflection
from sqlalchemy.sql import compiler


class DataType(types.UserDefinedType):
    """A type of Spark's that SQLAlchemy has none for, such as `array<int>` or `variant`. Its values come as texts."""

    cache_ok = True

    def __init__(self, name):
        self.name = name

    def get_col_spec(self, **_):
        return self.name


REFLECTED = {
    "boolean": types.BOOLEAN,
    "tinyint": types.SMALLINT,
    "smallint": types.SMALLINT,
    "int": types.INTEGER,
    "bigint": types.BIGINT,
    "float": lambda: types.Float(24),
    "double": types.Float,
    "string": types.String,
    "binary": types.LargeBinary,
    "date": types.DATE,
    "timestamp": types.TIMESTAMP,
}


def reflected(name):
    if match := re.fullmatch(r"decimal\((\d+),\s*(\d+)\)", name):
        return types.DECIMAL(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"(var)?char\((\d+)\)", name):
        return (types.VARCHAR if match[1] else types.CHAR)(int(match[2]))
    return REFLECTED[name]() if name in REFLECTED else DataType(name)


def as_boolean(value):
    if value not in ("true", "false"):
        raise exc.ArgumentError(f"tls in a URL is true or false, not {value}")
    return value == "true"


class TypeCompiler(compiler.GenericTypeCompiler):
    """As Spark and Delta call them."""

    def visit_VARCHAR(self, type_, **_):
        return f"VARCHAR({type_.length})" if type_.length else "STRING"

    visit_NVARCHAR = visit_string = visit_unicode = visit_VARCHAR

    def visit_text(self, type_, **_):
        return "STRING"

    visit_TEXT = visit_CLOB = visit_unicode_text = visit_enum = visit_JSON = visit_text
    visit_uuid = visit_UUID = visit_time = visit_TIME = visit_text

    def visit_INTEGER(self, type_, **_):
        return "INT"

    def visit_FLOAT(self, type_, **_):
        return "FLOAT" if type_.precision and type_.precision <= 24 else "DOUBLE"

    def visit_DOUBLE(self, type_, **_):
        return "DOUBLE"

    visit_DOUBLE_PRECISION = visit_DOUBLE

    def visit_REAL(self, type_, **_):
        return "FLOAT"

    def visit_NUMERIC(self, type_, **_):
        return f"DECIMAL({type_.precision or 38}, {18 if type_.scale is None and not type_.precision else type_.scale or 0})"

    visit_DECIMAL = visit_NUMERIC

    def visit_datetime(self, type_, **_):
        return "TIMESTAMP"

    visit_DATETIME = visit_TIMESTAMP = visit_datetime

    def visit_interval(self, type_, **_):
        return "INTERVAL DAY TO SECOND"

    def visit_large_binary(self, type_, **_):
        return "BINARY"

    visit_BINARY = visit_VARBINARY = visit_BLOB = visit_large_binary


class DDLCompiler(compiler.DDLCompiler):
    """Tables are Delta's, which has no keys and no indexes."""

    def visit_primary_key_constraint(self, *_, **__):
        return ""

    visit_foreign_key_constraint = visit_unique_constraint = visit_check_constraint = visit_primary_key_constraint

    def visit_create_index(self, *_, **__):
        raise exc.CompileError("Delta has no indexes: leave index=True out")

    def post_create_table(self, table):
        return "\nUSING delta"


class SQLCompiler(compiler.SQLCompiler):
    def limit_clause(self, select, **kw):
        text = ""
        if select._limit_clause is not None:
            text += "\n LIMIT " + self.process(select._limit_clause, **kw)
        if select._offset_clause is not None:
            text += "\n OFFSET " + self.process(select._offset_clause, **kw)
        return text


class IdentifierPreparer(compiler.IdentifierPreparer):
    """All names are quoted: which words Spark reserves is a setting."""

    def __init__(self, dialect):
        super().__init__(dialect, initial_quote="`", escape_quote="`")

    def _requires_quotes(self, value):
        return True


class Dialect(default.DefaultDialect):
    name = "lakehouse"
    driver = "lakehouse_sql"
    default_paramstyle = "qmark"
    preparer = IdentifierPreparer
    statement_compiler = SQLCompiler
    ddl_compiler = DDLCompiler
    # SQLAlchemy 1.4 has it by the first name.
    type_compiler = type_compiler_cls = TypeCompiler
    max_identifier_length = 255
    supports_statement_cache = True
    supports_alter = False
    supports_comments = False
    supports_default_values = False
    supports_default_metavalue = True
    supports_empty_insert = False
    supports_multivalues_insert = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_sane_rowcount = False
    supports_sane_multi_rowcount = False
    supports_sequences = False
    supports_is_distinct_from = True
    postfetch_lastrowid = False

    @classmethod
    def import_dbapi(cls):
        return lakehouse_sql

    # SQLAlchemy 1.4.
    dbapi = import_dbapi

    def create_connect_args(self, url):
        known = {"ca": str, "tls": as_boolean, "timeout": float}
        if wrong := set(url.query) - set(known):
            raise exc.ArgumentError(f"a URL of the lakehouse has no {', '.join(sorted(wrong))}: it has {', '.join(sorted(known))}")
        options = {key: known[key](value) for key, value in url.query.items()}
        return [], dict(host=url.host, port=url.port or 10009, user=url.username, password=url.password, database=url.database or "default", **options)

    def do_ping(self, dbapi_connection):
        cursor = dbapi_connection.cursor()
        cursor.execute("SELECT 1")
        cursor.fetchall()
        cursor.close()
        return True

    def is_disconnect(self, e, connection, cursor):
        return isinstance(e, (OSError, EOFError)) or "TTransportException" in type(e).__name__ or "Invalid SessionHandle" in str(e)

    def _get_server_version_info(self, connection):
        return tuple(int(part) for part in connection.exec_driver_sql("SELECT version()").scalar().split()[0].split(".") if part.isdigit())

    def _get_default_schema_name(self, connection):
        return connection.exec_driver_sql("SELECT current_schema()").scalar()

    def _in(self, schema, name=None):
        quote = self.identifier_preparer.quote_identifier
        return ".".join(quote(part) for part in (schema or self.default_schema_name, name) if part)

    def _rows(self, connection, statement, schema):
        try:
            return connection.exec_driver_sql(statement).fetchall()
        except exc.DBAPIError as error:
            if "SCHEMA_NOT_FOUND" in str(error):
                raise exc.NoSuchTableError(f"there is no schema {schema}") from error
            raise

    @reflection.cache
    def get_schema_names(self, connection, **_):
        return [name for (name,) in connection.exec_driver_sql("SHOW SCHEMAS")]

    @reflection.cache
    def get_view_names(self, connection, schema=None, **_):
        return [name for _, name, temporary, *_ in self._rows(connection, f"SHOW VIEWS IN {self._in(schema)}", schema) if temporary in (False, "false")]

    @reflection.cache
    def get_table_names(self, connection, schema=None, **kw):
        views = set(self.get_view_names(connection, schema, **kw))
        rows = self._rows(connection, f"SHOW TABLES IN {self._in(schema)}", schema)
        return [name for _, name, temporary, *_ in rows if temporary in (False, "false") and name not in views]

    def has_table(self, connection, table_name, schema=None, **kw):
        try:
            self.get_columns(connection, table_name, schema, **kw)
            return True
        except exc.NoSuchTableError:
            return False

    @reflection.cache
    def get_columns(self, connection, table_name, schema=None, **_):
        try:
            rows = connection.exec_driver_sql(f"DESCRIBE TABLE {self._in(schema, table_name)}").fetchall()
        except exc.DBAPIError as error:
            if re.search("TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND", str(error)):
                raise exc.NoSuchTableError(table_name) from error
            raise
        columns = []
        # After them comes what the table is partitioned by.
        for name, kind, comment, *_ in rows:
            if not name or name.startswith("#"):
                break
            columns.append({"name": name, "type": reflected(kind), "nullable": True, "default": None, "autoincrement": False, "comment": comment or None})
        return columns

    def get_pk_constraint(self, connection, table_name, schema=None, **_):
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, connection, table_name, schema=None, **_):
        return []

    get_indexes = get_unique_constraints = get_check_constraints = get_foreign_keys

    @reflection.cache
    def get_view_definition(self, connection, view_name, schema=None, **_):
        created = connection.execute(sql.text(f"SHOW CREATE TABLE {self._in(schema, view_name)}")).scalar()
        return created.split("\nAS ", 1)[-1]

    def do_rollback(self, dbapi_connection):
        """Each statement is a commit of its own."""
