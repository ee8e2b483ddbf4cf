"""Builds the samples of content/samples and checks that each rule of the default pack fires on its own.

A file *.samples holds sections:

    === RULE NAME        a file NAME on which RULE must fire
    === clean NAME       a file on which nothing may fire

and in them one line after another:

    @pe, @elf            the smallest head of such a program; the texts behind it end in a NUL
    @hex 4d 5a           bytes
    @zero N              N zero bytes
    @random N SEED       N bytes of a generator with that seed
    @fill N TEXT         TEXT again and again, N bytes of it
    @wide TEXT           TEXT as UTF-16LE, with a NUL
    @raw TEXT            TEXT, without an end of line
    anything else        is text, with an end of line
"""

import json
import pathlib
import random
import re
import struct
import subprocess
import sys


def pe_head():
    """A DOS and a PE head that lead to one empty section."""
    dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, 224, 0x102)
    optional = struct.pack("<H", 0x10B) + bytes(222)
    section = b".text\0\0\0" + struct.pack("<IIII", 0x1000, 0x1000, 0x200, 0x200) + bytes(16)
    head = dos + coff + optional + section
    return head + bytes(0x400 - len(head))


def elf_head():
    return b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(40)


def build(lines):
    out = bytearray()
    end = b"\n"
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "@pe":
            out += pe_head()
            end = b"\0"
        elif word == "@elf":
            out += elf_head()
            end = b"\0"
        elif word == "@hex":
            out += bytes.fromhex(rest)
        elif word == "@zero":
            out += bytes(int(rest))
        elif word == "@random":
            size, seed = rest.split()
            out += random.Random(int(seed)).randbytes(int(size))
        elif word == "@fill":
            size, _, text = rest.partition(" ")
            out += (text.encode() * (int(size) // len(text) + 1))[: int(size)]
        elif word == "@wide":
            out += rest.encode("utf-16-le") + b"\0\0"
        elif word == "@raw":
            out += rest.encode()
        else:
            out += line.encode() + end
    return bytes(out)


def read_samples(path):
    """(rule or None, name, bytes) of each section."""
    rule = name = None
    lines = []
    for line in path.read_text().splitlines():
        if line.startswith("=== "):
            if name is not None:
                yield rule, name, build(lines)
            rule, name = line[4:].split(" ", 1)
            lines = []
        elif name is not None:
            lines.append(line)
    if name is not None:
        yield rule, name, build(lines)


def read_rules(folder):
    """Each rule with its metas."""
    rules = {}
    for path in sorted(folder.glob("*.yar")):
        text = path.read_text()
        for match in re.finditer(r"^rule (\w+)[^{]*\{(.*?)^\}", text, re.M | re.S):
            metas = dict(re.findall(r'^\s+(\w+) = "(.*)"$', match.group(2), re.M))
            rules[match.group(1)] = (path.name, metas)
    return rules


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, ok, what, detail=""):
        self.count += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.count} - {what}")
        if not ok and detail:
            print(f"# {detail}")


def scan(lazaret, folder):
    done = subprocess.run(
        [lazaret, "scan", "--json", str(folder)], capture_output=True, text=True, timeout=300
    )
    found = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        found[pathlib.Path(answer["path"]).parent.name] = answer
    return found, done.stderr


def main():
    lazaret, source, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    tap = Tap()
    rules = read_rules(source / "content/packs/default")
    wanted = {}
    for path in sorted((source / "content/samples").glob("*.samples")):
        for rule, name, content in read_samples(path):
            folder = work / f"{len(wanted):04d}"
            folder.mkdir(parents=True)
            (folder / name).write_bytes(content)
            wanted[folder.name] = (rule, f"{path.name}: {name}")
    found, said = scan(lazaret, work)

    for folder, (rule, name) in wanted.items():
        answer = found.get(folder)
        names = [d["name"] for d in answer["detections"]] if answer else []
        if rule == "clean":
            tap.check(answer is not None and answer["verdict"] == "clean", f"{name} is clean", f"{answer} {said}")
        else:
            tap.check(rule in names, f"{rule} fires on {name}", f"{answer} {said}")
    with_sample = {rule for rule, _ in wanted.values()}
    for rule, (file, metas) in rules.items():
        if rule.startswith("Test_"):
            continue
        tap.check(rule in with_sample, f"{rule} of {file} has a sample")
        tap.check(
            len(metas.get("reason", "")) > 20 and re.fullmatch(r"T\d{4}(\.\d{3})?", metas.get("attack", "")),
            f"{rule} of {file} has a reason in plain language and an ATT&CK technique",
        )
    tap.check(len(rules) >= 100, f"{len(rules)} rules, {len(wanted)} samples")
    print(f"1..{tap.count}")
    sys.exit(tap.failed > 0)


if __name__ == "__main__":
    main()
