"""What the console's tests share: a console of the test's own, a browser that is only an HTTP client, an agent
that is only a certificate, and TAP. Python's standard library, openssl and zstd."""

import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time

BUILD = pathlib.Path(os.environ["LAZ_BUILD"])
SOURCE = pathlib.Path(os.environ["LAZ_SOURCE"])


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, text, good, why=""):
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {text}", flush=True)
        if not good:
            self.failed += 1
            for line in str(why).splitlines()[:40]:
                print("# " + line)
        return good

    def equal(self, text, wanted, found):
        return self.check(text, wanted == found, f"wanted {wanted!r}, found {found!r}")

    def finish(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(seconds, condition):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    return condition()


class Console:
    """A console that is started, killed and started again on one folder."""

    def __init__(self, work, options=()):
        self.work = pathlib.Path(work)
        self.data = self.work / "console"
        self.port, self.agent_port = free_port(), free_port()
        self.options = list(options)
        self.process = None
        self.output = ""
        self.password = None

    def command(self):
        return [
            str(BUILD / "lazaret-consoled"), "run", "--data", str(self.data),
            "--listen", f"127.0.0.1:{self.port}", "--agent-listen", f"127.0.0.1:{self.agent_port}",
            *self.options,
        ]

    def start(self):
        ready, write = os.pipe()
        self.log = open(self.work / "console.log", "ab")
        self.out = open(self.work / "console.out", "ab+")
        self.process = subprocess.Popen(
            [*self.command(), "--ready-fd", str(write)], pass_fds=[write], stdout=self.out, stderr=self.log
        )
        os.close(write)
        readable, _, _ = select.select([ready], [], [], 30)
        told = os.read(ready, 16) if readable else b""
        os.close(ready)
        self.output = (self.work / "console.out").read_text()
        found = re.search(r"^administrator: admin  password: (\S+)$", self.output, re.M)
        if found and self.password is None:
            self.password = found.group(1)
        return told == b"ready\n"

    def stop(self, number=signal.SIGTERM):
        if self.process is None:
            return None
        self.process.send_signal(number)
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "did not end"
        self.process = None
        self.log.close()
        self.out.close()
        return code

    def logged(self):
        return (self.work / "console.log").read_text(errors="replace")

    def lazaret(self, *arguments):
        return subprocess.run(
            [str(BUILD / "lazaret"), "console", *arguments], capture_output=True, text=True, timeout=60
        )

    def database(self):
        return sqlite3.connect(self.data / "lazaret.sqlite", timeout=10)


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def code(self):
        try:
            return self.json()["error"]["code"]
        except (ValueError, KeyError, TypeError):
            return None


class Browser:
    def __init__(self, console):
        self.console = console
        self.context = ssl._create_unverified_context()
        self.cookie = None
        self.csrf = None
        self.connection = None

    def send(self, method, path, body=None, headers=None, timeout=20):
        sent = {"Origin": f"https://127.0.0.1:{self.console.port}"} if method == "POST" else {}
        if method == "POST":
            sent["Content-Type"] = "application/json"
            if self.csrf:
                sent["X-CSRF-Token"] = self.csrf
        if self.cookie:
            sent["Cookie"] = self.cookie
        for name, value in (headers or {}).items():
            if value is None:
                sent.pop(name, None)
            else:
                sent[name] = value
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if method == "POST" and data is None:
            data = b"{}"
        for attempt in (0, 1):
            if self.connection is None:
                self.connection = http.client.HTTPSConnection(
                    "127.0.0.1", self.console.port, context=self.context, timeout=timeout
                )
            try:
                self.connection.request(method, path, data, sent)
                response = self.connection.getresponse()
                return Answer(response, response.read())
            except (http.client.RemoteDisconnected, ConnectionError, http.client.CannotSendRequest, ssl.SSLError):
                self.connection.close()
                self.connection = None
                if attempt:
                    raise
        raise AssertionError

    def get(self, path, **more):
        return self.send("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.send("POST", path, body, **more)

    def login(self, password=None, name="admin"):
        answer = self.post("/api/v1/login", {"name": name, "password": password or self.console.password})
        if answer.status == 200:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
            self.csrf = answer.json()["csrf"]
        return answer


class Live:
    """A page that waits for changes."""

    def __init__(self, browser):
        self.connection = http.client.HTTPSConnection(
            "127.0.0.1", browser.console.port, context=browser.context, timeout=30
        )
        self.connection.request("GET", "/api/v1/live", headers={"Cookie": browser.cookie})
        self.response = self.connection.getresponse()
        self.events = []
        self.ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        event = {}
        try:
            for line in self.response:
                text = line.decode().rstrip("\n")
                if text == "" and event:
                    self.events.append(event)
                    event = {}
                elif ": " in text and not text.startswith(":"):
                    name, value = text.split(": ", 1)
                    event[name] = value
        except (OSError, ValueError, http.client.HTTPException):
            pass
        self.ended = True

    def kinds(self):
        return {json.loads(e["data"])["kind"] for e in self.events if "data" in e}


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def zstd(data):
    return subprocess.run(["zstd", "-q", "-3", "-c", f"--stream-size={len(data)}"], input=data, capture_output=True, check=True).stdout


def request_certificate(folder, name="agent"):
    """A key in folder and a request for it."""
    key = folder / f"{name}.key"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key))
    return openssl("req", "-new", "-key", str(key), "-subj", "/CN=agent").decode()


class Agent:
    def __init__(self, console, name="ward-7"):
        self.console = console
        self.folder = console.work / f"agent-{name}"
        self.folder.mkdir()
        self.name = name
        self.id = None
        self.epoch = os.urandom(8).hex()
        self.seq = 0
        self.connection = None

    def enrol(self, token, csr=None):
        csr = csr or request_certificate(self.folder)
        facts = {"token": token, "csr": csr, "hostname": self.name, "os": "Debian 12", "kernel": "6.1", "version": "0.1.0"}
        context = ssl._create_unverified_context()
        c = http.client.HTTPSConnection("127.0.0.1", self.console.agent_port, context=context, timeout=10)
        c.request("POST", "/agent/v1/enrol", json.dumps(facts).encode(), {"Content-Type": "application/json"})
        response = c.getresponse()
        answer = Answer(response, response.read())
        c.close()
        if answer.status == 200:
            got = answer.json()
            self.id = got["endpoint_id"]
            (self.folder / "agent.crt").write_text(got["certificate"])
            (self.folder / "ca.crt").write_text(got["ca"])
        return answer

    def context(self):
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        context.load_cert_chain(self.folder / "agent.crt", self.folder / "agent.key")
        return context

    def send(self, path, body, kind="application/json", timeout=40):
        for attempt in (0, 1):
            if self.connection is None:
                self.connection = http.client.HTTPSConnection(
                    "localhost", self.console.agent_port, context=self.context(), timeout=timeout
                )
            try:
                self.connection.request("POST", path, body, {"Content-Type": kind})
                response = self.connection.getresponse()
                return Answer(response, response.read())
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                if attempt:
                    raise
        raise AssertionError

    def sync(self, hold_ms=0, **state):
        report = {
            "hostname": self.name, "os": "Debian 12", "kernel": "6.1.0", "version": "0.1.0", "mode": "full",
            "features": [{"name": "fanotify-permission", "state": "on", "detail": ""}], "protected": ["/srv"],
            "unguarded": ["unlink-and-rename"],
            "content": {"name": "default", "built": int(time.time() * 1000), "rules": 3, "hashes": 5,
                        "sources": 2, "failing": 1, "held": False, "problem": "it refuses us"},
            "counters": {"opens": 10, "scanned": 4},
        }
        report.update(state)
        if hold_ms:
            report["hold_ms"] = hold_ms
        return self.send("/agent/v1/sync", json.dumps(report).encode())

    def post_lines(self, lines, first=None, gap=None, epoch=None, count=None):
        first = self.seq + 1 if first is None else first
        path = f"/agent/v1/events?epoch={epoch or self.epoch}&first={first}&count={count or len(lines)}"
        if gap:
            path += f"&gap={gap[0]}-{gap[1]}"
        body = zstd(b"".join(line + b"\n" for line in lines))
        return self.send(path, body, "application/zstd")

    def post_events(self, events, **more):
        answer = self.post_lines([json.dumps(e).encode() for e in events], **more)
        if answer.status == 200 and "first" not in more:
            self.seq = answer.json()["ack"]["seq"]
        return answer


def event(code, /, severity=4, finding=True, path=None, incident=None, action="none", **unmapped):
    e = {
        "time": int(time.time() * 1000), "class_uid": 2004 if finding else 6002,
        "class_name": "Detection Finding" if finding else "Application Lifecycle",
        "category_uid": 2 if finding else 6, "activity_id": 1, "type_uid": 200401, "severity_id": severity,
        "metadata": {"version": "1.3.0", "product": {"name": "Lazaret", "vendor_name": "Lazaret", "version": "0.1.0"},
                     "event_code": code, "uid": os.urandom(16).hex()},
        "device": {"hostname": "ward-7"},
        "unmapped": {"trigger": "open", "action": action, **unmapped},
    }
    if incident:
        e["finding_info"] = {"uid": incident, "title": code}
        e["unmapped"]["incident"] = incident
        e["actor"] = {"process": {"pid": 77, "name": "cp", "cmd_line": "cp a b", "file": {"path": "/usr/bin/cp"},
                                  "user": {"uid": "0", "name": "root"}}}
    if path:
        e["file"] = {"path": path, "name": path.rsplit("/", 1)[-1], "size": 68,
                     "hashes": [{"algorithm": "SHA-256", "algorithm_id": 3, "value": "ab" * 32}]}
    return e


def quarantined(path, quarantine_id, incident):
    return event("file.quarantined", path=path, incident=incident, action="quarantined", verdict="malicious",
                 reason="detected", quarantine_id=quarantine_id,
                 detections=[{"name": "Test.Eicar", "kind": "hash", "member": "", "source": "default"}])


def scratch():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-console-test."))
    return folder


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
