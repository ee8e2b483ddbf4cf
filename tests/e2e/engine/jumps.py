#!/usr/bin/env python3
"""Hex strings with several jumps against Python's re, which says where each of them stands: yara 4.2.3
misses some. Strings and objects are made up from a seed, over few letters. Prints TAP.
usage: jumps.py [SEED [ROUNDS]], with LAZ_BUILD"""
import os
import random
import re
import subprocess
import sys
import tempfile

LETTERS = b"ABb"
STRINGS, OBJECTS = 150, 10


def escape(value):
    return rb"\x%02x" % value


def make_byte(dice, whole):
    """The text of a byte in a hex string, and the expression for it."""
    c = dice.choice(LETTERS)
    kind = 9 if whole else dice.randrange(10)
    if kind == 0:
        return "??", b"."
    if kind == 1:
        return f"{c >> 4:X}?", b"[" + b"".join(escape(c & 0xf0 | i) for i in range(16)) + b"]"
    if kind == 2:
        return f"?{c & 15:X}", b"[" + b"".join(escape(i << 4 | c & 15) for i in range(16)) + b"]"
    if kind == 3:
        return f"~{c:02X}", b"[^" + escape(c) + b"]"
    return f"{c:02X}", escape(c)


def make_jump(dice):
    first = dice.randrange(4)
    last = first + dice.randrange(5)
    kind = dice.randrange(8)
    if kind == 0:
        return f"[{first}-]", b".{%d,}?" % first
    if kind == 1:
        return "[-]", b".*?"
    if kind == 2:
        return f"[{first + 1}]", b".{%d}" % (first + 1)
    return f"[{first}-{last}]", b".{%d,%d}?" % (first, last)


def make_alternatives(dice):
    branches = [[make_byte(dice, True) for _ in range(dice.randint(1, 3))] for _ in range(dice.randint(2, 3))]
    return ("(" + "|".join(" ".join(text for text, _ in branch) for branch in branches) + ")",
            b"(?:" + b"|".join(b"".join(part for _, part in branch) for branch in branches) + b")")


def make_string(dice):
    parts = [make_byte(dice, True), make_byte(dice, False)]
    for _ in range(dice.randint(2, 4)):
        parts.append(make_jump(dice))
        parts.append(make_byte(dice, True))
        if dice.randrange(3) == 0:
            parts.append(make_alternatives(dice))
        if dice.randrange(2) == 0:
            parts.append(make_byte(dice, False))
    parts.append(make_byte(dice, True))
    return "{ " + " ".join(text for text, _ in parts) + " }", b"".join(part for _, part in parts)


def make_rule(number, string, offsets):
    """A rule that fires when the places differ from offsets."""
    wrong = [f"#a != {len(offsets)}"] + [f"@a[{i + 1}] != {offset}" for i, offset in enumerate(offsets[:40])]
    return f"rule r{number} {{ strings: $a = {string} condition: {' or '.join(wrong)} }}\n"


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


def compare(seed, folder):
    dice = random.Random(seed)
    strings = [make_string(dice) for _ in range(STRINGS)]
    lazaret, problems, found = os.environ["LAZ_BUILD"] + "/lazaret", [], 0
    for _ in range(OBJECTS):
        data = bytes(dice.choice(LETTERS) for _ in range(dice.randrange(40, 300)))
        rules = []
        for number, (string, expression) in enumerate(strings):
            matches = re.finditer(b"(?=" + expression + b")", data, re.DOTALL)
            offsets = [match.start() for match in matches]
            found += len(offsets)
            rules.append(make_rule(number, string, offsets))
        with open(folder + "/r.yar", "w", encoding="ascii") as file:
            file.writelines(rules + ["rule always { condition: filesize > 0 }\n"])
        with open(folder + "/object", "wb") as file:
            file.write(data)
        built = run(lazaret, "db", "build", "-o", folder + "/r.lzdb", folder + "/r.yar")
        scanned = run(lazaret, "scan", "--db", folder + "/r.lzdb", folder + "/object")
        if built.returncode != 0 or "always" not in scanned.stdout:
            problems.append(built.stderr.strip() or scanned.stderr.strip() or scanned.stdout)
        for number in sorted(set(re.findall(r"\br(\d+)\b", scanned.stdout))):
            problems.append(f"{rules[int(number)].strip()} {data!r}")
    if found < STRINGS:
        problems.append(f"only {found} places were compared")
    return problems, found


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    failed = False
    print(f"1..{rounds}")
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            problems, found = compare(seed + number, folder)
        print(f"{'not ok' if problems else 'ok'} {number + 1} - {STRINGS} strings stand where re says, "
              f"seed {seed + number}")
        print(f"# {found} places")
        for problem in problems[:10]:
            print("#", problem)
        failed = failed or bool(problems)
    sys.exit(failed)


main()
