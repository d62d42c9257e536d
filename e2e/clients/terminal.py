"""Somebody at a terminal: types, waits until something is shown, and prints all that was. STEPS are pairs: `type` keys, `see` a regular expression, `run` a command of somebody else, `hang` up."""

import json
import os
import subprocess
import sys

import pexpect

terminal = pexpect.spawn(os.environ["COMMAND"], encoding="utf-8", timeout=120, dimensions=(50, 160))
terminal.logfile_read = sys.stdout
terminal.delaybeforesend = 0.2
for act, what in json.loads(os.environ["STEPS"]):
    if act == "type":
        terminal.send(what)
    elif act == "run":
        subprocess.run(what, shell=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    elif act == "hang":
        terminal.close()
        sys.exit()
    else:
        terminal.expect(what)
terminal.expect(pexpect.EOF)
terminal.close()
sys.exit(terminal.exitstatus)
