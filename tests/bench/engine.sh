#!/bin/bash
# The engine beside clamscan, clamd and yara: the same files, the same signatures, one run, by CPU time.
# usage: engine.sh [--full] [ROW...]     rows: mixed small yara start memory curves; without one, all
#
# The corpus and the signatures are made once in LAZ_CACHE (/var/cache/lazaret-bench) from Debian
# packages; without --full every 16th file of the corpus is taken, and every 5th small one. LAZ_RULES
# is a folder of public rules (../shared/corpora/rules): YARA's for the row yara, and ClamAV's .ldb.
set -euo pipefail

full=false
rows=()
for argument in "$@"; do
    if [ "$argument" = --full ]; then full=true; else rows+=("$argument"); fi
done
[ ${#rows[@]} -gt 0 ] || rows=(mixed small yara start memory curves)
bench=$LAZ_SOURCE/tests/bench
cache=${LAZ_CACHE:-/var/cache/lazaret-bench}
rules=${LAZ_RULES:-$LAZ_SOURCE/../shared/corpora/rules}
lazaret=$LAZ_BUILD/lazaret
dir=$(mktemp -d)
clamd_pid=
stop() {
    if [ -n "$clamd_pid" ]; then
        kill "$clamd_pid" 2>/dev/null || :
        wait "$clamd_pid" 2>/dev/null || :
    fi
    rm -rf "$dir"
}
trap stop EXIT
chmod 755 "$dir"

calculate() { awk "BEGIN {printf \"$1\", $2}"; }
row() { # WHAT OURS PEER UNIT RATIO BAR
    printf '%-34s %12s %12s %-6s %8s  (bar %s)\n' "$@"
}

# CPU seconds of a command, with those of its children, in $seconds; its output in $dir/NAME.out.
cpu() { # NAME COMMAND...
    local name=$1 TIMEFORMAT='%U %S'
    shift
    { time "$@" >"$dir/$name.out" 2>"$dir/$name.err" || :; } 2>"$dir/time"
    seconds=$(awk '{print $1 + $2}' "$dir/time")
}
median_cpu() { # NAME COMMAND...: of five
    local i
    for i in 1 2 3 4 5; do
        cpu "$@"
        echo "$seconds"
    done | sort -n >"$dir/runs"
    seconds=$(sed -n 3p "$dir/runs")
}

take() { # FOLDER-OF-CORPUS STEP NAME: every STEPth file, in the page cache
    [ ! -d "$dir/$3" ] || return 0
    mkdir "$dir/$3"
    find "$1" -type f | sort | awk -v step="$2" 'NR % step == 0' >"$dir/$3.list"
    while read -r path; do
        ln "$path" "$dir/$3/" 2>/dev/null || cp --no-preserve=all "$path" "$dir/$3/"
    done <"$dir/$3.list"
    find "$dir/$3" -type f -exec cat {} + >/dev/null
}
take_mixed() { take "$cache/corpus/mixed" "$($full && echo 1 || echo 16)" mixed; }

signatures() { # FOLDER [COUNTS]: with the public .ldb when it is there
    [ ! -d "$1" ] || return 0
    python3 "$bench/signatures.py" "$1" 1 "${@:2}"
    mv "$1/atoms.hex" "$1.hex"
    [ ! -f "$rules/twinclams/twinclams.ldb" ] || cp "$rules/twinclams/twinclams.ldb" "$1/"
}
build() { # FOLDER DATABASE
    "$lazaret" db build --skip-unsupported -o "$2" "$1" >"$dir/build.out" 2>&1
}
prepare() {
    [ ! -f "$dir/real.lzdb" ] || return 0
    signatures "$dir/real"
    cpu build build "$dir/real" "$dir/real.lzdb"
    echo "database: $(grep -c 'left out' "$dir/build.out" || :) signatures left out, built in $seconds CPU s," \
        "$(stat -c %s "$dir/real.lzdb") bytes"
    take_mixed
    cc -O2 -o "$dir/atom_hits" "$bench/atom_hits.c"
    awk 'NR % 8 == 0' "$dir/mixed.list" | "$dir/atom_hits" "$dir/real.hex"
    : >"$dir/empty"
}

# Files that only one of both reports, for people to look at.
compare_finds() { # NAME
    sed -n 's/: [^:]* FOUND$//p' "$dir/clamscan.out" | sort -u >"$dir/theirs"
    sed -n 's/: malicious: .*//p' "$dir/lazaret.out" | sort -u >"$dir/ours"
    echo "  $1: lazaret reports $(wc -l <"$dir/ours") files, clamscan $(wc -l <"$dir/theirs")," \
        "only lazaret $(comm -23 "$dir/ours" "$dir/theirs" | wc -l)," \
        "only clamscan $(comm -13 "$dir/ours" "$dir/theirs" | wc -l)"
}

against_clamscan() { # WHAT FOLDER BAR
    local bytes files ours theirs start
    bytes=$(du -sb --apparent-size "$2" | cut -f1)
    files=$(find "$2" -type f | wc -l)
    cpu lazaret "$lazaret" scan --jobs 1 --db "$dir/real.lzdb" "$2"
    ours=$seconds
    cpu start clamscan --no-summary --database="$dir/real" "$dir/empty"
    start=$seconds
    cpu clamscan clamscan -r --infected --no-summary --max-filesize=400M --max-scansize=400M \
        --database="$dir/real" "$2"
    theirs=$(calculate %.2f "$seconds - $start")
    echo "  $1: $files files, $(calculate %.0f "$bytes / 1e6") MB; lazaret" \
        "$(calculate %.0f "$bytes / 1e6 / $ours") MB/s, clamscan without its start" \
        "$(calculate %.1f "$bytes / 1e6 / $theirs") MB/s"
    compare_finds "$1"
    row "$1" "$ours" "$theirs" "CPU s" "$(calculate %.1fx "$theirs / $ours")" "$3"
}
row_mixed() {
    prepare
    against_clamscan "mixed corpus" "$dir/mixed" 10x
}
row_small() {
    prepare
    take "$cache/corpus/small" "$($full && echo 1 || echo 5)" small
    against_clamscan "files under 4 KiB" "$dir/small" 100x
}

row_yara() {
    take_mixed
    if [ ! -d "$rules" ]; then
        echo "yara: SKIPPED: no rules at $rules (LAZ_RULES names a folder)"
        return
    fi
    bash "$bench/yara.sh" "$rules/signature-base" "$dir/mixed" "YARA, signature-base"
    bash "$bench/yara.sh" "$rules" "$dir/mixed" "YARA, all public rules"
}

row_start() {
    prepare
    head -c 200 /dev/zero | tr '\0' 'x' >"$dir/object"
    median_cpu lazaret "$lazaret" scan --jobs 1 --db "$dir/real.lzdb" "$dir/object"
    local ours=$seconds
    median_cpu clamscan clamscan --no-summary --database="$dir/real" "$dir/object"
    row "start to first verdict" "$ours" "$seconds" "CPU s" "$(calculate %.0fx "$seconds / ($ours + 1e-6)")" 100x
    "$LAZ_BUILD/tests/unit/engine/engine_probe" first "$dir/real.lzdb" "$dir/object"
    echo "  (5,000,000 hashes, and bytes a hash: ./dev bench hashes)"
}

anonymous_kb() { awk '/^RssAnon:/ {print $2}' "/proc/$1/status"; }
row_memory() {
    prepare
    cat >"$dir/clamd.conf" <<CONF
LocalSocket $dir/clamd.sock
DatabaseDirectory $dir/real
Foreground yes
MaxThreads 1
LogFile $dir/clamd.log
CONF
    clamd --config-file="$dir/clamd.conf" >/dev/null 2>&1 &
    clamd_pid=$!
    for _ in $(seq 300); do
        [ ! -S "$dir/clamd.sock" ] || break
        sleep 0.1
    done
    clamdscan --config-file="$dir/clamd.conf" --fdpass "$dir/mixed.list" >/dev/null 2>&1 || :
    local rest peak now ours_rest ours_peak
    rest=$(anonymous_kb "$clamd_pid")
    peak=$rest
    clamdscan --config-file="$dir/clamd.conf" --reload >/dev/null 2>&1 || :
    for _ in $(seq 200); do
        now=$(anonymous_kb "$clamd_pid")
        [ "$now" -le "$peak" ] || peak=$now
        sleep 0.02
    done
    kill "$clamd_pid" && wait "$clamd_pid" 2>/dev/null || :
    clamd_pid=
    read -r ours_rest ours_peak < <("$LAZ_BUILD/tests/unit/engine/engine_probe" memory \
        "$dir/real.lzdb" <"$dir/mixed.list")
    row "private memory at rest" "$ours_rest" "$rest" kB "$(calculate %.2f "$ours_rest / $rest")" "0.10"
    row "peak over a reload, to rest" "$(calculate %.2f "$ours_peak / $ours_rest")" \
        "$(calculate %.2f "$peak / $rest")" times "" "1.10"
}

curve() { # LABEL DATABASE SIGNATURES TARGET
    local ours start
    cpu lazaret "$lazaret" scan --jobs 1 --db "$2" "$4"
    ours=$seconds
    cpu start clamscan --no-summary --database="$3" "$dir/empty"
    start=$seconds
    cpu clamscan clamscan -r --infected --no-summary --max-filesize=2000M --max-scansize=2000M \
        --database="$3" "$4"
    printf '  %-24s %10s %10s\n' "$1" "$ours" "$(calculate %.2f "$seconds - $start")"
}
row_curves() {
    prepare
    take "$cache/corpus/mixed" "$($full && echo 16 || echo 128)" part
    echo "  rules                       lazaret   clamscan, CPU s over $(du -smL --apparent-size "$dir/part" | cut -f1) MB"
    local n
    for n in 1 2 4 8 16; do
        signatures "$dir/x$n" $((2500 * n)) $((15000 * n)) $((625 * n)) >/dev/null
        build "$dir/x$n" "$dir/x$n.lzdb"
        curve "$((2500 * n)) logical" "$dir/x$n.lzdb" "$dir/x$n" "$dir/part"
        rm -r "$dir/x$n" "$dir/x$n.lzdb"
    done
    echo "  size of one file            lazaret   clamscan, CPU s"
    mkdir "$dir/one"
    local sizes=(1k 10k 100k 1M 10M 100M)
    ! $full || sizes+=(1G 10G)
    for n in "${sizes[@]}"; do
        { awk 'NR % 7 == 0' "$dir/mixed.list" | xargs -d '\n' head -qc 20M | head -c 100M >"$dir/bytes"; } 2>/dev/null || :
        while [ "$(stat -c %s "$dir/one/file" 2>/dev/null || echo 0)" -lt "$(numfmt --from=iec "${n^^}")" ]; do
            cat "$dir/bytes" >>"$dir/one/file"
        done
        truncate -s "${n^^}" "$dir/one/file"
        curve "$n" "$dir/real.lzdb" "$dir/real" "$dir/one"
        rm "$dir/one/file"
    done
}

python3 "$bench/corpus.py" "$cache/corpus"
printf '%-34s %12s %12s %-6s %8s\n' what lazaret peer "" ratio
for name in "${rows[@]}"; do
    "row_$name"
done
