"""Connections to the gateway by HiveServer2's protocol, of which impyla has the wire."""

import itertools
import re
import uuid

from impala import hiveserver2
from impala._thrift_gen.TCLIService.ttypes import TTypeId
from impala.error import OperationalError, ProgrammingError

from . import rows
from .literals import bound

# What comes as a text, and impyla leaves as bytes, or does not know: arrays and the two kinds of intervals.
TTypeId._VALUES_TO_NAMES.update(dict.fromkeys((TTypeId.ARRAY_TYPE, 20, 21), "STRING_TYPE"))

NAME = r"(?:`(?:[^`]|``)*`|\w+)"
INSERT = re.compile(
    rf"\s*INSERT\s+INTO\s+(?P<table>(?P<schema>(?:{NAME}\.)*){NAME})\s*(?:\((?P<columns>(?:{NAME}|[\s,])*)\)\s*)?VALUES\s*\((?P<places>[\s?,]*)\)\s*", re.IGNORECASE
)


def connect(
    host: str,
    port: int = 10009,
    *,
    user: str,
    password: str,
    database: str = "default",
    tls: bool = False,
    ca: str | None = None,
    timeout: float | None = None,
):
    """
    A connection, which is one session of the gateway: what one of its cursors sets, the others see.

    With `tls`, `host` must be a name in the gateway's certificate, and that be signed by somebody whom this machine trusts; `ca` is a file with the certificate of
    another signer, and means `tls`. `timeout` is how long a single answer may take, in seconds; by default as long as it takes: the first one may wait minutes for an engine.
    """
    service = hiveserver2.connect(
        host, port, timeout, use_ssl=tls or ca is not None, ca_cert=ca, user=user, password=password, auth_mechanism="PLAIN", verify_cert=True
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

    def _wait_to_finish(self):
        try:
            super()._wait_to_finish()
        except OperationalError as error:
            raise OperationalError(said(str(error))) from None

    def executemany(self, operation, seq_of_parameters, configuration=None):
        """An INSERT of rows is one commit, however many they are: what has no room in one statement is collected in a table beside theirs."""
        given = list(seq_of_parameters)
        insert = INSERT.fullmatch(operation)
        if not insert or len(given) < 2:
            return super().executemany(operation, given, configuration)
        places = insert["places"].count("?")
        wrong = next((row for row in given if len(row) != places), None)
        if wrong is not None:
            raise ProgrammingError(f"the statement has {places} places for values (?), a row has {len(wrong)}")
        into = f"INSERT INTO {insert['table']}" + (f" ({insert['columns']})" if insert["columns"] else "")
        table = rows.table(given)
        streams = rows.streams(table)
        first, second = next(streams), next(streams, None)
        if second is None:
            return self.execute(f"{into} SELECT * FROM arrow_rows('{first}')")
        collected = f"{insert['schema']}rows_{uuid.uuid4().hex}"
        self.execute(f"CREATE TABLE {collected} (stream BINARY) USING parquet")
        try:
            for stream in itertools.chain((first, second), streams):
                self.execute(f"INSERT INTO {collected} VALUES (unbase64('{stream}'))")
            self.execute(f"{into} SELECT * FROM arrow_rows('{rows.stream(table.slice(0, 0))}', '{collected}')")
        finally:
            self.execute(f"DROP TABLE {collected}")

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


def said(error: str) -> str:
    """What Spark says, without the path by which it came."""
    text = re.split(r"\n\s+at ", error, maxsplit=1)[0]
    return re.sub(r"^(?:org\.apache\.kyuubi\.KyuubiSQLException: |Error operating \w+: |[\w.]+(?:Exception|Error): )+", "", text).strip() or error
