#!/bin/bash
# 5,000,000 hashes: bytes and time of the database, from exec to the first verdict, look-ups, memory;
# and clamscan with the same list. COUNT, RUNS and NAMES=one|each may be set. Needs LAZ_BUILD.
set -euo pipefail

count=${COUNT:-5000000}
runs=${RUNS:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Sizes as many as real lists have; each with a name of its own (as ClamAV's), or all with one.
make_list() { # names: one or each
    awk -v count="$count" -v names="$1" 'BEGIN {
        srand(7)
        for (i = 0; i < count; i++)
            printf "%08x%08x%08x%08x:%d:Bench.Hash-%d\n", rand() * 4294967296, rand() * 4294967296,
                   rand() * 4294967296, i, 1000 + int(rand() * 2000000), names == "each" ? i : 0
    }' >"$folder/list.hdb"
}

median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] }'; }

# Milliseconds of wall time of a command, and the most memory that it had, of all runs.
measure() { # file for memory, command...
    local i start end memory=$1
    shift
    for ((i = 0; i < runs; i++)); do
        start=$(date +%s%N)
        "$@" >"$folder/out" 2>&1 || { cat "$folder/out" >&2; exit 1; }
        end=$(date +%s%N)
        echo "$start $end" | awk '{ print ($2 - $1) / 1e6 }'
        /usr/bin/time -o "$folder/time" -f '%M' "$@" >"$folder/out" 2>&1
        cat "$folder/time" >>"$memory"
    done | median
}

head -c 200 /dev/zero | tr '\0' 'x' >"$folder/object"
for names in one each; do
    make_list "$names"
    /usr/bin/time -o "$folder/build" -f '%e %M' \
        "$LAZ_BUILD/lazaret" db build -o "$folder/bench.lzdb" "$folder/list.hdb"
    read -r build_s build_kb <"$folder/build"
    bytes=$(stat -c %s "$folder/bench.lzdb")
    awk -v b="$bytes" -v n="$count" -v s="$build_s" -v kb="$build_kb" -v names="$names" 'BEGIN {
        printf "%d hashes, %s: %.2f bytes a hash, built in %.1f s with %d MB (the mapped list counts)\n",
               n, names == "one" ? "one name for all" : "a name each", b / n, s, kb / 1024 }'
    read -r open_us miss_ns hit_ns private_kb < <(
        "$LAZ_BUILD/tests/unit/engine/hashes_probe" "$folder/bench.lzdb" "$folder/list.hdb")
    echo "  open to the first answer $open_us us, miss $miss_ns ns, hit $hit_ns ns, private memory $private_kb kB"
done
rm -f "$folder/memory"
ours=$(measure "$folder/memory" "$LAZ_BUILD/lazaret" scan --db "$folder/bench.lzdb" "$folder/object")
ours_kb=$(median <"$folder/memory")
rm -f "$folder/memory"
theirs=$(measure "$folder/memory" clamscan --no-summary --database="$folder/list.hdb" "$folder/object")
theirs_kb=$(median <"$folder/memory")
echo "lazaret scan: $ours ms from exec to the verdict, $ours_kb kB at most in one process"
echo "clamscan:     $theirs ms, $theirs_kb kB"
awk -v o="$ours" -v t="$theirs" -v ok="$ours_kb" -v tk="$theirs_kb" 'BEGIN {
    printf "ratio: %.0f in time, %.1f in memory\n", t / (o > 0 ? o : 1), tk / ok }'
