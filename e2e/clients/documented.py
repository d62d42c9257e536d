"""Runs the lines of Python that docs/python.md shows."""

import os
import pathlib
import re
import urllib.parse

page = (pathlib.Path(__file__).parents[2] / "docs/python.md").read_text()
lines = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
password = os.environ["PASSWORD"]
for shown, real in {
    "ana:password@localhost:10009": f"ana:{urllib.parse.quote(password, safe='')}@localhost:{os.environ['PORT']}",
    '"localhost", user="ana", password="password"': f'"localhost", {os.environ["PORT"]}, user="ana", password={password!r}',
}.items():
    assert shown in lines, shown
    lines = lines.replace(shown, real)
exec(lines)
