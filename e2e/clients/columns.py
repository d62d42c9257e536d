"""All columns, as a JDBC tool asks for them."""

import json
import os
from pyhive import hive
import TCLIService.ttypes as t

connection = hive.connect("127.0.0.1", int(os.environ["PORT"]), username=os.environ["USER_NAME"], password=os.environ["PASSWORD"], auth="CUSTOM")
answer = connection.client.GetColumns(t.TGetColumnsReq(connection.sessionHandle, None, "%", "%", "%"))
if answer.status.statusCode != t.TStatusCode.SUCCESS_STATUS:
    raise RuntimeError(answer.status.errorMessage)
rows = connection.client.FetchResults(t.TFetchResultsReq(answer.operationHandle, t.TFetchOrientation.FETCH_NEXT, 10000)).results
schemas, tables, columns = (rows.columns[index].stringVal.values for index in (1, 2, 3))
print(json.dumps(sorted(zip(schemas, tables, columns))))
