"""Two users of a tenant with one engine: the settings of the first one's session, which starts it, must not become the other's."""

import os
from pyhive import hive


def session(user, settings=None):
    return hive.connect("127.0.0.1", int(os.environ["PORT"]), username=user, password=os.environ[f"PASSWORD_{user.upper()}"], auth="CUSTOM",
                        configuration=settings).cursor()


first = session(os.environ["FIRST"], {"spark.sql.session.timeZone": "Asia/Tokyo", "spark.sql.shuffle.partitions": "777", "kyuubi.operation.result.max.rows": "3"})
second = session(os.environ["SECOND"])
for question in ("SELECT current_timezone()", "SET spark.sql.shuffle.partitions", "SELECT id FROM range(10)"):
    second.execute(question)
    print(question, second.fetchall())
