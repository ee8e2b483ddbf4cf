#!/usr/bin/env python3
"""`lazaret yara` beside `yara`: the same options over the same rules and targets print the same bytes on
standard output and end with the same status. Prints TAP.
usage: yara_cli.py, with LAZ_BUILD

Debian's yara is 4.2.3. What 4.3 to 4.5 brought is checked against what their documentation says
(NEWER); where 4.2.3 itself is the odd one, the case says so and is left out."""
import os
import subprocess
import sys
import tempfile

FILES = {
    "words.bin": b"Hello hello world\x00\x01\n\"\\ " + bytes(c ^ 0x10 for c in b"secret")
                 + "wide".encode("utf-16le") + b" anon",
    "long.bin": b"A" + b"x" * 1200 + b"B",
    "control.bin": b"\x00\"\x1b\t\\\"",
    "empty.bin": b"",
    "one.bin": b"a",
    "all.bin": bytes(range(256)),
    "many.bin": b"a" * 1100000, # more places than are kept
    "folder/first": b"hello first",
    "folder/second": b"world second",
    "folder/below/third": b"hello third",
    "folder/below/deeper/fourth": b"nothing",
    "list": b"words.bin\nfolder/first\nno such file\none.bin\n",
    "report.json": b'{"network": {"domains": [{"domain": "bad.example", "ip": "192.0.2.1"}],'
                   b' "http": [{"method": "GET", "uri": "http://bad.example/x", "user-agent": "Odd"}],'
                   b' "hosts": ["192.0.2.7"], "tcp": [{"dst": "192.0.2.1", "dport": 443}],'
                   b' "udp": [{"dst": "192.0.2.2", "dport": 53}]},'
                   b' "behavior": {"summary": {"keys": ["HKLM\\\\Run"], "files": ["C:\\\\a.exe"],'
                   b' "mutexes": ["Odd\\u0041"]}}}',
}

RULES = {
    "kinds.yar": r'''
rule text_rule : first second {
  meta:
    author = "me \"q\" \\ \t"
    number = 5
    negative = -7
    yes = true
    no = false
    empty = ""
  strings:
    $a = "hello" nocase
    $b = { 48 65 6C ?? }
    $c = /wor[a-z]{1,3}/
    $x = "secret" xor(1-255)
    $w = "wide" wide
    $ = "anon"
    $p = "hello" private
  condition:
    any of them
}
private rule hidden { condition: true }
global rule not_empty { condition: filesize > 0 }
rule second : second { condition: hidden }
rule third : first { condition: false }
rule fourth { strings: $h = "hello" condition: #h > 1 or @h == 0 }
''',
    "long.yar": r'''rule long { strings: $a = { 41 [0-2000] 42 } $b = /A.{100,1500}B/ $c = "A" condition: any of them }''',
    "control.yar": r'''rule control { meta: a = "x\ty\n\"z\\" b = 0x10 strings: $a = /\x00.\x1b.\\\"/ condition: $a }''',
    "letters.yar": 'rule letters { meta: a = "' + "".join(
        chr(c) for c in range(1, 127) if c not in (10, 13, 34, 92)) + '" b = "\\t\\n\\"\\\\\\x01\\x07\\x0d\\xff" condition: true }\n',
    "bytes.yar": r'''rule bytes { strings: $a = { 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11 12 13 14 15 16 17 18 19 1A 1B 1C 1D 1E 1F 20 21 22 23 24 25 26 27 28 29 2A 2B 2C 2D 2E 2F 30 31 32 33 34 35 36 37 38 39 3A 3B 3C 3D 3E 3F } $b = { 7E 7F 80 [64] C1 } $t = "\x7f\x80\xff" $u = "\x1f !" condition: any of them }''',
    "external.yar": r'''rule external { condition: number == 5 and text == "a b" and truth and real == 1.5 }''',
    "console.yar": r'''import "console"
import "math"
rule talks { condition: console.log("x: ", math.entropy(0, filesize)) and console.log(filesize) and console.log("a", "b") and console.log(1.5) and console.log("n ", -3) and console.log("t") }
rule digits { condition: console.hex(filesize) and console.hex("size ", filesize) }
''',
    # What is logged on the way to false is logged too; text is escaped, the message before it is not.
    "logs.yar": r'''import "console"
rule undefined { condition: uint8(filesize) == 1 and console.log("behind undefined") }
rule either { condition: uint8(filesize) == 1 or console.log("or undefined") }
rule string { strings: $a = "no such string" condition: console.log("before a string") and $a }
rule size { condition: console.log("before a size") and filesize > 1000000 }
rule never { condition: filesize > 1000000 and console.log("never") }
rule loop { condition: for any i in (1..3) : (console.log("round ", i) and i == 2) }
rule hidden_in_loop { strings: $a = "no such string" condition: for all of them : (console.log("in a loop")) }
rule escapes { condition: console.log("q\"b\\s\x7f\x80\t\x00 ~\n") and console.log("m ", "v\n\x01") and console.log(uint8(filesize)) }
''',
    "many.yar": r'''rule found { strings: $a = "a" condition: $a }
rule counted { strings: $a = "a" condition: #a == 1000000 }
rule all { strings: $a = "a" condition: #a == filesize }
rule fifth { strings: $a = "a" condition: @a[5] == 4 and not @a[1000001] == 1000000 }
rule none { strings: $a = "a" condition: not $a }
''',
    "letter.yar": r"rule letter { strings: $a = /ab\qcd\w\d\.\x41/ condition: not $a }",
    "cuckoo.yar": r'''import "cuckoo"
rule dns { condition: cuckoo.network.dns_lookup(/bad\.example/) }
rule dns_other { condition: cuckoo.network.dns_lookup(/good\.example/) }
rule get { condition: cuckoo.network.http_get(/bad/) }
rule post { condition: cuckoo.network.http_post(/bad/) }
rule request { condition: cuckoo.network.http_request(/bad/) }
rule agent { condition: cuckoo.network.http_user_agent(/Odd/) }
rule host { condition: cuckoo.network.host(/192\.0\.2\.7/) }
rule tcp { condition: cuckoo.network.tcp(/192\.0\.2\.1/, 443) }
rule tcp_port { condition: cuckoo.network.tcp(/192\.0\.2\.1/, 80) }
rule udp { condition: cuckoo.network.udp(/192\.0\.2\.2/, 53) }
rule key { condition: cuckoo.registry.key_access(/HKLM\\Run/) }
rule file { condition: cuckoo.filesystem.file_access(/a\.exe/) }
rule mutex { condition: cuckoo.sync.mutex(/OddA/) }
''',
    "modules.yar": r'''import "elf"
import "math"
import "hash"
import "magic"
rule elf_file { condition: elf.type == elf.ET_DYN or elf.type == elf.ET_EXEC }
rule text_section { condition: for any s in elf.sections : (s.name == ".text" and s.flags & elf.SHF_EXECINSTR) }
rule spread { condition: math.entropy(0, filesize) > 3.0 and math.mode() >= 0 }
rule known { condition: hash.md5(0, filesize) == "0cc175b9c0f1b6a831c399e269772661" }
rule kind { condition: magic.mime_type() contains "text" or magic.type() contains "ELF" }
''',
    "regex.yar": r'''import "dex"
import "pe"
rule none { condition: dex.has_method(/main/) or dex.has_class("LMain;") or pe.imports(/kernel32/i, /Create/i) }
''',
    "inner/one.yar": 'rule inner_one { condition: true }\n',
    "inner/two.yar": 'include "one.yar"\nrule inner_two { condition: inner_one }\n',
    "outer.yar": 'include "inner/two.yar"\nrule outer { condition: inner_two }\n',
    "undefined.yar": "rule x { condition: nowhere }\n",
    "unended.yar": "rule x { condition: \n",
    "missing.yar": 'include "nowhere.yar"\nrule x { condition: true }\n',
    "rules.txt": "rule named_otherwise { condition: filesize > 0 }\n",
    "rules": "rule without_ending { condition: filesize > 0 }\n",
    "others.yar": "rule a { condition: true }\nrule b { condition: false }\nprivate rule c { condition: false }\n",
}

# Arguments; rules and targets are named as above. -w: which warnings there are differs by version.
SAME = [
    *[f"-w {option} kinds.yar words.bin" for option in (
        "", "-s", "-m", "-g", "-e", "-L", "-sL", "-sm", "-smgeL", "-c", "-n", "-f", "-fs", "-t first",
        "-t second", "-t first -t second", "-t none", "-i second", "-i second -i text_rule", "-i none",
        "-l 1", "-l 2", "-l 100", "-nm", "-ng", "-cn", "-t first -n", "-k 100", "-a 100", "-p 4", "-D",
        "--print-strings", "--print-meta", "--print-tags", "--print-namespace", "--count", "--negate",
        "--tag=first", "--identifier=second", "--max-rules=1", "--timeout=100", "--threads=2",
        "--print-string-length", "--fast-scan", "--max-strings-per-rule=100", "--no-follow-symlinks",
        "--stack-size=1000", "--define=unused=1", "--max-process-memory-chunk=1000000")],
    "-w kinds.yar folder", "-w -r kinds.yar folder", "-w -c kinds.yar folder", "-w -rc kinds.yar folder",
    "-w -N kinds.yar folder", "-w -rN kinds.yar folder", "-w -rs kinds.yar folder",
    "-w -z 11 kinds.yar folder", "-w -z 11 kinds.yar words.bin", "-w -r --skip-larger=11 kinds.yar folder",
    "-w --scan-list kinds.yar list", "-w -c --scan-list kinds.yar list",
    "-w kinds.yar empty.bin", "-w kinds.yar one.bin", "-w -c kinds.yar empty.bin",
    "-w -sL long.yar long.bin", "-w -s long.yar words.bin", "-w -sm control.yar control.bin",
    "-w -sL bytes.yar all.bin", "-w -m letters.yar one.bin",
    "-w a:kinds.yar b:kinds.yar -e words.bin", "-w -e a:kinds.yar words.bin", "-w a:kinds.yar b:long.yar -es words.bin",
    "-w kinds.yar long.yar words.bin", "-w kinds.yar kinds.yar words.bin",
    "-d number=5 -d text=a\xa0b -d truth=true -d real=1.5 external.yar one.bin",
    "-d number=6 -d text=a -d truth=true -d real=1.5 external.yar one.bin",
    "-d number=5 external.yar one.bin", "external.yar one.bin",
    "console.yar words.bin", "-w --max-strings-per-rule=6 kinds.yar words.bin",
    "-w --max-strings-per-rule=7 kinds.yar words.bin", "many.yar many.bin", "-c many.yar many.bin", "logs.yar words.bin", "logs.yar empty.bin", "console.yar all.bin", "-p 1 console.yar folder",
    "-x cuckoo=report.json cuckoo.yar one.bin", "cuckoo.yar one.bin", "-n cuckoo.yar one.bin",
    "modules.yar words.bin", "modules.yar one.bin", "modules.yar /bin/true", "-D modules.yar /bin/true",
    "-D modules.yar words.bin", "regex.yar words.bin",
    "outer.yar one.bin", "outer.yar inner/one.yar one.bin", "x:outer.yar y:inner/one.yar -e one.bin",
    "missing.yar one.bin", "undefined.yar one.bin", "unended.yar one.bin", "nowhere.yar one.bin",
    "rules.txt one.bin", "rules one.bin", "rules rules.txt others.yar one.bin",
    "others.yar one.bin", "-n others.yar one.bin", "-c others.yar one.bin", "-cn others.yar one.bin",
    "kinds.yar nowhere.bin", "kinds.yar", "", "--nonsense", "-q kinds.yar words.bin",
    "-C kinds.yar words.bin", "-x kinds.yar one.bin", "-l x kinds.yar one.bin",
]

# Strings of which yara warns, and others: --fail-on-warnings refuses the same.
SLOW = [
    r'"a"', r'"aa"', r'"ab"', r'"12"', r'"\x00\x00"', r'"\x00\x01"', r'"\x00\x00\x00\x00"',
    r'"\x00\x00\x00\x00\x00\x01"', r'"abc"', r'"ab" wide', r'"a" wide', r'"a" nocase', r'"ab" nocase',
    r'"ab" xor', r'"a" xor', r'"  "', r'"    "', r'"\xff\xff\xff"', r'"\x90\x90"', r'"\x90\x90\x90\x90"',
    r'"\xcc\xcc\xcc\xcc\xcc"', r'"a" base64', r'"ab" base64', r'"abc" base64', r'"abcd" base64',
    r'"a" fullword', r'"1"', r'"\x01\x00"', r'"ab" base64wide', r'"ab" wide base64', r"{01}", r"{01 02}",
    r"{00 01}", r"{01 00 00 00}", r"{00 00 00 00 00}", r"{01 ?? 02}", r"{01 ?? ?? 02}", r"{01 ?? 02 ?? 03}",
    r"{01 ?2}", r"{01 0? 02}", r"{?1 ?2 ?3 ?4}", r"{01 [2] 02}", r"{01 [1-2] 02 03}", r"{01 (02|03)}",
    r"{(01|02 03) }", r"{(01 02|03 04) }", r"{01 02 (03|04)}", r"{01 (02 03|04 05) 06}", r"{00 00 01 00}",
    r"{61 ?? 62}", r"{61 6? 62}", r"{61 62}", r"{90 90 90 90}", r"{90 90}", r"{20 20 20}",
    r"{01 ?? ?? ?? 02}", r"{00 ?? 01 02}", r"{?? 01}", r"{01 ??}", r"{01 (?? | 02) 03}",
    r"{01 02 [0-4] (03 | 04 )}", r"{(00|01)}", r"{ 4D 5A }", r"{ FF 15 }", r"{0F 00}", r"{E8 ?? ?? ?? ?? C3}",
    r"{E8 ?? ?? ?? C3}", r"{ 55 8B }", r"{ (55|56) 8B }", r"{ (55|56) (8B|8C) }", r"{ (55|56) 8B EC }",
    r"{ ( 01 | 02 03 04) 05 06 }", r"/a/", r"/ab/", r"/abc/", r"/a.b/", r"/a.*b/", r"/ab.*cd/", r"/a+/",
    r"/a*b/", r"/(ab|cd)/", r"/(a|b)/", r"/(ab|c)/", r"/(ab|cd)ef/", r"/[ab]c/", r"/[ab]/", r"/[a-z]+/",
    r"/[0-9]{4}/", r"/a{2}/", r"/a{3}/", r"/a{2,}/", r"/ab{2}/", r"/(ab)+/", r"/(ab)*c/", r"/(ab)?cd/",
    r"/\w+/", r"/\d\d/", r"/./", r"/.../", r"/a.{3}b/", r"/a.{0,3}b/", r"/ab.+/", r"/.*ab/", r"/ab.{1,}/",
    r"/ab.{3,}cd/", r"/ab.{0,300}cd/", r"/ab[a-z]*/", r"/^ab/", r"/ab$/", r"/\bab\b/", r"/a/i", r"/ab/i",
    r"/abc/i", r"/ab/ wide", r"/a\x00/", r"/\x00\x00/", r"/(ab|cd|)e/", r"/abc.?de/", r"/ab(.*)cd/",
    r"/ab[^c]*cd/", r"/ab\s+cd/", r"/a[bc]d/", r"/a(b|c)d/", r"/(foo|bar)baz/", r"/https?:\/\//", r"/a\.b/",
    r"/[a-f0-9]{32}/", r"/ab.*?cd/", r"/ab.*/s", r"/(.*)/", r"/ab{0,2}/", r"/a{1,2}/", r"/a{2,3}/", r"/\Wab/",
    r"/ab\n/", r"/a\n/", r"/..ab/", r"/ab..cd/", r"/a..b/", r"/a...b/", r"/a....b/", r"/a.b.c/", r"/[^a]b/",
    r"/(a.b|cd)/", r"/\.[a-z]+/", r"/\{[0-9]+\}/", r"/MZ/", r"/(a|b|c|d|e)f/", r"/1[23]4/", r"/a{4}/",
    r"/a{10}/", r"/a{200}/", r"/.a.b./",
]

LARGE = (1 << 32) + 4096 # bytes

# Since 4.3: what is printed, by the documentation.
NEWER = [
    ("-w -X -i text_rule kinds.yar words.bin", 0,
     "text_rule words.bin\n0x0:$a:xor(0x00,Hello)\n0x6:$a:xor(0x00,hello)\n0x0:$b:xor(0x00,Hell)\n"
     "0xc:$c:xor(0x00,world)\n0x17:$x:xor(0x10,secret)\n0x1d:$w:xor(0x00,w\\x00i\\x00d\\x00e\\x00)\n"
     "0x26:$:xor(0x00,anon)\n"),
    ("-w -sLX -i text_rule --print-xor-key kinds.yar folder/first", 0,
     "text_rule folder/first\n0x0:5:$a:xor(0x00,hello): hello\n"),
    ("-E others.yar one.bin", 0, "a one.bin\n"),
    ("-E --fail-on-warnings letter.yar one.bin", 1, ""),
    ("--fail-on-warnings letter.yar one.bin", 0, "letter one.bin\n"),
    ("-M", 0, "pe\nelf\nmacho\ndotnet\ndex\nmath\nhash\nstring\ntime\nconsole\nmagic\ncuckoo\n"),
    ("-v", 0, "4.5.0\n"),
]


def run(program, arguments):
    words = [word.replace("\xa0", " ") for word in arguments.split(" ") if word]
    done = subprocess.run([*program, *words], capture_output=True, check=False, cwd=work)
    return done.returncode, done.stdout, done.stderr


def write_files():
    for name, content in {**FILES, **{name: text.encode() for name, text in RULES.items()}}.items():
        path = os.path.join(work, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    os.symlink("../words.bin", os.path.join(work, "folder/link"))
    os.symlink("nowhere", os.path.join(work, "folder/broken"))


def report(number, arguments, problem):
    print(f"{'not ok' if problem else 'ok'} {number} - yara {arguments}".rstrip())
    if problem:
        print(f"# {problem}"[:2000])
    return not problem


def shown(result):
    return f"status {result[0]}, {result[1]!r}, {result[2][:300]!r}"


def in_order(arguments, out):
    """Without -p 1 the threads of yara print the files of a folder or a list as they come."""
    many = arguments.endswith((" folder", " list"))
    return sorted(out.splitlines()) if many else out


def main():
    ours = [os.path.join(os.environ["LAZ_BUILD"], "lazaret"), "yara"]
    ok = True
    number = 0
    write_files()
    print(f"1..{len(SAME) + len(SLOW) + len(NEWER) + 3}")
    for arguments in SAME:
        number += 1
        left, right = run(ours, arguments), run(["yara"], arguments)
        same = left[0] == right[0] and in_order(arguments, left[1]) == in_order(arguments, right[1])
        ok &= report(number, arguments, None if same else f"{shown(left)}, but yara: {shown(right)}")
    for string in SLOW:
        number += 1
        with open(os.path.join(work, "slow.yar"), "w", encoding="ascii") as file:
            file.write(f"rule slow {{ strings: $a = {string} condition: $a }}\n")
        left, right = (run(program, "--fail-on-warnings slow.yar empty.bin") for program in (ours, ["yara"]))
        ok &= report(number, f"--fail-on-warnings with $a = {string}",
                     None if left[0] == right[0] else f"{shown(left)}, but yara: {shown(right)}")
    for arguments, status, out in NEWER:
        number += 1
        left = run(ours, arguments)
        same = left[0] == status and left[1].decode("latin-1") == out
        ok &= report(number, arguments, None if same else f"{shown(left)}, expected {out!r}")
    number += 1
    subprocess.run([ours[0], "db", "build", "-o", "rules.lzdb", "kinds.yar"], check=True, cwd=work,
                   capture_output=True)
    left, right = run(ours, "-C -s rules.lzdb words.bin"), run(["yara"], "-w -s kinds.yar words.bin")
    ok &= report(number, "-C with rules that were compiled before",
                 None if left[:2] == right[:2] else f"{shown(left)}, but yara: {shown(right)}")
    number += 1
    left, right = (subprocess.run([*program, "-w", "-s", "/dev/stdin", "words.bin"], check=False, cwd=work,
                                  input=RULES["kinds.yar"].encode(), capture_output=True)
                   for program in (ours, ["yara"]))
    ok &= report(number, "with rules from a pipe",
                 None if (left.returncode, left.stdout) == (right.returncode, right.stdout)
                 else f"{left}, but yara: {right}")
    number += 1
    with open(os.path.join(work, "large.bin"), "wb") as file: # a hole, which takes no room
        file.seek(LARGE - 16)
        file.write(b"needle at end\0\0\0")
    with open(os.path.join(work, "large.yar"), "w", encoding="ascii") as file:
        file.write(f'rule large {{ strings: $a = "needle" $b = /ne+dle at [a-z]+/ '
                   f'condition: filesize == {LARGE} and $a at {LARGE - 16} and #b == 1 }}\n')
    left = run(ours, "-s large.yar large.bin")
    ok &= report(number, "with a file that 32 bits cannot measure",
                 None if left[1].count(f"0x{LARGE - 16:x}:".encode()) == 2 else shown(left))
    return 0 if ok else 1


with tempfile.TemporaryDirectory() as work:
    sys.exit(main())
