#!/bin/bash
# Events a second from the spool through mutual TLS to disk at the other end, each batch acknowledged only
# after it is there. The peer is the disk alone: the same lines written with the same number of syncs.
set -euo pipefail

programs=${LAZ_TRIALS:-$LAZ_BUILD/tests/e2e/link}
events=${1:-200000}
place=$(mktemp -d /tmp/laz-bench-link-XXXXXX)
chmod 755 "$place"
mkdir "$place/console" "$place/agent"
"$programs/trial_console" "$place/console" 127.0.0.1:0 >"$place/port" 2>/dev/null &
console=$!
trap 'kill "$console" 2>/dev/null || true; rm -rf "$place"' EXIT
for _ in $(seq 100); do
    [ -s "$place/port" ] && break
    sleep 0.05
done

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
url=https://127.0.0.1:$(awk '{ print $2 }' "$place/port")
token=$(printf 'a%.0s' {1..32})

echo '{"type":"state"}' | "$programs/trial_agent" "$place/agent" "$url" "$token" \
    "$(cat "$place/console/pin")" "$events" >"$place/out" 2>/dev/null
ms=$(awk '/^acked/ { print $2 }' "$place/out")
uplink=$(awk '/^uplink-cpu-ms/ { print $2 }' "$place/out")
server=$(($(ticks "$console") * 1000 / $(getconf CLK_TCK)))
[ "$(wc -l <"$place/console/received.log")" = "$events" ]

bytes=$(stat -c %s "$place/console/received.log")
batch=$((bytes / (events / 1000)))
began=$(date +%s%N)
dd if="$place/console/received.log" of="$place/disk" bs="$batch" oflag=dsync status=none
disk=$((($(date +%s%N) - began) / 1000000 + 1))

awk -v n="$events" -v ms="$ms" -v disk="$disk" -v u="$uplink" -v s="$server" 'BEGIN {
    ours = n * 1000 / ms; peer = n * 1000 / disk
    printf "link: %d events acknowledged in %d ms: %.0f events/s\n", n, ms, ours
    printf "link: processor time per event: uplink %.2f us, server %.2f us\n", u * 1000 / n, s * 1000 / n
    printf "link: the disk alone: %.0f events/s, ratio %.2f\n", peer, ours / peer
}'
