"""The lakehouse for Python, as PEP 249 has it."""

from impala.dbapi import BINARY, DATE, DATETIME, NUMBER, ROWID, STRING, Date, DateFromTicks, Time, TimeFromTicks, Timestamp, TimestampFromTicks
from impala.error import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
)

from .connection import Connection, Cursor, connect

apilevel = "2.0"
# Threads may share the module, each with connections of its own.
threadsafety = 1
paramstyle = "qmark"
Binary = bytes

__all__ = [
    *("BINARY", "DATE", "DATETIME", "NUMBER", "ROWID", "STRING"),
    *("Binary", "Date", "DateFromTicks", "Time", "TimeFromTicks", "Timestamp", "TimestampFromTicks"),
    *("Connection", "Cursor", "apilevel", "connect", "paramstyle", "threadsafety"),
    *("DatabaseError", "DataError", "Error", "IntegrityError", "InterfaceError", "InternalError"),
    *("NotSupportedError", "OperationalError", "ProgrammingError", "Warning"),
]
