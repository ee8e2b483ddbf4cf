#!/usr/bin/env python3
"""What modules say of files, line by line beside `yara -D`: of the machine's own programs, of the fuzz
targets' corpora, and of both with bytes changed by a seed. Prints TAP.
usage: modules.py [SEED [ROUNDS]], with LAZ_BUILD and LAZ_SOURCE"""
import glob
import os
import random
import subprocess
import sys
import tempfile

# What yara 4.2.3 prints for members that no rule can name.
NAMELESS = (b"tries", b"handlers")
# Of a damaged list yara keeps part of the item that it could not read: not compared in changed files.
LISTS = (b"\tmethod", b"\tfield", b"\t\tmap_item")
PROGRAMS = 150  # of the machine
CHANGED = 40    # files of each module, for each round
SHARE = 20      # one of so many changed files may differ: what is left of a damaged table is chance


def without_lists(lines):
    kept, depth = [], None
    for line in lines:
        tabs = len(line) - len(line.lstrip(b"\t"))
        if depth is not None and tabs > depth:
            continue
        depth = tabs if line in LISTS else None
        kept.append(line)
    return kept


def of_yara(module, path):
    run = subprocess.run(["yara", "-D", os.path.join(work, module + ".yar"), path],
                         capture_output=True, check=False)
    if run.returncode != 0:
        return None
    lines = run.stdout.rsplit(b"a " + path.encode() + b"\n", 1)[0].splitlines()
    return [line for line in lines if line.strip() not in NAMELESS]


def of_lazaret(module, path):
    run = subprocess.run([os.path.join(os.environ["LAZ_BUILD"], "tests/e2e/engine/module_dump"), module,
                          "--", path], capture_output=True, check=False)
    return run.stdout.rsplit(b"end ", 1)[0].splitlines() if run.returncode == 0 else None


def difference(module, path, changed):
    """None, or the first line that differs."""
    theirs, ours = of_yara(module, path), of_lazaret(module, path)
    if theirs is None:
        return "yara failed"
    if ours is None:
        return "module_dump failed"
    if module == "dex" and changed:
        theirs, ours = without_lists(theirs), without_lists(ours)
    if theirs == ours:
        return None
    for left, right in zip(theirs + [b""], ours + [b""]):
        if left != right:
            return f"yara {left!r}, lazaret {right!r}"
    return "one has more lines"


def change(dice, data):
    """Some bytes of the first kilobyte, most of which are headers, or an end that is missing."""
    data = bytearray(data)
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(min(len(data), 1024))
        data[at] = dice.choice((0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)))
    return bytes(data[:dice.randrange(1, len(data) + 1)] if dice.randrange(4) == 0 else data)


def report(number, text, problems, count, allowed):
    if len(problems) > allowed:
        print(f"not ok {number} - {text}")
        for problem in problems[:5]:
            print(f"# {problem}")
        print(f"# {len(problems)} of {count} differ")
    else:
        print(f"ok {number} - {text} ({count} files)")
    return len(problems) <= allowed


def compare(number, text, module, paths, changed=False):
    problems = []
    for path in paths:
        problem = difference(module, path, changed)
        if problem:
            problems.append(f"{path}: {problem}")
    return report(number, text, problems, len(paths), len(paths) // SHARE if changed else 0)


def main():
    dice = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    modules = ("elf", "macho", "dex")
    ok = True
    print(f"1..{1 + 2 * len(modules)}")
    for module in modules:
        with open(os.path.join(work, module + ".yar"), "w", encoding="ascii") as file:
            file.write(f'import "{module}" rule a {{ condition: true }}\n')
    programs = sorted(path for path in glob.glob("/usr/bin/*") + glob.glob("/usr/lib/*/*.so*")
                      if os.path.isfile(path) and not os.path.islink(path)
                      and 0 < os.path.getsize(path) < 4 << 20)
    ok &= compare(1, "the machine's programs", "elf", dice.sample(programs, min(PROGRAMS, len(programs))))
    for i, module in enumerate(modules):
        corpus = sorted(glob.glob(os.path.join(os.environ["LAZ_SOURCE"], "tests/fuzz/corpus/fuzz_" + module, "*")))
        ok &= compare(2 + 2 * i, f"files put together for {module}", module, corpus)
        changed = []
        for n in range(CHANGED * rounds):
            with open(dice.choice(corpus), "rb") as file:
                data = change(dice, file.read())
            path = os.path.join(work, f"{module}-{n}")
            with open(path, "wb") as file:
                file.write(data)
            changed.append(path)
        ok &= compare(3 + 2 * i, f"changed files of {module}", module, changed, True)
    return 0 if ok else 1


with tempfile.TemporaryDirectory() as work:
    sys.exit(main())
