#!/bin/bash
# Scan throughput with many YARA rules: lazaret yara beside yara, the same rules over the same files in
# one run, by CPU time. Rules that only one of both takes are cut out for both, and counted.
# usage: yara.sh RULES-DIRECTORY CORPUS [LABEL]
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "yara: the rows of YARA are printed by './dev bench engine'"
    exit 0
fi
rules=$1
corpus=$2
label=${3:-YARA}
lazaret=$LAZ_BUILD/lazaret
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/rules"

# The rules that both take: a rule goes from the line where it begins to the next one.
"$lazaret" db build --skip-unsupported -o "$dir/all.lzdb" "$rules" >"$dir/skipped" 2>&1 || :
python3 - "$rules" "$dir" <<'PYTHON'
import os, re, subprocess, sys
rules, folder = sys.argv[1:]
skipped = set(re.findall(r"^lazaret: \w+: (.+?):(\d+):\d+: ", open(folder + "/skipped").read(), re.M))
begin = re.compile(r"^(private |global )*rule\s")
names = []
for root, _, files in os.walk(rules):
    for name in sorted(files):
        path = os.path.join(root, name)
        if not name.endswith((".yar", ".yara")):
            continue
        bad = sorted(int(line) for file, line in skipped if file == path)
        kept, part, first = [], [], 1
        for number, line in enumerate(open(path, errors="surrogateescape").read().splitlines(True) + [None], 1):
            if line is None or begin.match(line):
                if not any(first <= b < number for b in bad):
                    kept += part
                part, first = [], number
            part.append(line)
        copy = f"{folder}/rules/{len(names)}.yar"
        open(copy, "w", errors="surrogateescape").write("".join(kept))
        yara = ["/usr/bin/yarac", "-w"]
        for external in ("filename", "filepath", "extension", "filetype", "owner"):
            yara += ["-d", external + "="]
        if subprocess.run(yara + [copy, "/dev/null"], capture_output=True).returncode != 0:
            os.remove(copy)  # a rule of it needs one that was cut out, or is none for this yara
            continue
        names.append(f"n{len(names)}:{copy}")
open(folder + "/sources", "w").write("\n".join(names))
PYTHON
mapfile -t sources <"$dir/sources"
yarac -w -d filename= -d filepath= -d extension= -d filetype= -d owner= "${sources[@]}" "$dir/rules.yac"
"$lazaret" db build --skip-unsupported -o "$dir/rules.lzdb" "$dir/rules" >"$dir/skipped.now" 2>&1
bytes=$(du -sb --apparent-size "$corpus" | cut -f1)
echo "  $label: $("$lazaret" db info "$dir/rules.lzdb" | awk '$1 == "rules" {print $2}') rules that both take;" \
    "$(grep -c 'left out' "$dir/skipped" || :) were cut out, $(grep -c 'left out' "$dir/skipped.now" || :) are yara's alone"

measure() { # NAME COMMAND...: CPU seconds into seconds
    local name=$1 TIMEFORMAT='%U %S'
    shift
    { time "$@" >"$dir/$name.out" 2>"$dir/$name.err" || :; } 2>"$dir/time"
    seconds=$(awk '{print $1 + $2}' "$dir/time")
}
measure lazaret "$lazaret" yara -w -p 1 -r -C "$dir/rules.lzdb" "$corpus"
ours=$seconds
measure yara timeout 1800 yara -w -p 1 -r -C "$dir/rules.yac" "$corpus"
sort "$dir/lazaret.out" >"$dir/ours"
sort "$dir/yara.out" >"$dir/theirs"
awk -v b="$bytes" -v ours="$ours" -v theirs="$seconds" -v label="$label" 'BEGIN {
    printf "  %s: lazaret %.0f MB/s, yara %.1f MB/s\n", label, b / 1e6 / ours, b / 1e6 / theirs
    printf "%-34s %12s %12s %-6s %8s  (bar 5x)\n", label, ours, theirs, "CPU s", sprintf("%.1fx", theirs / ours)}'
echo "  finds: lazaret $(wc -l <"$dir/ours"), yara $(wc -l <"$dir/theirs"), only lazaret" \
    "$(comm -23 "$dir/ours" "$dir/theirs" | wc -l), only yara $(comm -13 "$dir/ours" "$dir/theirs" | wc -l);" \
    "$(wc -l <"$dir/lazaret.err") and $(wc -l <"$dir/yara.err") lines of errors"
