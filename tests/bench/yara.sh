#!/bin/bash
# Scan throughput with many YARA rules: lazaret scan beside yara, the same rules over the same files in
# one run, by CPU time. Rules that lazaret does not take are cut out for both, and counted.
# usage: yara.sh [RULES-DIRECTORY [MEGABYTES [DIRECTORY]]]
set -euo pipefail

rules=${1:-$LAZ_SOURCE/../shared/corpora/rules}
if [ ! -d "$rules" ]; then
    echo "yara: SKIPPED: no rules at $rules (name a folder of YARA rules)"
    exit 0
fi
megabytes=${2:-100}
source=${3:-/usr}
lazaret=$LAZ_BUILD/lazaret
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/rules" "$dir/corpus"

# The rules that both take: a rule goes from the line where it begins to the next one.
"$lazaret" db build --skip-unsupported -o "$dir/all.lzdb" "$rules" 2>"$dir/skipped"
python3 - "$rules" "$dir" <<'PYTHON'
import os, re, subprocess, sys
rules, folder = sys.argv[1:]
skipped = set(re.findall(r"^lazaret: rule: (.+?):(\d+):\d+: ", open(folder + "/skipped").read(), re.M))
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
            os.remove(copy)  # a rule of it needs one that was cut out
            continue
        names.append(f"n{len(names)}:{copy}")
open(folder + "/sources", "w").write("\n".join(names))
PYTHON
mapfile -t sources <"$dir/sources"
yarac -w -d filename= -d filepath= -d extension= -d filetype= -d owner= "${sources[@]}" "$dir/rules.yac"
"$lazaret" db build --skip-unsupported -o "$dir/rules.lzdb" "$dir/rules" 2>"$dir/skipped.now"
echo "rules: $("$lazaret" db info "$dir/rules.lzdb" | awk '$1 == "rules" {print $2}') of $rules;" \
    "$(wc -l <"$dir/skipped") were cut out, $(wc -l <"$dir/skipped.now") are yara's alone"

# The corpus: files of up to 20 MB, evenly from the whole source, in the page cache.
find "$source" -xdev -type f -size -20M -size +0 -readable -printf '%s %p\n' | sort -k2 >"$dir/all"
step=$(awk -v want="$megabytes" '{s += $1} END {n = int(s / 1e6 / want); print (n > 1 ? n : 1)}' "$dir/all")
awk -v step="$step" 'NR % step == 0' "$dir/all" | cut -d' ' -f2- | awk '{print NR " " $0}' |
    while read -r n path; do cp --no-preserve=all -- "$path" "$dir/corpus/$n-${path##*/}"; done
bytes=$(du -sb --apparent-size "$dir/corpus" | cut -f1)
printf 'corpus: %d files, %.0f MB of %s\n' "$(find "$dir/corpus" -type f | wc -l)" \
    "$(awk "BEGIN {print $bytes / 1e6}")" "$source"
find "$dir/corpus" -type f -exec cat {} + >/dev/null

measure() { # NAME COMMAND...: CPU seconds into seconds
    local name=$1 TIMEFORMAT='%U %S'
    shift
    { time "$@" >"$dir/$name.out" 2>"$dir/$name.err" || :; } 2>"$dir/time"
    seconds=$(awk '{print $1 + $2}' "$dir/time")
    printf '%-8s %8.2f CPU s %8.1f MB/s %6d lines\n' "$name" "$seconds" \
        "$(awk "BEGIN {print $bytes / 1e6 / $seconds}")" "$(wc -l <"$dir/$name.out")"
}
measure lazaret "$lazaret" scan --jobs 1 --db "$dir/rules.lzdb" "$dir/corpus"
ours=$seconds
echo "lazaret, cut by a limit: $(grep -c limit "$dir/lazaret.out" || :)"
measure yara yara -w -p 1 -r -C "$dir/rules.yac" "$dir/corpus"
awk -v ours="$ours" -v theirs="$seconds" 'BEGIN {printf "ratio: %.1f\n", theirs / ours}'
