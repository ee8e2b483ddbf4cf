#!/bin/bash
# Time from exec to the first verdict with 1,000,000 hashes and 10,000 bodies, and that of clamscan
# with the same signatures. Needs LAZ_BUILD; prints ours, theirs and the ratio.
set -euo pipefail

runs=${RUNS:-7}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Hashes of sizes as real ones have, and bodies of 16 to 40 bytes that no benign file has.
awk 'BEGIN {
    srand(7)
    for (i = 0; i < 1000000; i++)
        printf "%08x%08x%08x%08x:%d:Bench.Hash-%d\n", rand() * 4294967296, rand() * 4294967296,
               rand() * 4294967296, i, 1000 + int(rand() * 2000000), i
}' >"$folder/hashes.hdb"
awk 'BEGIN {
    srand(11)
    for (i = 0; i < 10000; i++) {
        body = ""
        count = 16 + int(rand() * 24)
        for (j = 0; j < count; j++)
            body = body sprintf("%02x", 1 + rand() * 255)
        printf "Bench.Body-%d:0:*:%s\n", i, body
    }
}' >"$folder/bodies.ndb"
head -c 200 /dev/zero | tr '\0' 'x' >"$folder/object"

# Milliseconds of wall time of a command, the median of all runs.
median_ms() {
    local i start end
    for ((i = 0; i < runs; i++)); do
        start=$(date +%s%N)
        "$@" >"$folder/out" 2>&1 || { cat "$folder/out" >&2; exit 1; }
        end=$(date +%s%N)
        echo $(((end - start) / 1000))
    done | sort -n | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] / 1000 }'
}


build_start=$(date +%s%N)
"$LAZ_BUILD/lazaret" db build -o "$folder/bench.lzdb" "$folder/hashes.hdb" "$folder/bodies.ndb"
build_end=$(date +%s%N)
echo "database: $(stat -c %s "$folder/bench.lzdb") bytes, built in $(((build_end - build_start) / 1000000)) ms"

ours=$(median_ms "$LAZ_BUILD/lazaret" scan --db "$folder/bench.lzdb" "$folder/object")
theirs=$(median_ms clamscan --no-summary --database="$folder" "$folder/object")
echo "lazaret scan: $ours ms from exec to the verdict"
echo "clamscan:     $theirs ms"
awk -v ours="$ours" -v theirs="$theirs" 'BEGIN { printf "ratio: %.1f\n", theirs / ours }'
