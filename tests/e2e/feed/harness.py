"""What the tests of `lazaret content` share: an installation of the test's own, a server whose every answer
the test decides, and TAP. Python's standard library and openssl."""

import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import types

BUILD = pathlib.Path(os.environ["LAZ_BUILD"])
LAZARET = BUILD / "lazaret"


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


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        path = self.path.split("?")[0]
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else b""
        # One handler serves all requests of a connection.
        self.server.requests.append(types.SimpleNamespace(path=self.path, headers=self.headers))
        route = self.server.routes.get(path)
        try:
            if route is None:
                self.send(404, b"")
            else:
                route(self)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    do_POST = do_GET

    def send(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server:
    """server.routes: path to a function of the handler. server.requests: all that came."""

    def __init__(self, certificate=None):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.handle_error = lambda *arguments: None  # clients that go away are part of the tests
        self.http.routes = self.routes = {}
        self.http.requests = self.requests = []
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()

    def asked(self, path):
        return [r for r in self.requests if r.path.split("?")[0] == path]


def constant(body, **headers):
    return lambda handler: handler.send(200, body, **headers)


def with_etag(body, etag):
    """Answers 304 to who has it."""
    def route(handler):
        if handler.headers.get("If-None-Match") == etag:
            handler.send(304, b"", ETag=etag)
        else:
            handler.send(200, body, ETag=etag)
    return route


class Installation:
    """A data folder and the command. Few clean files, so that a test is quick; --sample is set anew by who
    wants more."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-feed."))
        self.data = self.root / "data"
        self.clean = self.root / "clean"
        self.clean.mkdir()
        for i in range(20):
            (self.clean / f"file{i}").write_bytes(b"a clean file, number %d\n" % i)

    def remove(self):
        shutil.rmtree(self.root)

    def run(self, *arguments, **options):
        return subprocess.run([LAZARET, "content", *map(str, arguments), "--data", self.data],
                              capture_output=True, text=True, timeout=300, **options)

    def update(self, *arguments, **options):
        return self.run("update", "--sample", "20", "--clean", self.clean, "--slow-seconds", "2",
                        *arguments, **options)

    def state(self):
        done = self.run("list", "--json")
        return json.loads(done.stdout)

    def source(self, name):
        return next(s for s in self.state()["sources"] if s["id"] == name)

    @property
    def db(self):
        return self.data / "db" / "current.lzdb"

    def scan(self, body, db=None):
        """The names of what is found in the bytes."""
        path = self.root / "object"
        path.write_bytes(body)
        done = subprocess.run([LAZARET, "scan", "--json", "--db", db or self.db, path],
                              capture_output=True, text=True, timeout=60)
        found = []
        for line in done.stdout.splitlines():
            found += [d["name"] for d in json.loads(line).get("detections", [])]
        return found


def rule(name, text):
    return f'rule {name} {{ strings: $a = "{text}" condition: $a }}\n'.encode()


def make_certificate(folder, host="127.0.0.1"):
    """A certificate of its own and its key."""
    key, certificate = folder / f"{host}.key", folder / f"{host}.pem"
    name = f"IP:{host}" if host[0].isdigit() else f"DNS:{host}"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    f"/CN={host}", "-addext", f"subjectAltName={name}", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


def wait_for(seconds, condition):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    return condition()
