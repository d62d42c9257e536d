"""A user on a connection that stays open: each time when the session ends, another one is opened on it. Prints how each was refused."""

import os
import time
import TCLIService.ttypes as t
from pyhive import hive

user = os.environ["USER_NAME"]
client = hive.connect("127.0.0.1", int(os.environ["PORT"]), username=user, password=os.environ["PASSWORD"], auth="CUSTOM").client
for attempt in range(3):
    opened = client.OpenSession(t.TOpenSessionReq(username=user))
    if opened.status.statusCode != t.TStatusCode.SUCCESS_STATUS:
        print("refused", flush=True)
        break
    while True:
        answer = client.GetInfo(t.TGetInfoReq(opened.sessionHandle, t.TGetInfoType.CLI_SERVER_NAME))
        if answer.status.statusCode != t.TStatusCode.SUCCESS_STATUS:
            print("ended", flush=True)
            break
        time.sleep(0.5)
os._exit(0)
