"""Opens a session with each of the settings, and prints what the gateway answers, by key."""
import json
import os

from pyhive import hive

answers = {}
for key, value in json.loads(os.environ["SETTINGS"]):
    try:
        hive.connect(
            "127.0.0.1",
            int(os.environ["PORT"]),
            username=os.environ["USER_NAME"],
            password=os.environ["PASSWORD"],
            auth="CUSTOM",
            configuration={key: value},
        ).close()
        answers[key] = "opened"
    except Exception as error:
        answers[key] = str(error)
print(json.dumps(answers))
