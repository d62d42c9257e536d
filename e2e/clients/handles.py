"""Calls each method of the Thrift interface with the handles of one user, as another and then as their owner. Prints by method what the two are told: nothing, if it is done."""

import json
import os
import TCLIService.ttypes as t
from pyhive import hive
from thrift.Thrift import TApplicationException, TMessageType, TType


def connect(user):
    return hive.connect("127.0.0.1", int(os.environ["PORT"]), username=os.environ[user], password=os.environ[user + "_PASSWORD"], auth="CUSTOM")


owner, other = connect("OWNER"), connect("OTHER")
session = owner.sessionHandle


def statement(sql):
    return owner.client.ExecuteStatement(t.TExecuteStatementReq(session, sql)).operationHandle


ROWS = statement("SELECT 'the secret'")
OF_SESSIONS = {
    "GetInfo": lambda: t.TGetInfoReq(session, t.TGetInfoType.CLI_DBMS_NAME),
    "ExecuteStatement": lambda: t.TExecuteStatementReq(session, "SELECT 1"),
    "GetTypeInfo": lambda: t.TGetTypeInfoReq(session),
    "GetCatalogs": lambda: t.TGetCatalogsReq(session),
    "GetSchemas": lambda: t.TGetSchemasReq(session, None, "%"),
    "GetTables": lambda: t.TGetTablesReq(session, None, "%", "%", None),
    "GetTableTypes": lambda: t.TGetTableTypesReq(session),
    "GetColumns": lambda: t.TGetColumnsReq(session, None, "%", "%", "%"),
    "GetFunctions": lambda: t.TGetFunctionsReq(session, None, "%", "%"),
    "GetPrimaryKeys": lambda: t.TGetPrimaryKeysReq(session, None, "sales", "orders"),
    "GetCrossReference": lambda: t.TGetCrossReferenceReq(session, None, "sales", "orders", None, "sales", "orders"),
}
OF_OPERATIONS = {
    "GetOperationStatus": t.TGetOperationStatusReq,
    "GetResultSetMetadata": t.TGetResultSetMetadataReq,
    "FetchResults": lambda handle: t.TFetchResultsReq(handle, t.TFetchOrientation.FETCH_NEXT, 10, 0),
    "FetchResults of the log": lambda handle: t.TFetchResultsReq(handle, t.TFetchOrientation.FETCH_NEXT, 10, 1),
    "CancelOperation": t.TCancelOperationReq,
    "CloseOperation": t.TCloseOperationReq,
}


def ask(connection, method, request):
    status = getattr(connection.client, method.split()[0])(request).status
    return "" if status.statusCode in (t.TStatusCode.SUCCESS_STATUS, t.TStatusCode.SUCCESS_WITH_INFO_STATUS) else status.errorMessage


def ask_raw(connection, method, handle):
    """What PyHive does not know, with a handle as its one argument."""
    output, answer = connection.client._oprot, connection.client._iprot
    output.writeMessageBegin(method, TMessageType.CALL, 0)
    for _ in range(2):
        output.writeFieldBegin("", TType.STRUCT, 1)
    handle.write(output)
    for _ in range(2):
        output.writeFieldStop()
    output.writeMessageEnd()
    output.trans.flush()
    _, kind, _ = answer.readMessageBegin()
    if kind == TMessageType.EXCEPTION:
        error = TApplicationException()
        error.read(answer)
        answer.readMessageEnd()
        return error.message
    answer.skip(TType.STRUCT)
    answer.readMessageEnd()
    return ""


told = {}
for method, request in OF_SESSIONS.items():
    told[method] = [ask(connection, method, request()) for connection in (other, owner)]
told["GetQueryId"] = [ask_raw(connection, "GetQueryId", ROWS) for connection in (other, owner)]
for method, request in OF_OPERATIONS.items():
    # Who may not is told the same of rows that are there and of a query that goes on.
    told[method] = [ask(connection, method, request(handle)) for connection, handle in ((other, ROWS), (owner, ROWS if method.startswith(("Fetch", "GetResult")) else statement("SELECT 1")))]
told["CloseSession"] = [ask(connection, "CloseSession", t.TCloseSessionReq(session)) for connection in (other, owner)]
print(json.dumps(told))
