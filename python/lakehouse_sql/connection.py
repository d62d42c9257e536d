"""Connections to the gateway by HiveServer2's protocol, of which impyla has the wire."""

import re

from impala import hiveserver2
from impala.error import ProgrammingError

from .literals import bound, column_type, json_rows, literal, text

# Of rows that are inserted at once, in characters: the gateway takes 16 MiB at most.
LARGEST = 6 * 1024 * 1024

# What is executed for many rows at once, and what of it is said for each of them.
INSERT = re.compile(r"(?P<into>\s*INSERT\s+INTO\b.*?)\bVALUES\s*\((?P<row>[\s?,]*)\)\s*", re.IGNORECASE | re.DOTALL)


def connect(host: str, port: int = 10009, *, user: str, password: str, database: str = "default", ca: str | None = None, timeout: float | None = None):
    """
    A connection, which is one session of the gateway: what one of its cursors sets, the others see.

    `ca` is a file with the certificate of who has signed the gateway's; with it, the connection is TLS and `host` must be a name in that certificate. Without it, it is
    plain text. `timeout` is how long a single answer may take, in seconds; by default as long as it takes: the first statement may wait minutes for an engine.
    """
    service = hiveserver2.connect(
        host, port, timeout, use_ssl=ca is not None, ca_cert=ca, user=user, password=password, auth_mechanism="PLAIN", verify_cert=ca is not None
    )
    try:
        return Connection(service, user, database)
    except BaseException:
        service.close()
        raise


class Connection(hiveserver2.HiveServer2Connection):
    """As PEP 249 has it. impyla's own has a session for each cursor."""

    def __init__(self, service, user, database):
        super().__init__(service)
        self.session = service.open_session(user, {"use:database": database})

    def cursor(self):
        return Cursor(self.session)

    def close(self):
        if self.session:
            session, self.session = self.session, None
            try:
                session.close()
            finally:
                super().close()

    def rollback(self):
        """Each statement is a commit of its own."""


class Cursor(hiveserver2.HiveServer2Cursor):
    """As PEP 249 has it. A place for a value is `?`."""

    def execute_async(self, operation, parameters=None, configuration=None):
        super().execute_async(bound(operation, parameters) if parameters else operation, None, configuration)

    def executemany(self, operation, seq_of_parameters, configuration=None):
        """An INSERT of rows is one statement for as many rows as it has room for. So a large one is several commits."""
        rows = list(seq_of_parameters)
        insert = INSERT.fullmatch(operation)
        if not insert or len(rows) < 2:
            return super().executemany(operation, rows, configuration)
        wrong = next((row for row in rows if len(row) != insert["row"].count("?")), None)
        if wrong:
            raise ProgrammingError(f"a row has {len(wrong)} values, the statement {insert['row'].count('?')} places for them (?)")
        for source in sources(rows):
            self.execute(insert["into"] + source, configuration=configuration)

    def close(self):
        """The session is the connection's."""
        if not self._closed:
            self._closed = True
            self.close_operation()

    def __del__(self):
        try:
            self.close()
        except Exception:
            pass


def sources(rows):
    """SQL that has the rows. Where each column has one type that JSON has, a text of it, which Spark reads many times faster than literals."""
    types = [column_type(column) for column in zip(*rows)]
    part, size = [], 0
    for row in rows:
        size += sum(len(value) if isinstance(value, (str, bytes)) else 24 for value in row)
        part.append(row)
        if size > LARGEST:
            yield source(part, types)
            part, size = [], 0
    if part:
        yield source(part, types)


def source(rows, types):
    if None in types:
        return "VALUES " + ", ".join(f"({', '.join(literal(value) for value in row)})" for row in rows)
    columns = ", ".join("NULL" if kind == "VOID" else f"row.c{index}" for index, kind in enumerate(types))
    fields = ", ".join(f"c{index}: {kind}" for index, kind in enumerate(types) if kind != "VOID")
    return f"SELECT {columns} FROM (SELECT explode(from_json({text(json_rows(rows))}, 'array<struct<{fields}>>', map('mode', 'FAILFAST'))) AS row)"
