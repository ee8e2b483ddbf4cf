#!/bin/bash
# Scan throughput and memory: lazaret scan beside clamscan and clamd, with the same signatures over the
# same files, one after another in one run. usage: scan.sh [MEGABYTES [DIRECTORY]]
set -euo pipefail

megabytes=${1:-200}
source=${2:-/usr}
lazaret=$LAZ_BUILD/lazaret
processors=$(nproc)
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
mkdir "$dir/db" "$dir/corpus"
chmod 755 "$dir"

# The same signatures for both: Debian's harmless test file by hash, and the test string by content.
clam=/usr/share/clamav-testfiles/clam.exe
printf '%s:%s:Test.Clam\n' "$(md5sum <$clam | cut -d' ' -f1)" "$(stat -c %s $clam)" >"$dir/db/t.hdb"
echo "Test.Eicar:0:*:$(printf '%s%s' 'EICAR-STANDARD-ANTIVIRUS-' 'TEST-FILE' |
    od -An -v -tx1 | tr -d ' \n')" >"$dir/db/t.ndb"
"$lazaret" db build -o "$dir/test.lzdb" "$dir/db/t.hdb" "$dir/db/t.ndb" >/dev/null

# The corpus: files of up to 20 MB, evenly from the whole source, in the page cache.
find "$source" -xdev -type f -size -20M -readable -printf '%s %p\n' | sort -k2 >"$dir/all"
total=$(awk '{s += $1} END {print int(s / 1e6)}' "$dir/all")
step=$((total / megabytes > 1 ? total / megabytes : 1))
awk -v step="$step" 'NR % step == 0' "$dir/all" | cut -d' ' -f2- | awk '{print NR, $0}' |
    while read -r n path; do cp --no-preserve=all "$path" "$dir/corpus/$n-${path##*/}"; done
cp /usr/share/clamav-testfiles/clam.zip "$dir/corpus/"
files=$(find "$dir/corpus" -type f | wc -l)
bytes=$(du -sb --apparent-size "$dir/corpus" | cut -f1)
cat "$dir"/corpus/* >/dev/null
printf 'corpus: %d files, %.0f MB of %s (every %dth file)\n' \
    "$files" "$(awk "BEGIN {print $bytes / 1e6}")" "$source" "$step"

family() { # PID: it and its children
    echo "$1"
    pgrep -P "$1" || :
}
pss_kb() { # PID: memory of the family, shared pages divided
    local pid sum=0 part
    for pid in $(family "$1"); do
        part=$(awk '/^Pss:/ {print $2}' "/proc/$pid/smaps_rollup" 2>/dev/null) || part=
        sum=$((sum + ${part:-0}))
    done
    echo "$sum"
}
watch_memory() { # PID FILE: the highest sum that is seen
    local peak=0 now
    while kill -0 "$1" 2>/dev/null; do
        now=$(pss_kb "$1")
        [ "$now" -le "$peak" ] || peak=$now
        echo "$peak" >"$2"
        sleep 0.1
    done
}
declare -A rate memory
measure() { # NAME WATCHED-PID-OR-0 COMMAND...
    local name=$1 watched=$2 start seconds pid
    shift 2
    start=$(date +%s%N)
    "$@" >"$dir/out" 2>"$dir/err" &
    pid=$!
    [ "$watched" -ne 0 ] || watched=$pid
    watch_memory "$watched" "$dir/memory" &
    local watcher=$!
    wait "$pid" || :
    seconds=$(awk "BEGIN {print ($(date +%s%N) - $start) / 1e9}")
    kill "$watcher" 2>/dev/null || :
    wait "$watcher" 2>/dev/null || :
    rate[$name]=$(awk "BEGIN {print $bytes / 1e6 / $seconds}")
    memory[$name]=$(cat "$dir/memory" 2>/dev/null || echo 0)
    printf '%-22s %8.1f MB/s %9.0f files/s %8.2f s %8.1f MB peak\n' "$name" "${rate[$name]}" \
        "$(awk "BEGIN {print $files / $seconds}")" "$seconds" \
        "$(awk "BEGIN {print ${memory[$name]} / 1024}")"
}
must_find() { # NAME PATTERN
    grep -q "$2" "$dir/out" || {
        echo "scan.sh: $1 did not find the test file" >&2
        tail -3 "$dir/err" >&2
        exit 1
    }
}
ratio() { # OURS PEER
    awk "BEGIN {printf \"%s against %s: %.1f times the speed, %.2f of the memory\n\", \"$1\", \"$2\",
        ${rate[$1]} / ${rate[$2]}, ${memory[$1]} / ${memory[$2]}}"
}

measure lazaret-1 0 "$lazaret" scan --jobs 1 --db "$dir/test.lzdb" "$dir/corpus"
must_find lazaret 'clam.zip: malicious: '
measure "lazaret-$processors" 0 "$lazaret" scan --jobs "$processors" --db "$dir/test.lzdb" "$dir/corpus"
measure clamscan 0 clamscan -r --infected --database="$dir/db" "$dir/corpus"
must_find clamscan 'Test.Clam.*FOUND'

cat >"$dir/clamd.conf" <<EOF
LocalSocket $dir/clamd.sock
DatabaseDirectory $dir/db
Foreground yes
MaxThreads $processors
LogFile $dir/clamd.log
EOF
clamd --config-file="$dir/clamd.conf" >/dev/null 2>&1 &
clamd_pid=$!
for _ in $(seq 300); do
    [ ! -S "$dir/clamd.sock" ] || break
    sleep 0.1
done
cat >"$dir/ask.py" <<'EOF'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"zMULTISCAN " + sys.argv[2].encode() + b"\0")
while True:
    data = s.recv(65536)
    if not data:
        break
    print(data.replace(b"\0", b"\n").decode(errors="replace"), end="")
EOF
measure "clamd-$processors" "$clamd_pid" python3 "$dir/ask.py" "$dir/clamd.sock" "$dir/corpus"
must_find clamd 'Test.Clam.*FOUND'

ratio lazaret-1 clamscan
ratio "lazaret-$processors" "clamd-$processors"
