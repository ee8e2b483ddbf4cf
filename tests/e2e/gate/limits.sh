#!/usr/bin/env bash
# What the agent does when something is missing, and how much it takes on: no root, an old kernel,
# 10,000 files, bad arguments, a full disk.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/gate/lib.sh
. "$LAZ_SOURCE/tests/e2e/gate/lib.sh"

make_db
chmod 755 "$work"
chmod 644 "$work/test.lzdb"
mount_loop disk 300M
tree=$work/disk/share
mkdir -p "$tree"
for d in $(seq 100); do
    mkdir "$tree/d$d"
    for f in $(seq 100); do : >"$tree/d$d/f$f"; done
done

start=$(date +%s%N)
start_agent "$work/data" --protect "$tree"
took=$((($(date +%s%N) - start) / 1000000))
check "10,000 files are guarded within 2 s ($took ms)" [ "$took" -le 2000 ]
eicar >"$tree/d100/eicar.com"
check "the last folder too" wait_for 5 is_gone "$tree/d100/eicar.com"
stop_agent

feature_story() { # feature_story NAME WITHOUT MODE
    start_agent "$work/data-$1" --protect "$tree" --without "$2"
    check "without $2: the mode is $3" grep -q "\"mode\":\"$3\"" <("$lazaret" agent status --data "$data" --json)
    check "without $2: it is said" grep -q '"state":"off"' <("$lazaret" agent status --data "$data" --json)
    eicar >"$tree/$1.com"
    if [ "$3" = full ]; then
        check "without $2: a bad file is still taken away" wait_for 5 is_gone "$tree/$1.com"
    else
        sleep 1
        check "without $2: nothing is held or taken" [ -e "$tree/$1.com" ]
        check "without $2: the terminal says so" grep -q '^not guarding' "$work/agent.out"
        check "without $2: an event says so" wait_for 3 has_event agent.degraded
        rm -f "$tree/$1.com"
    fi
    stop_agent
    equal "without $2: it stops" 0 $?
}
feature_story old pre-access,landlock full
feature_story nameless names full
feature_story unsealed seccomp full
feature_story gateless permission no-gate
feature_story pidless pidfd no-gate

mkdir -m 777 "$work/plain"
setpriv --reuid 65534 --regid 65534 --clear-groups "$agentd" run --data "$work/plain/data" --db "$work/test.lzdb" \
    --protect "$tree" >"$work/user.out" 2>"$work/user.err" &
agent=$!
started_pids+=("$agent")
check "without root it runs and says that it guards nothing" wait_for 10 grep -q '^not guarding: not started as root' "$work/user.out"
check "and answers" grep -q '"no-root"' <("$lazaret" agent status --data "$work/plain/data" --json)
stop_agent
equal "and stops" 0 $?

refused() { # refused TEXT PATTERN ARGUMENT...
    local text=$1 pattern=$2
    shift 2
    timeout 10 "$agentd" "$@" >"$work/refused.out" 2>"$work/refused.err"
    equal "$text: exit status 2" 2 $?
    check "$text: what, where, why and the remedy" grep -qE "^lazaret: $pattern \(.+\)$" "$work/refused.err"
}
refused "a folder that is not there" "agent: $tree/none: .*" run --data "$work/d1" --db "$work/test.lzdb" --protect "$tree/none"
refused "a file instead of a folder" "agent: .*: is not a folder" run --data "$work/d1" --db "$work/test.lzdb" --protect "$work/test.hsb"
refused "a database that is not there" "database: $work/none.lzdb: .*" run --data "$work/d1" --db "$work/none.lzdb"
refused "an unknown feature" "agent: x-ray: names an unknown feature" run --data "$work/d1" --db "$work/test.lzdb" --without x-ray
refused "no data folder" "agentd: --data: is missing" run
refused "an unknown option" "agentd: --nonsense: is not understood" run --nonsense
"$lazaret" agent status --data "$work/d1" 2>"$work/refused.err"
equal "no agent to ask: exit status 2" 2 $?
check "no agent to ask: with a remedy" grep -qE '^lazaret: agent: .*: no agent runs on this data folder \(.+\)$' "$work/refused.err"

mkdir "$work/small"
mount -t tmpfs -o size=100m,mode=755 none "$work/small"
mounted+=("$work/small")
start_agent "$work/small/data" --protect "$tree"
dd if=/dev/zero of="$work/small/fill" bs=1M >/dev/null 2>&1
eicar >"$tree/full-disk.com"
check "a full disk: opens go on" opens_fast "$tree/d1/f1" 3
sleep 1
if cat "$tree/full-disk.com" >/dev/null 2>&1; then not_ok "a full disk: what cannot be quarantined is still refused"; else ok "a full disk: what cannot be quarantined is still refused"; fi
rm -f "$work/small/fill"
failed_told() { has_event file.quarantine_failed; }
check "a full disk: it is told when there is room again" wait_for 5 failed_told
cat "$tree/full-disk.com" >/dev/null 2>&1
check "a full disk: then it is taken away" wait_for 5 is_gone "$tree/full-disk.com"
stop_agent
equal "a full disk: it stops" 0 $?
