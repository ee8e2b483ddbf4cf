#!/usr/bin/env python3
"""Strings of rules, made up from a seed over few letters, in objects of the same letters: every place
with its length must be where Debian's yara says, and what yara refuses must be refused. Prints TAP.
usage: strings.py [SEED [ROUNDS]], with LAZ_BUILD; with LAZ_LONG many rounds"""
import os
import random
import re
import subprocess
import sys
import tempfile

STRINGS, OBJECTS = 200, 10
OPEN, OPTIONAL = "<", ">"  # around what may be there once
WORDS = "abAB1_ ."


def make_text(dice, least=1):
    return "".join(dice.choice(WORDS[:6]) for _ in range(dice.randint(least, 6)))


def make_modifiers(dice, allowed, most=2):
    return "".join(" " + m for m in dice.sample(allowed, dice.randint(0, most)))


def make_text_string(dice):
    kind = dice.randrange(8)
    text = make_text(dice)
    if kind == 0:
        first = dice.randrange(256)
        xor = dice.choice(["xor", f"xor({first})", f"xor({first}-{dice.randrange(first, 256)})"])
        return f'"{text}" {xor}' + make_modifiers(dice, ["wide", "ascii", "fullword"])
    if kind == 1:
        base64 = dice.choice(["base64", "base64wide", "base64 base64wide"])
        return f'"{text}" {base64}' + make_modifiers(dice, ["wide", "ascii"])
    return f'"{text}"' + make_modifiers(dice, ["wide", "ascii", "fullword", "nocase"], 3)


def make_hex_byte(dice, whole=False):
    c = f"{ord(dice.choice('abAB1')):02X}"
    kind = 9 if whole else dice.randrange(10)
    return ["??", c[0] + "?", "?" + c[1]][kind] if kind < 3 else c


def make_hex_part(dice, depth):
    kind = dice.randrange(8)
    if kind == 0 and depth < 2:
        return "(" + "|".join(make_hex_parts(dice, depth + 1) for _ in range(dice.randint(1, 3))) + ")"
    return make_hex_byte(dice)


def make_hex_parts(dice, depth):
    parts = [make_hex_byte(dice)]
    for _ in range(dice.randint(0, 3)):
        if dice.randrange(5) == 0:
            first = dice.randrange(3)
            jumps = [f"[{first + 1}]", f"[{first}-{first + dice.randrange(4)}]", f"[{first}-]", "[-]"]
            parts.append(dice.choice(jumps if depth == 0 else jumps[:2]))
            parts.append(make_hex_byte(dice))
        else:
            parts.append(make_hex_part(dice, depth))
    return " ".join(parts)


def make_hex_string(dice):
    return "{ " + make_hex_byte(dice, True) + " " + make_hex_parts(dice, 0) + " }"


def make_class(dice):
    members = [dice.choice(["a", "b", "A-B", "0-9", "a-c", r"\w", r"\d", r"\s", "_", r"\x41"])
               for _ in range(dice.randint(1, 3))]
    return "[" + dice.choice(["", "", "^"]) + "".join(members) + "]"


def make_atom(dice, depth, lazy):
    kind = dice.randrange(16)
    if kind < 9:
        return dice.choice(["a", "b", "A", "B", "1", "_", "ab", "ba", r"\x61"])
    if kind == 9:
        return "."
    if kind == 10:
        return dice.choice([r"\w", r"\W", r"\d", r"\s", r"\S"])
    if kind == 11:
        return make_class(dice)
    if kind == 12:
        return dice.choice([r"\b", r"\B"])
    if depth > 2:
        return "a"
    return "(" + make_alternatives(dice, depth + 1, lazy) + ")"


def make_sequence(dice, depth, lazy):
    parts = []
    for _ in range(dice.randint(1, 4)):
        atom = make_atom(dice, depth, lazy)
        quantifiers = ["*", "+", "{2}", "{1,2}", "{2,}", "{,2}", OPTIONAL]
        quantifier = dice.choice(quantifiers[:6] if lazy else quantifiers)
        if lazy and atom == "." and quantifier == "{2,}":  # 4.2.3 makes chains of these, and misses some
            quantifier = "*"
        if atom not in (r"\b", r"\B") and dice.randrange(3) == 0:
            if quantifier == OPTIONAL:
                parts.append(atom[:-1] if atom in ("ab", "ba") else "")
                atom = atom[len(parts[-1]):]
                atom = OPEN + atom + OPTIONAL
            else:
                atom += quantifier + "?" * lazy
        parts.append(atom)
    return "".join(parts)


def make_alternatives(dice, depth, lazy):
    return "|".join(make_sequence(dice, depth, lazy) for _ in range(dice.choice([1, 1, 1, 2])))


def make_regex_string(dice):
    """None that can be empty: of /b*?/ and the like yara's own atoms decide what is found, as they do
    of lazy ones that must be a word."""
    while True:
        lazy = dice.randrange(3) == 0
        body = make_alternatives(dice, 0, lazy)
        body = dice.choice(["", "", "", "^"]) + body + dice.choice(["", "", "", "$"])
        if not re.search(for_ours(body).replace("{,", "{0,"), ""):
            break
    modifiers = ["wide", "ascii", "nocase"] + ["fullword"] * (not lazy)
    return f"/{body}/" + dice.choice(["", "", "i", "s"]) + make_modifiers(dice, modifiers)


def for_ours(string):
    return string.replace(OPEN, "").replace(OPTIONAL, "?")


def for_yara(string):
    """The strings whose places together are those of this one, the first with the most right: 4.2.3
    misses what an optional first byte begins (/c?_?/ in "_"), and what is wide behind an atom of one
    byte (/\\sA/ wide ascii)."""
    string = string.replace(OPEN, "(").replace(OPTIONAL, "|)")
    if string.startswith("/") and " wide" in string and " ascii" in string:
        return [string.replace(" wide", ""), string.replace(" ascii", "")]
    return [string]


def make_string(dice):
    return dice.choice([make_text_string, make_hex_string, make_regex_string, make_regex_string])(dice)


def make_object(dice):
    data = bytearray()
    while len(data) < dice.randrange(20, 120):
        word = "".join(dice.choice(WORDS + "\n") for _ in range(dice.randint(1, 8))).encode()
        kind = dice.randrange(10)
        if kind < 3:
            word = b"".join(bytes([c, 0]) for c in word)
        elif kind == 3:
            key = dice.randrange(256)
            word = bytes(c ^ key for c in word)
        data += word
    return bytes(data)


def run(*command):
    """yara 4.2.3 does not come back from some expressions."""
    try:
        return subprocess.run(command, check=False, capture_output=True, encoding="latin-1", timeout=20)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", "timeout")


def write_rules(path, strings):
    with open(path, "w", encoding="latin-1") as file:
        for name, string in strings.items():
            file.write(f"rule r{name} {{ strings: $a = {string} condition: #a > 0 }}\n")


def write_for_yara(path, strings):
    spelled = {f"{number}_{i}": spelling for number, string in strings.items()
               for i, spelling in enumerate(for_yara(string))}
    write_rules(path, spelled)


def refused_by_yara(path, strings, empty):
    write_for_yara(path, strings)
    lines = run("yara", "-w", path, empty).stderr.splitlines()
    found = [re.search(r'^error: rule "r(\d+)_', line) for line in lines]
    return {int(match.group(1)) for match in found if match}


def places_of_yara(path, strings, item):
    """None when yara gave up; a string with which it did is taken out."""
    while True:
        result = run("yara", "-w", "-a", "1", "-s", "-L", path, item)
        if result.returncode == 0:
            break
        named = re.search(r'in rule "r(\d+)_', result.stderr)
        if not named:
            return None
        strings.pop(int(named.group(1)))
        write_for_yara(path, strings)
    places, rule = {}, None
    for line in result.stdout.split("\n"):
        name = re.match(r"r(\d+)_\d ", line)
        place = re.match(r"0x([0-9a-f]+):(\d+):\$a: ", line)
        if place:
            places[rule].setdefault(int(place.group(1), 16), int(place.group(2)))
        elif name:
            rule = int(name.group(1))
            places.setdefault(rule, {})
    return {rule: sorted(found.items()) for rule, found in places.items()}


def places_of_ours(path, items):
    result = run(os.environ["LAZ_BUILD"] + "/tests/e2e/engine/engine_places", path, *items)
    places, item = {}, None
    for line in result.stdout.split("\n"):
        if line.startswith("== "):
            item = line[3:]
            places[item] = {}
            continue
        place = re.match(r"r(\d+) 0 (\d+):(\d+)$", line)
        if place and item:
            places[item].setdefault(int(place.group(1)), []).append((int(place.group(2)), int(place.group(3))))
        elif line:
            return None, line
    return places, result.stderr


def differs(string, ours, theirs):
    """Of alternatives that begin at one place yara's atoms decide which one is taken (3 bytes of "abcde"
    both for /abc|abcde/ and for /abcde|abc/), so that their lengths may differ."""
    if "|" in for_yara(string)[0]:
        return [place[0] for place in ours] != [place[0] for place in theirs]
    return ours != theirs


def compare(seed, folder):
    dice = random.Random(seed)
    strings = {number: make_string(dice) for number in range(STRINGS)}
    path, items, problems, pairs, found, other = folder + "/r.yar", [], [], 0, 0, 0
    for number in range(OBJECTS):
        items.append(f"{folder}/object{number}")
        with open(items[-1], "wb") as file:
            file.write(make_object(dice))
    for number in refused_by_yara(path, strings, items[0]):
        write_rules(path, {number: for_ours(strings.pop(number))})
        if places_of_ours(path, [])[0] is not None:
            problems.append(f"refused by yara only: {open(path, encoding='latin-1').read().strip()}")
    write_rules(path, {number: for_ours(string) for number, string in strings.items()})
    ours, error = places_of_ours(path, items)
    if ours is None:
        return [error], 0, 0
    write_for_yara(path, strings)
    for item in items:
        theirs = places_of_yara(path, strings, item)
        if theirs is None:
            break
        for number, string in strings.items():
            a, b = ours[item].get(number, []), theirs.get(number, [])
            pairs += 1
            found += len(b)
            other += len(set(a) - set(b))
            if differs(string, a, b):
                with open(item, "rb") as file:
                    problems.append(f"{for_ours(string)}   {file.read()!r}\n#   ours {[p for p in a if p not in b]} "
                                    f"yara {[p for p in b if p not in a]}")
    if other > found / 50:
        problems.append(f"{other} of {found} places have another length")
    return problems, pairs, found


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 45 if os.environ.get("LAZ_LONG") else 3
    failed, all_pairs = False, 0
    print(f"1..{rounds + 1}")
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            problems, pairs, found = compare(seed + number, folder)
        all_pairs += pairs
        print(f"{'not ok' if problems else 'ok'} {number + 1} - {pairs} pairs, {found} places, seed {seed + number}")
        for problem in problems[:20]:
            print("#", problem)
        failed = failed or bool(problems)
    enough = all_pairs >= rounds * STRINGS * OBJECTS / 2
    print(f"{'ok' if enough else 'not ok'} {rounds + 1} - {all_pairs} pairs were compared")
    sys.exit(failed or not enough)


main()
