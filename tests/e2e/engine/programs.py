#!/usr/bin/env python3
"""What the modules pe and dotnet say of programs, value by value beside `yara -D`: of programs that are put
together, of those that the machine's packages carry, and of the former with bytes changed by a seed.
Prints TAP.
usage: programs.py [SEED [COUNT]], with LAZ_BUILD

Debian's yara is 4.2.3; where YARA's documentation says otherwise since, the patterns below and same() know it."""
import glob
import os
import random
import re
import subprocess
import sys
import tempfile

PACKAGED = ("/usr/share/clamav-testfiles/*.exe", "/usr/lib/python3/dist-packages/distlib/*.exe")
# Fields that 4.2.3 does not have, or has under another name.
NEWER = re.compile(r"pe\.(is_signed|.*\.rva|rich_signature\.version_data|delay(ed)?_import_details\..*|"
                   r"number_of_delay_.*|"
                   r"signatures\.\[\d+\]\.(verified|digest.*|file_digest|number_of_.*|certificates.*|signer_info.*|"
                   r"countersignatures.*))$|dotnet\.(number_of_classes|classes\..*)")
# 4.2.3 adds the functions of one library to those of all before, and takes names with any character: imports()
# compares what is left.
IMPORTS = re.compile(r"pe\.(number_of_imports|number_of_imported_functions|import_details\..*)$")
# 4.2.3 leaves out the last byte of what lies among blobs.
BLOBS = re.compile(r"dotnet\.(constants\.\[\d+\]|assembly_refs\.\[\d+\]\.public_key_or_token)$")
# Where a program is damaged 4.2.3 ends at the first resource that cannot be, tells empty ones, counts functions
# that have no name, wants three copies of the key in a table of tools and whole entries of debugging, and reads no
# table of metadata behind one with more than 10,000 rows, but rows that are not there.
DAMAGED = re.compile(r"pe\.(number_of_resources|resources\..*|version_info.*|number_of_version_infos|"
                     r"number_of_delayed_.*|pdb_path|rich_signature\..*)$|"
                     r"dotnet\.((number_of_)?(assembly|constants|field_offsets|modulerefs|resources).*|"
                     r"module_name|typelib)$")


def tree(text):
    """Paths with their values."""
    values, path = {}, []
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip("\t"))
        name, mark, value = line[depth:].partition(" = ")
        path[depth:] = [name]
        if mark:
            values[".".join(path)] = value
    return values


def run(command):
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout.decode("latin-1") if done.returncode == 0 else None


def of_yara(path):
    text = run(["yara", "-D", os.path.join(work, "rules.yar"), path])
    return None if text is None else tree(text.rsplit("a " + path + "\n", 1)[0])


def of_lazaret(path):
    text = run([os.path.join(os.environ["LAZ_BUILD"], "tests/e2e/engine/module_dump"), "pe", "dotnet", "--", path])
    return None if text is None else tree(text.rsplit("end ", 1)[0])


def imports(values):
    """Libraries with the names that are imported from each, in order; names that are not plain are
    left out."""
    found = {}
    for key, value in values.items():
        match = re.match(r"pe\.import_details\.\[(\d+)\]\.functions\.\[\d+\]\.name$", key)
        if match and re.fullmatch(r'"[\w.?@$()<>]+"', value, re.ASCII):
            library = values[f"pe.import_details.[{match[1]}].library_name"]
            found.setdefault(match[1], [library]).append(value)
    return [each for each in found.values() if "\\x" not in each[0]]


def same(key, theirs, ours, is_damaged):
    if theirs == ours or NEWER.match(key) or IMPORTS.match(key):
        return True
    if is_damaged and DAMAGED.match(key):
        return True
    if theirs is None:
        return ours == "YR_UNDEFINED"
    if BLOBS.match(key) and ours is not None:
        return ours.startswith(theirs[:-1])
    return re.match(r"pe\.export_details\.\[\d+\]\.offset$", key) and theirs == "-1" and ours == "YR_UNDEFINED"


def difference(path, is_damaged):
    """None, or a value that differs."""
    theirs, ours = of_yara(path), of_lazaret(path)
    if theirs is None:
        return None  # the peer died of it
    if theirs.get("pe.number_of_rva_and_sizes", "16") != "16":
        return None  # 4.2.3 believes the number, which may lie
    if ours is None:
        return "module_dump failed"
    for key in sorted(set(theirs) | set(ours)):
        if not same(key, theirs.get(key), ours.get(key), is_damaged):
            return f"{key}: yara {theirs.get(key)}, lazaret {ours.get(key)}"
    left, right = imports(theirs), imports(ours)
    if is_damaged:  # 4.2.3 takes ordinals of more than 16 bits
        left, right = [], [name for each in right for name in each if name not in str(left)]
    return None if left == right else "imports differ"


def change(dice, data):
    """Some bytes among the headers and tables, or an end that is missing."""
    data = bytearray(data)
    for _ in range(dice.randrange(1, 4)):
        data[dice.randrange(0x40, len(data))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    return bytes(data[:dice.randrange(0x200, len(data) + 1)] if dice.randrange(4) == 0 else data)


def compare(number, text, paths, is_damaged=False):
    problems = [f"{path}: {problem}" for path in paths if (problem := difference(path, is_damaged))]
    print(f"{'not ok' if problems or not paths else 'ok'} {number} - {text} ({len(paths)} files)")
    for problem in problems[:8]:
        print("# " + problem)
    return bool(paths) and not problems


def main():
    dice = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    print("1..3")
    with open(os.path.join(work, "rules.yar"), "w", encoding="ascii") as file:
        file.write('import "pe" import "dotnet" rule a { condition: true }\n')
    built = os.path.join(work, "built")
    os.mkdir(built)
    subprocess.run([os.path.join(os.environ["LAZ_BUILD"], "tests/unit/engine/pe_write"), built], check=True)
    programs = sorted(glob.glob(os.path.join(built, "*")))
    ok = compare(1, "programs that were put together", programs)
    ok &= compare(2, "programs of packages", sorted(path for place in PACKAGED for path in glob.glob(place)))
    changed = []
    for n in range(count):
        with open(dice.choice(programs), "rb") as file:
            data = change(dice, file.read())
        changed.append(os.path.join(work, f"changed-{n}"))
        with open(changed[-1], "wb") as file:
            file.write(data)
    ok &= compare(3, "changed programs", changed, True)
    return 0 if ok else 1


with tempfile.TemporaryDirectory() as work:
    sys.exit(main())
