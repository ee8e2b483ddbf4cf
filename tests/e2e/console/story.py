#!/usr/bin/env python3
"""A console's first day: it starts, lets the right person in, takes an agent, tells what happened, gives orders,
and keeps a log of it that cannot be changed unseen."""

import json
import os
import sqlite3
import subprocess
import threading
import time

from harness import (Agent, Browser, Console, Live, Tap, event, openssl, quarantined, remove, request_certificate,
                     scratch, wait_for)

tap = Tap()
work = scratch()
console = Console(work)


def first_start():
    tap.check("starts and says that it is ready", console.start(), console.logged() if (work / "console.log").exists() else "")
    tap.check("prints the administrator's password once", console.password is not None, console.output)
    stored = (console.data / "lazaret.sqlite").read_bytes() + (console.data / "lazaret.sqlite-wal").read_bytes()
    tap.check("and stores it nowhere", console.password.encode() not in stored)
    tap.check("but as Argon2id", b"$argon2id$" in stored)
    modes = [oct(p.stat().st_mode & 0o777) for p in (console.data, console.data / "ca/root.key", console.data / "lazaret.sqlite")]
    tap.equal("only its owner reads the folder, the key and the database", ["0o700", "0o600", "0o600"], modes)
    if os.geteuid() == 0:
        status = open(f"/proc/{console.process.pid}/status").read()
        tap.check("it has given up root", "Uid:\t61981\t61981\t61981\t61981" in status or "Uid:\t0" not in status, status)
        tap.check("without a way back", "NoNewPrivs:\t1" in status and "CapPrm:\t0000000000000000" in status, status)
        tap.check("behind seccomp", "Seccomp:\t2" in status, status)
    resident = int(next(x for x in open(f"/proc/{console.process.pid}/status") if x.startswith("VmRSS")).split()[1])
    print(f"# idle memory: {resident} KiB")
    tap.check("it idles in less than 60 MB", resident < 60 * 1024, resident)


def page(browser):
    answer = browser.get("/")
    policy = answer.headers["Content-Security-Policy"]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    tap.check("the page comes with a policy without inline script",
              "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy, policy)
    tap.check("its placeholder is replaced by the policy's word", nonce.encode() in answer.body and b"__CSP_NONCE__" not in answer.body)
    tap.check("which is another one each time", nonce not in browser.get("/").headers["Content-Security-Policy"])
    tap.equal("a path of the page's own gives the page", 200, browser.get("/incidents/7").status)
    tap.equal("a missing file is missing", 404, browser.get("/assets/none.js").status)
    tap.equal("an unknown way into the API too", 404, browser.get("/api/v1/none").status)
    script = answer.body.split(b'src="/assets/')[1].split(b'"')[0].decode()
    asset = browser.get("/assets/" + script)
    tap.check("its script may be kept for ever", "immutable" in asset.headers["Cache-Control"] and asset.headers["ETag"], asset.headers)
    packed = browser.get("/assets/" + script, headers={"Accept-Encoding": "gzip"})
    tap.check("comes compressed when the browser takes it",
              packed.headers["Content-Encoding"] == "gzip" and len(packed.body) < len(asset.body) / 2)
    tap.equal("and not again when it is there", 304, browser.get("/assets/" + script, headers={"If-None-Match": asset.headers["ETag"]}).status)
    tap.equal("HEAD works", 200, browser.send("HEAD", "/").status)
    tap.check("HSTS, nosniff and no referrer", all(answer.headers[h] for h in ("Strict-Transport-Security", "X-Content-Type-Options", "Referrer-Policy")))


def log_in(browser):
    tap.equal("without a session there is nothing to see", (401, "session"), (lambda a: (a.status, a.code()))(browser.get("/api/v1/overview")))
    wrong = browser.login("not the password")
    tap.equal("a wrong password is refused", (401, "login.wrong"), (wrong.status, wrong.code()))
    unknown = browser.login("whatever", "nobody")
    tap.equal("an unknown name looks the same", (wrong.status, wrong.body), (unknown.status, unknown.body))
    origin = browser.post("/api/v1/login", {"name": "admin", "password": console.password}, headers={"Origin": "https://evil.example"})
    tap.equal("log-in from another page is refused", (403, "csrf"), (origin.status, origin.code()))
    tap.equal("log-in from no page is refused", 403, browser.post("/api/v1/login", {"name": "admin", "password": console.password}, headers={"Origin": None}).status)
    answer = browser.login()
    tap.equal("the right one opens", 200, answer.status)
    cookie = answer.headers["Set-Cookie"]
    tap.check("with a cookie that scripts and other pages cannot use",
              cookie.startswith("__Host-lazaret=") and all(w in cookie for w in ("Path=/", "Secure", "HttpOnly", "SameSite=Strict")), cookie)
    stored = sqlite3.connect(console.data / "lazaret.sqlite").execute("select digest from session").fetchall()
    tap.check("of which only a digest is stored", all(cookie.split("=")[1].split(";")[0].encode() not in d[0] for d in stored))
    tap.equal("the session is known", "admin", browser.get("/api/v1/session").json()["user"]["name"])
    first = browser.get("/api/v1/overview").json()
    tap.equal("an empty console says what to do", ["endpoint.add", "password.change"], [n["code"] for n in first["next"]])
    tap.equal("and shows 24 hours", 24, len(first["activity"]))
    no_word = browser.post("/api/v1/enrolment-tokens", headers={"X-CSRF-Token": None})
    tap.equal("a change without the CSRF word is refused", (403, "csrf"), (no_word.status, no_word.code()))
    tap.equal("with a wrong one too", 403, browser.post("/api/v1/enrolment-tokens", headers={"X-CSRF-Token": "0" * 64}).status)
    tap.equal("from another site too", 403, browser.post("/api/v1/enrolment-tokens", headers={"Sec-Fetch-Site": "cross-site"}).status)


def enrol(browser):
    made = browser.post("/api/v1/enrolment-tokens").json()
    tap.check("a token comes with the command to type", made["token"] in made["command"] and made["pin"] in made["command"], made)
    tap.check("which says where the folder to guard goes", made["command"].endswith(" --protect DIR"), made["command"])
    agent = Agent(console)
    bad = agent.enrol("0" * 32)
    tap.equal("a wrong token is refused", (403, "enrol.token_wrong"), (bad.status, bad.code()))
    damaged = agent.enrol(made["token"], csr="no request")
    tap.equal("a damaged request is refused", (400, "enrol.csr_damaged"), (damaged.status, damaged.code()))
    tap.equal("and costs no token: the agent enrols", 200, agent.enrol(made["token"]).status)
    first_id, csr = agent.id, openssl("req", "-new", "-key", str(agent.folder / "agent.key"), "-subj", "/CN=agent").decode()
    lost = agent.enrol(made["token"], csr=csr)
    tap.equal("whose answer was lost, it asks again with its key and is the same endpoint", (200, first_id), (lost.status, agent.id))
    again = Agent(console, "second").enrol(made["token"])
    tap.equal("a token works once", (403, "enrol.token_used"), (again.status, again.code()))
    der = openssl("x509", "-in", str(agent.folder / "ca.crt"), "-outform", "der")
    import hashlib
    tap.equal("the pin is the root's fingerprint", made["pin"], hashlib.sha256(der).hexdigest())
    text = openssl("x509", "-in", str(agent.folder / "agent.crt"), "-noout", "-text").decode()
    tap.check("the certificate names organisation and agent", f"URI:urn:lazaret:1:agent:{agent.id}" in text, text)
    listed = browser.get("/api/v1/endpoints").json()["items"]
    tap.equal("the page lists it, offline until it reports", [(agent.id, "offline")], [(e["id"], e["state"]) for e in listed])
    return agent


def report(browser, agent):
    answer = agent.sync()
    tap.equal("the agent reports", 200, answer.status)
    tap.equal("and gets no order", [], answer.json()["commands"])
    state = lambda: browser.get(f"/api/v1/endpoints/{agent.id}").json()
    tap.check("it is protected", wait_for(3, lambda: state()["state"] == "protected"), state())
    agent.sync(mode="no-gate")
    tap.check("without the gate it is degraded", wait_for(3, lambda: state()["state"] == "degraded"), state())
    agent.sync(unguarded=["no-vault"])
    tap.check("without the vault too", wait_for(3, lambda: state()["unguarded"] == ["no-vault"] and state()["state"] == "degraded"), state())
    agent.sync(protected=[])
    tap.check("without a folder to guard too", wait_for(3, lambda: state()["protected"] == [] and state()["state"] == "degraded"), state())
    agent.sync(content={"name": "old", "built": 1500000000000})
    tap.check("with stale content too", wait_for(3, lambda: state()["content"]["name"] == "old" and state()["state"] == "degraded"), state())
    tap.equal("a report of other types is refused", 400, agent.sync(protected="no list").status)
    agent.sync(counters={"opens": 12, "denied": 1, "made_up": 9})
    tap.check("counters are summed, unknown ones left out",
              wait_for(3, lambda: browser.get("/api/v1/overview").json()["counters"] == {"denied": 1, "opens": 12}), browser.get("/api/v1/overview").json())
    new_key = agent.folder / "renewed"
    new_key.mkdir()
    renewed = agent.send("/agent/v1/renew", json.dumps({"csr": request_certificate(new_key)}).encode())
    tap.check("it renews its certificate", renewed.status == 200 and "BEGIN CERTIFICATE" in renewed.json()["certificate"], renewed.body)
    stranger = Browser(console)
    stranger.console = type("Port", (), {"port": console.agent_port})()
    tap.equal("without a certificate there is no way in", 401, stranger.post("/agent/v1/sync", {}).status)


def events(browser, agent):
    live = Live(browser)
    incident = "actor:0badcafe:77:1234"
    answer = agent.post_events([quarantined("/srv/a.exe", "q-1", incident), quarantined("/srv/b.exe", "q-2", incident),
                                event("agent.started", 1, finding=False)])
    tap.equal("a batch is acknowledged after the commit", (200, {"epoch": agent.epoch, "seq": 3}), (answer.status, answer.json()["ack"]))
    again = agent.post_events([event("agent.started", 1, finding=False)] * 3, first=1)
    tap.equal("sent again it is acknowledged again", 3, again.json()["ack"]["seq"])
    count = lambda: console.database().execute("select count(*) from event").fetchone()[0]
    tap.equal("and counted once", 3, count())
    overlapping = agent.post_events([event("agent.started", 1, finding=False)] * 3, first=2)
    tap.equal("of an overlapping batch only what is new is stored", (4, 4), (overlapping.json()["ack"]["seq"], count()))
    agent.seq = 4
    hole = agent.post_events([event("agent.started", 1, finding=False)], first=9)
    tap.equal("a hole is refused with what is here", (409, 4), (hole.status, hole.json()["ack"]["seq"]))
    declared = agent.post_events([event("spool.gap", 3, finding=False)], first=9, gap=(5, 8))
    tap.equal("a declared one is recorded", (200, 9, [(5, 8)]), (declared.status, declared.json()["ack"]["seq"], console.database().execute("select first, last from gap").fetchall()))
    agent.seq = 9
    odd = [b"{}", b'{"time":1}', b"[" * 60 + b"]" * 60, b"\"text\"", json.dumps(event("agent.started", 1, finding=False)).encode()]
    answer = agent.post_lines(odd)
    agent.seq = answer.json()["ack"]["seq"]
    tap.equal("lines that are no events are counted and hold nothing up", (14, 4),
              (agent.seq, console.database().execute("select count(*) from event where code = 'event.damaged'").fetchone()[0]))
    tap.equal("a count that does not fit is refused", 400, agent.post_lines([b"{}"], count=2).status)
    tap.equal("a body that is no zstd is refused", 400, agent.send(f"/agent/v1/events?epoch={agent.epoch}&first=15&count=1", b"plain", "application/zstd").status)
    bomb = agent.post_lines([b" " * 3_000_000])
    tap.check("a bomb is refused", bomb.status == 400, bomb.status)
    tap.check("an open page was told", wait_for(5, lambda: {"event", "incident", "quarantine"} <= live.kinds()), live.events)
    tap.check("with numbered events named change", live.events and all(e["event"] == "change" and int(e["id"]) > 0 for e in live.events), live.events)
    return live


def incidents(browser, agent):
    listed = browser.get("/api/v1/incidents?state=open").json()["items"]
    found = [i for i in listed if i["code"] == "incident.malware_found"]
    tap.equal("two finds of one actor are one incident", 1, len(found))
    one = browser.get(f"/api/v1/incidents/{found[0]['id']}").json()
    tap.equal("with files, process, detections and actions", (2, 2, "cp", "root", ["Test.Eicar"], ["quarantined"]),
              (one["events"], one["files"], one["process"]["name"], one["user"], [d["name"] for d in one["detections"]], one["actions"]))
    tap.equal("and a time line, oldest first", ["/srv/a.exe", "/srv/b.exe"], [e["path"] for e in one["timeline"]])
    tap.check("a gap is trouble of the agent", any(i["code"] == "incident.agent_trouble" for i in listed), listed)
    key = "actor:0badcafe:77:1234"
    agent.post_events([event("actor.stopped", 5, incident=key, action="stopped", reasons=["many-files"], files_touched=9)]
                      + [event("file.rolled_back", 3, path=f"/srv/doc{n}", incident=key, action="rolled_back") for n in range(3)]
                      + [event("rollback.done", 4, incident=key, files_restored=3, files_failed=0, duration_ms=40)])
    one = browser.get(f"/api/v1/incidents/{one['id']}").json()
    tap.equal("the strongest event names it", ("incident.ransomware_stopped", 5, 5, 3), (one["code"], one["severity"], one["files"], one["files_restored"]))
    bad = browser.post(f"/api/v1/incidents/{one['id']}/close", {"reason": "boring"})
    tap.equal("it is not closed for no reason", 400, bad.status)
    tap.equal("it is closed", 200, browser.post(f"/api/v1/incidents/{one['id']}/close", {"reason": "resolved", "comment": "Training"}).status)
    twice = browser.post(f"/api/v1/incidents/{one['id']}/close", {"reason": "test"})
    tap.equal("once", (409, "conflict"), (twice.status, twice.code()))
    state = lambda: browser.get(f"/api/v1/incidents/{one['id']}").json()
    agent.post_events([event("file.rolled_back", 3, path="/srv/doc9", incident=key, action="rolled_back")])
    tap.equal("a late event of little weight leaves it closed", ("closed", "resolved"), (state()["state"], state()["close_reason"]))
    agent.post_events([event("file.blocked", 4, path="/srv/c.exe", incident=key, action="denied", verdict="malicious")])
    tap.equal("a new find opens it again", ("open", None), (state()["state"], state()["close_reason"]))
    browser.post(f"/api/v1/incidents/{one['id']}/close", {"reason": "test"})
    tap.equal("so does a person", 200, browser.post(f"/api/v1/incidents/{one['id']}/reopen").status)
    tap.equal("lists are walked by key", (1, 1), tuple(len(browser.get(f"/api/v1/incidents?limit=1&after={a}").json()["items"]) for a in ("", browser.get("/api/v1/incidents?limit=1").json()["next"])))
    tap.equal("nonsense in a list's query is refused", [400] * 3, [browser.get("/api/v1/incidents?" + q).status for q in ("limit=0", "after=x", "state=odd")])
    recent = browser.get("/api/v1/overview").json()
    tap.equal("the overview tells of it, the same thing once with its count", [("file.blocked", 1), ("file.rolled_back", 4)],
              [(e["code"], e["count"]) for e in recent["recent"]][:2])
    tap.check("and counts the hour", recent["activity"][-1]["events"] + recent["activity"][-2]["events"] > 10, recent["activity"])


def orders(browser, agent):
    items = browser.get("/api/v1/quarantine").json()["items"]
    tap.equal("the quarantine is listed", [("q-2", "held"), ("q-1", "held")], [(i["quarantine_id"], i["state"]) for i in items])
    waiting = {}
    holder = threading.Thread(target=lambda: waiting.update(answer=agent.sync(hold_ms=20000), at=time.monotonic()))
    holder.start()
    time.sleep(0.7)
    asked = time.monotonic()
    order = browser.post(f"/api/v1/quarantine/{agent.id}/q-1/restore")
    tap.equal("a restore is taken", 202, order.status)
    holder.join(25)
    got = waiting["answer"].json()["commands"]
    tap.equal("a waiting agent gets it", [(order.json()["command_id"], "quarantine.restore", "q-1")], [(c["id"], c["kind"], c["quarantine_id"]) for c in got])
    print(f"# from order to agent: {(waiting['at'] - asked) * 1000:.0f} ms")
    tap.check("at once", waiting["at"] - asked < 1, waiting["at"] - asked)
    state = lambda q: next(i for i in browser.get("/api/v1/quarantine").json()["items"] if i["quarantine_id"] == q)
    tap.equal("meanwhile it is being restored", "restoring", state("q-1")["state"])
    tap.equal("and not ordered twice", 409, browser.post(f"/api/v1/quarantine/{agent.id}/q-1/delete").status)
    agent.post_events([event("file.restored", 2, path="/srv/a.exe", incident="actor:0badcafe:77:1234", action="restored", quarantine_id="q-1"),
                       event("command.done", 1, finding=False, command_id=order.json()["command_id"], kind="quarantine.restore", ok=True, code="")])
    tap.equal("its event ends it", "restored", state("q-1")["state"])
    order = browser.post(f"/api/v1/quarantine/{agent.id}/q-2/delete")
    tap.equal("an agent that asks later gets it too", [order.json()["command_id"]], [c["id"] for c in agent.sync().json()["commands"]])
    tap.equal("once", [], agent.sync().json()["commands"])
    agent.post_events([event("command.done", 2, finding=False, command_id=order.json()["command_id"], kind="quarantine.delete", ok=False, code="io")])
    tap.equal("a failure is shown with its code", ("failed", "io"), (state("q-2")["state"], state("q-2")["error"]))
    tap.check("and on the overview", any(n["code"] == "quarantine.failed" for n in browser.get("/api/v1/overview").json()["next"]))
    tap.equal("what is not there cannot be ordered", 404, browser.post(f"/api/v1/quarantine/{agent.id}/q-9/restore").status)
    tap.equal("nor at an endpoint that is not there", 404, browser.post("/api/v1/quarantine/6f2b1c1e-0000-4000-8000-000000000000/q-1/restore").status)


def second_organisation(browser, agent):
    """Everything that another organisation owns does not exist, whichever way it is asked for."""
    other = "11111111-2222-4333-8444-555555555555"
    with console.database() as db:
        db.execute("insert into organisation values (2, 'other', 1)")
        db.execute("insert into endpoint (id, uuid, organisation_id, name, os, kernel, version, enrolled, last_seen, state, mode, report, counters, content_built)"
                   " values (900, ?, 2, 'theirs', '', '', '', 1, 1, 'protected', 'full', '{}', '{\"opens\":1000000}', 0)", (other,))
        db.execute("insert into incident (id, organisation_id, endpoint_id, key, kind, severity, state, first, last, opened, events, files, rolled_back, restored, detections, actions)"
                   " values (900, 2, 900, 'k', 2, 5, 'open', 1, 1, ?, 1, 1, 0, 0, '[]', '[]')", (int(time.time() * 1000),))
        db.execute("insert into quarantine (organisation_id, endpoint_id, quarantine_id, path, size, sha256, detections, time, state) values (2, 900, 'q-other', '/theirs', 1, '', '[]', 1, 'held')")
        db.execute("insert into event (organisation_id, endpoint_id, stream_id, seq, time, received, code, severity, incident_id, raw) values (2, 900, 1, 1, 1, 1, 'file.blocked', 5, 900, '{\"theirs\":1}')")
        db.execute("insert into audit values (2, 1, 1, 'theirs', 'x', 'y', 'z', zeroblob(32))")
    spec = browser.get("/api/v1/openapi.json").json()
    asked = 0
    values = {"endpoint_id": other, "incident_id": "900", "quarantine_id": "q-other"}
    leaks = []
    for path, ways in spec["paths"].items():
        if not path.startswith("/api/"):
            continue
        filled = path
        for name, value in values.items():
            filled = filled.replace("{" + name + "}", value)
        for method in ways:
            if path in ("/api/v1/logout", "/api/v1/login", "/api/v1/password", "/api/v1/live", "/api/v1/openapi.json"):
                continue
            answer = browser.send(method.upper(), filled, {"reason": "test"} if method == "post" else None)
            asked += 1
            if "{" in path and answer.status != 404:
                leaks.append((method, path, answer.status))
            if b"theirs" in answer.body or b"q-other" in answer.body or other.encode() in answer.body or b"1000000" in answer.body:
                leaks.append((method, path, "body"))
    tap.equal(f"no way shows or changes what another organisation owns ({asked} asked)", [], leaks)
    anonymous = Browser(console)
    open_ways = [(m, p) for p, ways in spec["paths"].items() for m in ways
                 if p.startswith("/api/") and p not in ("/api/v1/login", "/api/v1/openapi.json")
                 and anonymous.send(m.upper(), p.replace("{", "").replace("}", "")).status != 401]
    tap.equal("no way but log-in and the description is open without a session", [], open_ways)
    with console.database() as db:
        state = db.execute("select i.state, q.state from incident i, quarantine q where i.id = 900 and q.quarantine_id = 'q-other'").fetchone()
    tap.equal("theirs is as it was", ("open", "held"), state)


def who_only_reads(browser, agent):
    """Another role sees what an administrator sees, and changes nothing but its own password."""
    with console.database() as db:
        db.execute("insert into account (organisation_id, name, role, password_hash, first_password, created, changed)"
                   " select organisation_id, 'reader', 'viewer', password_hash, 0, 1, 1 from account where name = 'admin'")
    reader = Browser(console)
    tap.equal("a viewer signs in", 200, reader.login(name="reader").status)
    tap.equal("and reads", [200] * 4, [reader.get("/api/v1/" + p).status for p in ("overview", "endpoints", "incidents", "audit")])
    rows = lambda: [console.database().execute(f"select count(*), group_concat({c}) from {t}").fetchone()
                    for t, c in (("enrolment_token", "used"), ("incident", "state"), ("quarantine", "state"), ("command", "state"))]
    before, spec = rows(), browser.get("/api/v1/openapi.json").json()
    own = ("/api/v1/login", "/api/v1/logout", "/api/v1/password")
    incident = browser.get("/api/v1/incidents").json()["items"][0]["id"]
    answers = {}
    for path in (p for p, ways in spec["paths"].items() if p.startswith("/api/") and "post" in ways and p not in own):
        filled = path.replace("{endpoint_id}", agent.id).replace("{incident_id}", incident).replace("{quarantine_id}", "q-1")
        answer = reader.post(filled, {"reason": "test"})
        answers[path] = (answer.status, answer.code())
    tap.equal(f"but every change is refused ({len(answers)} asked)", {(403, "forbidden")}, set(answers.values()))
    tap.equal("and nothing has changed", before, rows())
    tap.equal("but its own session ends when it says so", 200, reader.post("/api/v1/logout").status)


def passwords(browser, live):
    other = Browser(console)
    other.login()
    weak = browser.post("/api/v1/password", {"old": console.password, "new": "short"})
    tap.equal("a weak password is refused", (400, "password.weak"), (weak.status, weak.code()))
    wrong = browser.post("/api/v1/password", {"old": "wrong", "new": "correct horse battery"})
    tap.equal("a wrong old one too", (403, "password.wrong"), (wrong.status, wrong.code()))
    tap.equal("a good one is taken", 200, browser.post("/api/v1/password", {"old": console.password, "new": "correct horse battery"}).status)
    tap.equal("other sessions end", 401, other.get("/api/v1/session").status)
    tap.equal("this one goes on", 200, browser.get("/api/v1/session").status)
    console.password = "correct horse battery"
    tap.equal("the advice to change it is gone", [], [n for n in browser.get("/api/v1/overview").json()["next"] if n["code"] == "password.change"])
    tap.equal("log-out", 200, browser.post("/api/v1/logout").status)
    tap.equal("ends the session", 401, browser.get("/api/v1/session").status)
    tap.check("and its open page", wait_for(5, lambda: live.ended), live.events[-1:])


def guessing(browser):
    answers = [browser.login(f"guess {n}") for n in range(14)]
    slowed = [a for a in answers if a.status == 429]
    tap.check("guessing is slowed down", slowed and answers[0].status == 401, [a.status for a in answers])
    tap.check("and told how long", slowed and slowed[-1].json()["error"]["params"]["seconds"] >= 1, slowed and slowed[-1].body)
    names = [browser.login("x", f"name {n}") for n in range(12)]
    tap.check("so is guessing of names", names[-1].status == 429, [a.status for a in names])


def administer(browser):
    reset = console.lazaret("reset-admin", "--data", str(console.data))
    tap.check("reset-admin makes a new password beside the running console", reset.returncode == 0 and "password: " in reset.stdout, reset.stderr)
    console.password = reset.stdout.split("password: ")[1].strip()
    if os.geteuid() == 0:
        owners = {p.stat().st_uid for p in console.data.rglob("*")}
        tap.equal("and leaves every file with its owner", 1, len(owners))
    token = console.lazaret("token", "--data", str(console.data))
    made = dict(line.split(": ", 1) for line in token.stdout.splitlines())
    tap.check("and shows how it is used", made.get("command", "").endswith(f"--token {made.get('token')} --pin {made.get('pin')} --protect DIR"), token.stdout)
    tap.equal("token makes one that works", 200, Agent(console, "third").enrol(made["token"]).status if "token" in made else token.stderr)
    with console.database() as db:
        db.execute("drop trigger audit_is_not_removed")
        db.execute("delete from audit where organisation_id = 2")
        db.execute("create trigger audit_is_not_removed before delete on audit begin select raise(abort, 'no'); end")
    audit = console.lazaret("verify-audit", "--data", str(console.data))
    tap.check("verify-audit finds the chain intact", audit.returncode == 0 and "intact" in audit.stdout, audit.stdout + audit.stderr)
    head = audit.stdout.split("head ")[1].split()[0]
    console.stop()
    console.start()
    browser = Browser(console)
    tap.equal("after a restart the new password opens", 200, browser.login().status)
    verbs = [a["verb"] for a in browser.get("/api/v1/audit?limit=200").json()["items"]]
    missing = {"console.first_start", "login.done", "login.refused", "logout", "password.changed", "token.made", "endpoint.enrolled",
               "incident.closed", "incident.reopened", "quarantine.restore", "quarantine.delete", "admin.reset"} - set(verbs)
    tap.equal("everything that was done is in the audit log", set(), missing)
    folder = work / "backup"
    backup = console.lazaret("backup", "--data", str(console.data), "--to", str(folder))
    tap.check("backup copies a running console", backup.returncode == 0 and (folder / "ca/root.key").exists(), backup.stderr)
    tap.equal("into a folder that is only its owner's", 0o700, folder.stat().st_mode & 0o777)
    tap.equal("but never over something", 2, console.lazaret("backup", "--data", str(console.data), "--to", str(folder)).returncode)
    second = Console(work / "elsewhere")
    second.work.mkdir()
    restored = console.lazaret("restore", "--from", str(folder), "--data", str(second.data))
    second.password = console.password
    tap.check("restore makes a console of it", restored.returncode == 0 and second.start(), restored.stderr)
    tap.equal("with the same password", 200, Browser(second).login().status)
    second.stop()
    tap.equal("but never over a console that is there", 2, console.lazaret("restore", "--from", str(folder), "--data", str(second.data)).returncode)
    odd = console.lazaret("verify-audit", "--data", str(console.data), "--head", "no hash")
    tap.check("what is no head is told from one that is gone", odd.returncode == 2 and "--head: is not a hash" in odd.stderr, odd.stderr)
    known = console.lazaret("verify-audit", "--data", str(console.data), "--head", head)
    tap.equal("a head that was noted is found again", 0, known.returncode)
    with console.database() as db:
        try:
            db.execute("update audit set who = 'nobody' where seq = 2")
            changed = True
        except sqlite3.IntegrityError:
            changed = False
    tap.equal("the log refuses changes", False, changed)
    with console.database() as db:
        db.execute("drop trigger audit_is_not_changed")
        db.execute("update audit set who = 'nobody' where seq = 2")
    forged = console.lazaret("verify-audit", "--data", str(console.data))
    tap.check("a changed entry is found and named", forged.returncode == 2 and "entry 2" in forged.stderr, forged.stderr)
    missing = console.lazaret("verify-audit", "--data", str(second.data), "--head", "00" * 32)
    tap.check("a head that is gone is noticed", missing.returncode == 2 and "cut off" in missing.stderr, missing.stderr)


def stop():
    began = time.monotonic()
    tap.equal("SIGTERM ends it cleanly", 0, console.stop())
    tap.check("within two seconds", time.monotonic() - began < 2, time.monotonic() - began)
    left = subprocess.run(["pgrep", "-f", "--", str(work)], capture_output=True, text=True).stdout
    tap.equal("and leaves no process", "", left)


try:
    first_start()
    browser = Browser(console)
    page(browser)
    log_in(browser)
    agent = enrol(browser)
    report(browser, agent)
    live = events(browser, agent)
    incidents(browser, agent)
    orders(browser, agent)
    second_organisation(browser, agent)
    who_only_reads(browser, agent)
    passwords(browser, live)
    guessing(browser)
    administer(browser)
    stop()
finally:
    console.stop()
    if "LAZ_KEEP" not in os.environ:
        remove(work)
tap.finish()
