"""One user opens a session as some drivers do, with the password in the request, too. Prints what a colleague's code sees of it in the engine that both share."""

import os
import TCLIService.ttypes as t
from pyhive import hive

CODE = "org.apache.kyuubi.engine.spark.SparkSQLEngine.currentEngine.get.backendService.sessionManager.allSessions().map(s => s.user + \" \" + s.password).mkString(\", \")"


def connect(user):
    return hive.connect("127.0.0.1", int(os.environ["PORT"]), username=os.environ[user], password=os.environ[user + "_PASSWORD"], auth="CUSTOM")


owner, other = connect("OWNER"), connect("OTHER")
opened = owner.client.OpenSession(t.TOpenSessionReq(username=os.environ["OWNER"], password=os.environ["OWNER_PASSWORD"]))
statement = owner.client.ExecuteStatement(t.TExecuteStatementReq(opened.sessionHandle, "SELECT 1"))
if statement.status.statusCode != t.TStatusCode.SUCCESS_STATUS:
    raise RuntimeError(statement.status.errorMessage)
answer = other.client.ExecuteStatement(t.TExecuteStatementReq(other.sessionHandle, CODE, {"kyuubi.operation.language": "SCALA"}))
if answer.status.statusCode != t.TStatusCode.SUCCESS_STATUS:
    raise RuntimeError(answer.status.errorMessage)
rows = other.client.FetchResults(t.TFetchResultsReq(answer.operationHandle, t.TFetchOrientation.FETCH_NEXT, 100)).results
print(rows.columns[0].stringVal.values)
