#!/usr/bin/env bash
# What the gate costs: unpacking an archive and reading many small files twice, without an agent and
# with Lazaret, on a file system of its own. usage: gate.sh [FILES [ROUNDS]]
set -euo pipefail

files=${1:-6000}
rounds=${2:-3}
opens=$LAZ_BUILD/tests/e2e/gate/gate_opens
dir=$(mktemp -d)
agent=
stop() {
    if [ -n "$agent" ]; then
        kill -TERM "$agent" 2>/dev/null || :
        wait "$agent" 2>/dev/null || :
    fi
    umount "$dir/disk" 2>/dev/null || :
    rm -rf "$dir"
}
trap stop EXIT

truncate -s 1G "$dir/disk.img"
mkfs.ext4 -q -F "$dir/disk.img"
mkdir "$dir/disk" "$dir/source"
mount -o loop "$dir/disk.img" "$dir/disk"
printf '%s:68:Bench\n' "$(printf bench | sha256sum | cut -d' ' -f1)" >"$dir/bench.hsb"
"$LAZ_BUILD/lazaret" db build -o "$dir/bench.lzdb" "$dir/bench.hsb" >/dev/null

# Small files as they are: headers, texts and scripts of this machine.
find /usr/include /usr/share/doc /usr/share/perl -xdev -type f -size -64k -size +0 2>/dev/null |
    sort | sed -n "1,${files}p" | tar -C / -cf "$dir/many.tar" -T - 2>/dev/null
printf 'corpus: %d files of %s\n' "$(tar -tf "$dir/many.tar" | wc -l)" "$(du -h "$dir/many.tar" | cut -f1)"

now_ms() { echo $(($(date +%s%N) / 1000000)); }

round() { # round NAME: appends "untar-ms first-line second-line"
    local tree=$dir/disk/share start end
    rm -rf "${tree:?}"/*
    sync
    start=$(now_ms)
    tar -C "$tree" -xf "$dir/many.tar"
    end=$(now_ms)
    sleep 2 # what was written is judged behind the back of who wrote it
    printf '%d %s %s\n' $((end - start)) "$("$opens" "$tree")" "$("$opens" "$tree")" >>"$dir/$1"
}

mkdir "$dir/disk/share"
for ((i = 0; i < rounds; i++)); do round none; done
"$LAZ_BUILD/lazaret-agentd" run --data "$dir/data" --db "$dir/bench.lzdb" --protect "$dir/disk/share" \
    >"$dir/out" 2>"$dir/err" &
agent=$!
until grep -q ^guarding "$dir/out"; do sleep 0.05; done
ticks() { # of CPU, by all processes of the agent
    for p in "$agent" $(pgrep -P "$agent"); do sed 's/.*) //' "/proc/$p/stat" | awk '{print $12 + $13}'; done |
        awk '{s += $1} END {print s}'
}
before=$(ticks)
for ((i = 0; i < rounds; i++)); do round lazaret; done
after=$(ticks)
opens_seen=$("$LAZ_BUILD/lazaret" agent status --data "$dir/data" --json | grep -o '"opens":[0-9]*' | cut -d: -f2)

median() { # median NAME COLUMN
    cut -d' ' -f"$2" "$dir/$1" | sort -n | sed -n "$(((rounds + 1) / 2))p"
}
line() { # line TEXT UNIT COLUMN: more is better for opens/s, else less
    awk -v text="$1" -v unit="$2" -v a="$(median none "$3")" -v b="$(median lazaret "$3")" \
        'BEGIN {printf "%-28s no agent %9.1f %s   lazaret %9.1f %s   ratio %.2f\n", text, a, unit, b, unit, (unit == "opens/s") ? a / b : b / a}'
}
line "untar" ms 1
line "first walk" opens/s 3
line "first walk, p50 of open()" us 4
line "first walk, p99 of open()" us 5
line "second walk" opens/s 7
line "second walk, p50 of open()" us 8
line "second walk, p99 of open()" us 9
awk -v t=$((after - before)) -v n="$opens_seen" -v hz="$(getconf CLK_TCK)" \
    'BEGIN {printf "agent CPU %.1f us an open, scans included (%d opens)\n", t / hz * 1e6 / n, n}'
