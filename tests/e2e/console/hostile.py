#!/usr/bin/env python3
"""Who means harm and has no password, and who has one agent and wants another's: neither gets further, nor shuts others out."""

import concurrent.futures
import http.client
import os
import signal
import socket
import ssl
import threading
import time

from harness import (Agent, Browser, Console, Live, Tap, event, openssl, quarantined, remove, request_certificate,
                     scratch, wait_for)

# A sanitizer keeps what has been freed for a while, which would hide what is not.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"

tap = Tap()
work = scratch()
with open(os.path.join(os.environ["LAZ_BUILD"], "lazaret-consoled"), "rb") as program:
    SLACK = 100 if b"__asan_init" in program.read() else 1  # a sanitizer keeps freed memory back
console = Console(work)


def open_socket(source):
    return socket.create_connection(("127.0.0.1", console.port), timeout=5, source_address=(source, 0))


def answers(source):
    """The first line of an answer to somebody at that address, and after how long."""
    began = time.monotonic()
    try:
        with ssl._create_unverified_context().wrap_socket(open_socket(source)) as s:
            s.settimeout(10)
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return s.recv(64)[:15], time.monotonic() - began
    except OSError as error:
        return repr(error).encode(), time.monotonic() - began


def crowd(browser):
    """A dozen addresses open all connections that there are and say nothing more."""
    crowd = []
    for host in range(1, 13):
        for _ in range(64):
            s = open_socket(f"127.0.1.{host}")
            s.sendall(b"\x16\x03\x01")
            crowd.append(s)
    line, seconds = answers("127.0.0.9")
    tap.equal(f"behind {len(crowd)} half-open connections a new address is served", b"HTTP/1.1 200 OK", line)
    tap.check("at once", seconds < 3, seconds)
    tap.equal("and whoever was there goes on", 200, browser.get("/api/v1/session").status)
    for s in crowd:
        s.close()
    readers = []
    path = next(w for w in browser.get("/").body.decode().split('"') if w.startswith("/assets/") and w.endswith(".js"))
    for host in range(1, 13):
        for _ in range(48):
            s = ssl._create_unverified_context().wrap_socket(open_socket(f"127.0.2.{host}"))
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            readers.append(s)
    line, seconds = answers("127.0.0.9")
    tap.equal(f"behind {len(readers)} clients that do not take their answer too", b"HTTP/1.1 200 OK", line)
    tap.check("at once", seconds < 3, seconds)
    for s in readers:
        s.close()


def slow_page(browser, agent):
    """A page that stops reading is let go; the others are told, and memory does not grow with it."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", console.port))
    slow = ssl._create_unverified_context().wrap_socket(narrow)
    slow.sendall(f"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nCookie: {browser.cookie}\r\n\r\n".encode())
    live = Live(browser)
    pages = lambda: browser.get("/api/v1/health").json()["pages_open"]
    tap.check("two pages are open", wait_for(5, lambda: pages() == 2), pages())
    told = 0
    end = time.monotonic() + 60
    while pages() == 2 and time.monotonic() < end:
        for _ in range(40):
            agent.post_events([event("file.blocked", 4, incident=f"slow-{n}") for n in range(22)])
        told += 40 * 23
    tap.equal(f"one that stopped reading is let go (about {told} messages later)", 1, pages())
    tap.check("one that reads is not", not live.ended and len(live.events) > 20, len(live.events))
    memory = int(next(x for x in open(f"/proc/{console.process.pid}/status") if x.startswith("VmRSS")).split()[1])
    tap.check("and nothing piles up", memory < 120 * 1024 * SLACK, memory)
    slow.close()
    live.connection.sock and live.connection.sock.close()


def tokens(browser):
    """Many machines, one token; and one machine that asks eight times at once."""
    token = lambda: browser.post("/api/v1/enrolment-tokens").json()["token"]
    one, agents = token(), [Agent(console, f"race-{n}") for n in range(10)]
    requests = [request_certificate(a.folder) for a in agents]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        got = list(pool.map(lambda pair: pair[0].enrol(one, csr=pair[1]), zip(agents, requests)))
    tap.equal("of ten machines with one token one is taken", [200] + [403] * 9, sorted(a.status for a in got))
    one, machine = token(), Agent(console, "lost")
    csr = request_certificate(machine.folder)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: machine.enrol(one, csr=csr).json().get("endpoint_id"), range(8)))
    tap.check("one machine that asks eight times is one endpoint", len(set(got)) == 1 and got[0], got)
    tap.equal("with a certificate that works", 200, machine.sync().status)
    with console.database() as db:
        db.execute("update enrolment_token set expires = 1")
    late = machine.enrol(one, csr=csr)
    tap.equal("but not after the token's time", (403, "enrol.token_expired"), (late.status, late.code()))


def certificates(agent):
    """Whoever shows a certificate must have it from us, for an agent, and in time."""
    folder = work / "forger"
    folder.mkdir()
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(folder / "ca.key"),
            "-out", str(folder / "ca.crt"), "-subj", "/CN=Lazaret", "-days", "30")
    ours = console.data / "ca"
    uri = f"URI:urn:lazaret:1:agent:{agent.id}"

    def way_in(name, ca, key, names=uri, usage="clientAuth", days="30"):
        (folder / "ext").write_text(f"subjectAltName={names}\nextendedKeyUsage={usage}")
        request = folder / f"{name}.csr"
        request.write_text(request_certificate(folder, name))
        openssl("x509", "-req", "-in", str(request), "-CA", str(ca), "-CAkey", str(key), "-CAserial", str(folder / "serial"),
                "-CAcreateserial", "-out", str(folder / f"{name}.crt"), "-extfile", str(folder / "ext"), "-days", days)
        context = ssl._create_unverified_context()
        context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
        try:
            c = http.client.HTTPSConnection("127.0.0.1", console.agent_port, context=context, timeout=10)
            c.request("POST", "/agent/v1/sync", b"{}")
            return c.getresponse().status
        except OSError:
            return "no connection"

    tap.equal("a good one opens: the forger's tools work", 200, way_in("good", ours / "root.crt", ours / "root.key"))
    tap.equal("one of another authority does not", "no connection", way_in("foreign", folder / "ca.crt", folder / "ca.key"))
    tap.equal("nor one whose time is over", "no connection", way_in("late", ours / "root.crt", ours / "root.key", days="-1"))
    tap.equal("nor one for servers", "no connection", way_in("server", ours / "root.crt", ours / "root.key", usage="serverAuth"))
    tap.equal("nor one of two names", 401, way_in("two", ours / "root.crt", ours / "root.key", names=f"{uri},URI:urn:lazaret:2:agent:x"))
    other = uri.replace(":1:agent", ":2:agent")
    tap.equal("nor one of another organisation", 401, way_in("other", ours / "root.crt", ours / "root.key", names=other))


def neighbours(browser, agent):
    """An agent that was taken over speaks for itself alone."""
    token = browser.post("/api/v1/enrolment-tokens").json()["token"]
    thief = Agent(console, "thief")
    thief.enrol(token)
    agent.post_events([quarantined("/srv/a.exe", "q-1", "k")])
    order = browser.post(f"/api/v1/quarantine/{agent.id}/q-1/restore").json()["command_id"]
    tap.equal("it gets no order of another", [], thief.sync().json()["commands"])
    thief.post_events([event("command.done", 1, finding=False, command_id=order, kind="quarantine.restore", ok=True, code=""),
                       event("file.restored", 2, path="/srv/a.exe", action="restored", quarantine_id="q-1")])
    state = lambda: [i["state"] for i in browser.get("/api/v1/quarantine").json()["items"] if i["endpoint"]["id"] == agent.id]
    tap.equal("and ends none", ["restoring"], state())
    tap.equal("the order still reaches its own", [order], [c["id"] for c in agent.sync().json()["commands"]])
    before = console.database().execute("select count(*) from stream").fetchone()[0]
    for n in range(20):
        thief.post_events([event("agent.started", 1, finding=False)], first=9, epoch=f"{n:x}")
    tap.equal("batches that are refused leave nothing", before, console.database().execute("select count(*) from stream").fetchone()[0])


def damaged_reports(agent):
    """Reports that are refused cost nothing."""
    memory = lambda: int(next(x for x in open(f"/proc/{console.process.pid}/status") if x.startswith("VmRSS")).split()[1])
    long = ["/" + "x" * 4000] * 12
    bad = lambda: agent.sync(protected=long, counters=[]).status
    tap.equal("a report of other types is refused", 400, bad())
    for _ in range(100):
        bad()
    before = memory()
    for _ in range(400):
        bad()
    tap.check("400 more leave no memory behind", memory() - before < 4096 * SLACK, f"{before} to {memory()} KiB")


def storm(browser):
    """Killed in the middle of a storm of log-ins, it is whole again after a start."""
    def guess():
        try:
            for n in range(20):
                Browser(console).login(f"wrong {n}")
        except (OSError, http.client.HTTPException):
            pass
    for _ in range(3):
        threads = [threading.Thread(target=guess) for _ in range(5)]
        for t in threads:
            t.start()
        time.sleep(0.4)
        console.stop(signal.SIGKILL)
        for t in threads:
            t.join()
        if not console.start():
            break
    tap.equal("the session from before is still good", 200, browser.get("/api/v1/session").status)
    audit = console.lazaret("verify-audit", "--data", str(console.data))
    tap.check("and the chain of the audit log is whole", audit.returncode == 0 and "intact" in audit.stdout, audit.stdout + audit.stderr)
    modes = {oct(p.stat().st_mode & 0o077) for p in console.data.rglob("*")}
    tap.equal("no file of it is anybody else's", {"0o0"}, modes)


try:
    tap.check("the console starts", console.start())
    browser = Browser(console)
    fixed = "__Host-lazaret=" + "a" * 64
    browser.cookie = fixed
    tap.equal("a session that somebody else has thought of is none", 401, browser.get("/api/v1/session").status)
    browser.login()
    tap.check("and does not become one", browser.cookie != fixed)
    agent = Agent(console)
    agent.enrol(browser.post("/api/v1/enrolment-tokens").json()["token"])
    neighbours(browser, agent)
    tokens(browser)
    certificates(agent)
    damaged_reports(agent)
    slow_page(browser, agent)
    crowd(browser)
    storm(browser)
    tap.equal("SIGTERM ends it cleanly", 0, console.stop())
finally:
    console.stop()
    if "LAZ_KEEP" not in os.environ:
        remove(work)
tap.finish()
