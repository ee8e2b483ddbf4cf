#!/usr/bin/env python3
"""The same regular expressions over the same texts to this engine, to yara and to Python's re: all
must come to the same answer. Expressions are made up from a seed, over few letters. Prints TAP.
usage: regex.py [SEED [ROUNDS]], with LAZ_BUILD"""
import os
import random
import re
import subprocess
import sys
import tempfile

LETTERS = "abAB1_ ."
RULES, TEXTS = 150, 8


def make_class(dice):
    members = [dice.choice(["a", "b", "A-B", "0-9", "a-c", r"\w", r"\d", r"\s", "_", r"\x41"])
               for _ in range(dice.randint(1, 3))]
    return "[" + dice.choice(["", "", "^"]) + "".join(members) + "]"


def make_atom(dice, depth):
    kind = dice.randrange(12)
    if kind < 5:
        return dice.choice(["a", "b", "A", "B", "1", "_", " ", r"\.", r"\x61"])
    if kind == 5:
        return "."
    if kind == 6:
        return dice.choice([r"\w", r"\W", r"\d", r"\D", r"\s", r"\S"])
    if kind == 7:
        return make_class(dice)
    if kind == 8:
        return dice.choice([r"\b", r"\B"])
    if depth > 2:
        return "a"
    return "(" + make_alternatives(dice, depth + 1) + ")"


def make_sequence(dice, depth):
    parts = []
    for _ in range(dice.randint(1, 3)):
        atom = make_atom(dice, depth)
        if atom not in (r"\b", r"\B"):
            atom += dice.choice(["", "", "", "", "*", "+", "?", "{2}", "{1,2}", "{2,}", "{,2}", "+?"])
        parts.append(atom)
    return "".join(parts)


def make_alternatives(dice, depth):
    return "|".join(make_sequence(dice, depth) for _ in range(dice.choice([1, 1, 1, 2])))


def make_expression(dice):
    body = make_alternatives(dice, 0)
    return dice.choice(["", "", "^"]) + body + dice.choice(["", "", "$"])


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


def compare(seed, folder):
    dice = random.Random(seed)
    # YARA takes both ends of a text for borders of words; re does so only beside a word.
    texts = ["b" + "".join(dice.choice(LETTERS) for _ in range(dice.randrange(14))) + "a"
             for _ in range(TEXTS)]
    rules, expected = [], set()
    while len(rules) < RULES:
        expression, flags = make_expression(dice), dice.choice(["", "i", "s", "is"])
        number = dice.randrange(TEXTS)
        options = re.ASCII | (re.I if "i" in flags else 0) | (re.S if "s" in flags else 0)
        # re knows a '$' before a last line end, which no text here has, and wants {0,2} for {,2}. YARA
        # tries no match at the end of a text.
        compiled = re.compile(expression.replace("{,", "{0,"), options)
        if any(compiled.match(texts[number], at) for at in range(len(texts[number]))):
            expected.add(f"r{len(rules)}")
        rules.append(f"rule r{len(rules)} {{ condition: t{number} matches /{expression}/{flags} }}\n")
    source, database, empty = folder + "/r.yar", folder + "/r.lzdb", folder + "/object"
    with open(source, "w", encoding="ascii") as file:
        file.writelines(rules)
    with open(empty, "w", encoding="ascii") as file:
        file.write("object")
    defines = [part for i, text in enumerate(texts) for part in ("-d", f"t{i}={text}")]
    lazaret = os.environ["LAZ_BUILD"] + "/lazaret"
    built = run(lazaret, "db", "build", *defines, "-o", database, source)
    if built.returncode != 0:
        return [built.stderr]
    ours = set()
    for first in range(0, RULES, 10):  # an answer names a few rules only, so ask in parts
        part = folder + "/part.yar"
        with open(part, "w", encoding="ascii") as file:
            file.writelines(rules[first:first + 10])
        run(lazaret, "db", "build", *defines, "-o", database, part)
        ours |= set(re.findall(r"\br\d+\b", run(lazaret, "scan", "--db", database, empty).stdout))
    problems, both = [], 0
    for i, rule in enumerate(rules):
        with open(source, "w", encoding="ascii") as file:
            file.write(rule)
        yara = run("yara", "-w", *defines, source, empty)
        answers = [f"r{i}" in ours, f"r{i}" in expected]
        if yara.returncode == 0:  # it gives up at some: "too many fibers"
            answers.append(yara.stdout != "")
            both += 1
        if len(set(answers)) > 1:
            text = texts[int(re.search(r"t(\d+) matches", rule).group(1))]
            problems.append(f"ours, re, yara: {answers} {rule.strip()} {text!r}")
    if both < RULES / 2:
        problems.append(f"yara answered {both} of {RULES}")
    if not 0 < len(expected) < RULES:
        problems.append("nothing was compared")
    return problems


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    failed = False
    print(f"1..{rounds}")
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            problems = compare(seed + number, folder)
        print(f"{'not ok' if problems else 'ok'} {number + 1} - {RULES} expressions, seed {seed + number}")
        for problem in problems[:20]:
            print("#", problem)
        failed = failed or bool(problems)
    sys.exit(failed)


main()
