#!/usr/bin/env python3
"""Two promises that the compiler cannot check: statements about an organisation's rows are made through
laz_scope_get, and the same page always gives the same program."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

source = pathlib.Path(os.environ["LAZ_SOURCE"])

# What is no organisation's: looking up a secret that says whose it is, and what is done to all alike.
UNSCOPED = {
    "account.c": 1,  # a name at log-in
    "command.c": 2,  # orders that expire
    "enrolment.c": 2,  # a token, and those that are long over
    "event_store.c": 1,  # events that expire
    "first_start.c": 2,  # is there an account; the first organisation
    "presence.c": 1,  # who was there before a restart
    "routes_overview.c": 1,  # health
    "scope.c": 2,  # laz_scope_get itself; the list of organisations
    "session.c": 2,  # a cookie, and sessions that are over
}


def scoped():
    wrong = []
    for path in sorted((source / "src/console").glob("*.c")):
        found = len(re.findall(r"\blaz_db_get\(", path.read_text()))
        if found != UNSCOPED.get(path.name, 0):
            wrong.append(f"{path.name}: {found} statements without laz_scope_get, {UNSCOPED.get(path.name, 0)} are known")
        if re.search(r"sqlite3_(prepare|exec)|laz_db_run\(", path.read_text()):
            wrong.append(f"{path.name}: SQL outside of statements")
    return wrong


def embed(folder):
    out = pathlib.Path(folder)
    page = source / "web/dist"
    subprocess.run(
        [sys.executable, source / "tools/embed.py", page, out / "blob", out / "table.c", out / "dep",
         f"openapi.json={source / 'docs/openapi.json'}"], check=True)
    return (out / "blob").read_bytes(), (out / "table.c").read_text().replace(str(out), "")


def same_twice():
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        return embed(one) == embed(two)


wrong = scoped()
print(f"{'ok' if not wrong else 'not ok'} 1 - every statement is scoped to an organisation, or known not to be")
for line in wrong:
    print("# " + line)
same = same_twice()
print(f"{'ok' if same else 'not ok'} 2 - the same page gives the same bytes")
print("1..2")
sys.exit(0 if same and not wrong else 1)
