#!/usr/bin/env bash
# A database that cannot be used must not cost the protection that needs none: behaviour is still
# judged, and what is missing is said.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"

mount_loop disk 256M
share=$work/disk/share
mkdir -p "$share"
touch "$share/.lazaret-demo-share"
for number in $(seq 60); do
    seq "$number" $((number + 2000)) | sed 's/^/Round /' >"$share/report-$number.txt"
done
sums() { (cd "$share" && find . -type f -name '*.txt*' -print0 | sort -z | xargs -0 sha256sum); }
sums >"$work/before"
head -c 4096 "$LAZ_BUILD/content.lzdb" >"$work/cut.lzdb"

"$LAZ_BUILD/lazaret-agentd" run --data "$work/disk/agent" --db "$work/cut.lzdb" --protect "$share" \
    >"$work/log" 2>&1 &
started_pids+=("$!")
if wait_for 20 grep -q "^guarding $share" "$work/log"; then ok "guards with a database that is cut short"; else not_ok "guards with a database that is cut short" "$(cat "$work/log")"; fi
check "says what is wrong and what helps" wait_for 10 grep -q 'content.missing.*lazaret db build' "$work/log"
says_missing() { "$LAZ_BUILD/lazaret" agent status --data "$work/disk/agent" | grep -q content-missing; }
check "the state names it" wait_for 10 says_missing

"$LAZ_BUILD/lazaret-demo-attacker" "$share" >/dev/null 2>&1
equal "an encrypting process is ended all the same" 137 $?
back() { sums >"$work/after"; cmp -s "$work/before" "$work/after"; }
check "and nothing is lost" wait_for 10 back
deaths=$(grep -c process.died "$work/log")
check "the workers do not die again and again" test "$deaths" -le 8
