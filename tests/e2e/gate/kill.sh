#!/usr/bin/env bash
# Whatever is killed or stopped, nothing on the machine hangs: opens go on within a bounded time, and
# what was killed comes back and guards again.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/gate/lib.sh
. "$LAZ_SOURCE/tests/e2e/gate/lib.sh"

make_db
mount_loop disk 300M
tree=$work/disk/share
mkdir -p "$tree/many"
for i in $(seq 400); do echo "file $i" >"$tree/many/f$i"; done

start_agent "$work/data" --protect "$tree" || not_ok "the agent guards" "$(cat "$work/agent.err")"

readers() { # opens in flight: many readers that change what they read, so that nothing is cached
    local r
    for r in 1 2 3; do
        (while [ ! -e "$work/stop" ]; do
            for f in "$tree"/many/f*"$r"; do
                echo more >>"$f"
                cat "$f" >/dev/null
            done
        done) &
        started_pids+=("$!")
    done
}

guards() { # a fresh bad file is taken away; the first may come before the marks stand again
    local try
    for try in 1 2 3 4; do
        eicar >"$tree/probe$1$try.com"
        wait_for 2 is_gone "$tree/probe$1$try.com" && return 0
    done
    return 1
}

longest_open_ms() { # over 2 seconds of opens of files that nobody has read
    local end=$((SECONDS + 2)) worst=0 n=0 start took
    while [ $SECONDS -lt $end ]; do
        n=$((n + 1))
        echo "new $n" >"$tree/fresh$n"
        start=$(date +%s%N)
        timeout -s KILL 20 cat "$tree/fresh$n" >/dev/null
        took=$((($(date +%s%N) - start) / 1000000))
        [ "$took" -le "$worst" ] || worst=$took
    done
    rm -f "$tree"/fresh*
    echo "$worst"
}

below() { [ "$1" -le "$2" ]; }

readers
for role in worker vault deeds broker gate; do
    old=$(child_of_agent "$role")
    kill -KILL "$old"
    worst=$(longest_open_ms)
    check "$role killed: no open takes longer than 3.5 s (worst: $worst ms)" below "$worst" 3500
    comes_back() { local now; now=$(child_of_agent "$role"); [ -n "$now" ] && [ "$now" != "$old" ]; }
    check "$role killed: it comes back" wait_for 5 comes_back
    check "$role killed: and it guards again" guards "$role"
done
check "the death of a worker is told" wait_for 3 has_event worker.died
check "the death of a process is told" wait_for 3 has_event process.died '"process":"gate"'

old=$(child_of_agent gate)
kill -STOP "$old"
start=$(date +%s%N)
timeout -s KILL 20 cat "$tree/many/f1" >/dev/null
took=$((($(date +%s%N) - start) / 1000000))
check "gate stopped: an open waits no longer than 2 s (took $took ms)" below "$took" 2000
check "gate stopped: it comes back" wait_for 5 comes_back
check "gate stopped: and it guards again" guards stopped
touch "$work/stop"
sleep 1

echo "clean but unknown" >"$tree/slow.txt"
sleep 0.5
echo "clean and unknown again" >>"$tree/slow.txt"
sleep 0.5
workers=$(pgrep -P "$agent" -x lazaret-worker)
mkdir "$work/disk/aside" # not guarded, on the same disk: moved in, it is not written
eicar >"$work/disk/aside/late.com"
mv "$work/disk/aside/late.com" "$tree/late.com"
# shellcheck disable=SC2086
kill -STOP $workers
start=$(date +%s%N)
timeout -s KILL 20 cat "$tree/late.com" >/dev/null 2>&1
status=$?
took=$((($(date +%s%N) - start) / 1000000))
equal "workers stopped: an open is let go" 0 "$status"
check "workers stopped: after the deadline of 500 ms, not long after (took $took ms)" below "$took" 1500
check "workers stopped: and not before" below 450 "$took"
check "workers stopped: the hold that ran out is told" wait_for 3 has_event hold.expired late.com
expired_counted() { "$lazaret" agent status --data "$data" --json | grep -q '"holds_expired":[1-9]'; }
check "workers stopped: and counted" wait_for 3 expired_counted
# shellcheck disable=SC2086
kill -CONT $workers
check "workers go on: what was let go is checked later, and taken away" wait_for 5 is_gone "$tree/late.com"

kill -KILL "$agent"
check "monitor killed: opens go on at once" opens_fast "$tree/many/f2" 2
all_gone() { [ -z "$(pgrep -f -- "--data $data ")" ]; }
check "monitor killed: nothing of it stays" wait_for 3 all_gone
check "monitor killed: no mark stays" wait_for 5 umount "$work/disk"
mount -o loop "$work/disk.img" "$work/disk"
if start_agent "$work/data" --protect "$tree"; then ok "and it starts again"; else not_ok "and it starts again" "$(cat "$work/agent.err")"; fi
check "and guards" guards again
stop_agent
equal "and stops" 0 $?
