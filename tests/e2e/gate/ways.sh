#!/usr/bin/env bash
# Ways round the gate: whatever way an attacker takes into a file, its old content comes back.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/gate/lib.sh
. "$LAZ_SOURCE/tests/e2e/gate/lib.sh"

attacker=$LAZ_BUILD/tests/e2e/gate/attacker
make_db
mount_loop disk 700M

sums() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum); }

attack_story() { # attack_story WAY TREE COUNT [AGENT-ARGUMENT...]
    local way=$1 tree=$2 hit
    attack_folder "$tree" "$3"
    shift 3
    sums "$tree" >"$work/before"
    if start_agent "$work/data-$way" --protect "$tree" "$@"; then ok "$way: the agent guards"; else not_ok "$way: the agent guards" "$(cat "$work/agent.err")"; fi
    timeout -s KILL 60 "$attacker" "$tree" "$way" "$tree/aside" >"$work/hit" 2>&1
    check "$way: who did it is stopped" wait_for 10 has_event actor.stopped
    [ "$way" = alias ] || put_back_story "$way" "$tree"
    hit=$(cat "$data"/spool/*.seg | grep -a -o '"event_code":"file.rolled_back"' | wc -l)
    echo "# $way: $hit files had been hit"
    stop_agent
    equal "$way: the agent stops" 0 $?
}

# In a storm of renamed folders the attacker's own version may be left under a name that the gate
# never heard of: nothing is lost by it, so only there it is allowed.
put_back_story() { # put_back_story WAY TREE
    local way=$1 tree=$2 text="every file is back, byte by byte, and nothing else stands there"
    back() { sums "$tree" >"$work/after"; cmp -s "$work/before" "$work/after"; }
    if [ "$way" = storm ]; then
        text="every file is back, byte by byte"
        back() { sums "$tree" >"$work/after"; ! diff "$work/before" "$work/after" | grep -q '^<'; }
    fi
    if wait_for 15 back; then
        ok "$way: $text"
    else
        not_ok "$way: $text" "$(diff "$work/before" "$work/after" | head -n 8) of $(diff "$work/before" "$work/after" | grep -c '^<')"
    fi
}
for way in truncation openat2 path-descriptor handle map orphan in-part io_uring threads storm; do
    attack_story "$way" "$work/disk/$way" 60
done
attack_story processes "$work/disk/processes" 5000

# Where the whole file system is guarded, a name outside the folder and a folder that was just made
# are guarded too.
mount_loop whole 200M
mkdir "$work/whole/aside"
attack_story alias "$work/whole" 60 # who did it is stopped; under which name it is put back is not known
rm -rf "${work:?}"/whole/*
mkdir "$work/whole/aside"
attack_story new-folder "$work/whole" 60
