#!/usr/bin/env bash
# Who destroys files is stopped and its files are put back; who works is left alone.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/gate/lib.sh
. "$LAZ_SOURCE/tests/e2e/gate/lib.sh"

make_db
mount_loop disk 500M

sums() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum); }

attack_story() { # attack_story NAME PAUSE-US MODE [AGENT-ARGUMENT...]
    local name=$1 pause=$2 mode=$3 tree=$work/disk/$1 hit
    shift 3
    attack_folder "$tree" 60
    sums "$tree" >"$work/before"
    if start_agent "$work/data-$name" --protect "$tree" "$@"; then ok "$name: the agent guards"; else not_ok "$name: the agent guards" "$(cat "$work/agent.err")"; fi
    timeout -s KILL 30 "$encryptor" "$tree" "$pause" "$mode" >"$work/hit" 2>&1
    check "$name: the rollback is told" wait_for 10 has_event rollback.done
    back() { sums "$tree" >"$work/after"; cmp -s "$work/before" "$work/after"; }
    check "$name: every file is back, byte by byte, and nothing else stands there" wait_for 10 back
    check "$name: it is told who was stopped, and why" has_event actor.stopped '"reasons":\["'
    if [ "$mode" = alone ]; then
        check "$name: it is ended while it waits, before it sees a refusal" [ ! -s "$work/hit" ]
        check "$name: and so it is told" has_event actor.stopped '"action":"stopped"'
    fi
    hit=$(cat "$data"/spool/*.seg | grep -a -o '"event_code":"file.rolled_back"' | wc -l)
    check "$name: at most 15 files had been hit ($hit)" [ "$hit" -le 15 ]
    check "$name: at least one had" [ "$hit" -ge 1 ]
    stop_agent
    equal "$name: the agent stops" 0 $?
}

attack_story encryptor 1000 alone
attack_story breathless 0 alone
attack_story forking 2000 fork
attack_story old-kernel 1000 alone --without pre-access,landlock
attack_story no-seccomp 1000 alone --without seccomp

tree=$work/disk/undo
attack_folder "$tree" 3
sums "$tree" >"$work/before"
start_agent "$work/data-undo" --protect "$tree"
bash -c "for f in '$tree'/report*.txt; do echo changed >>\"\$f\"; done; echo \"actor:\$(head -c 8 /proc/sys/kernel/random/boot_id):\$\$:\$(sed 's/.*) //' /proc/\$\$/stat | cut -d' ' -f20)\"" >"$work/key"
sleep 0.5
check "undo puts back what a person asks for" "$lazaret" agent undo --data "$data" "$(cat "$work/key")"
sums "$tree" >"$work/after"
check "and all of it" cmp "$work/before" "$work/after"
stop_agent

tree=$work/disk/glass
attack_folder "$tree" 60
start_agent "$work/data-glass" --protect "$tree"
"$lazaret" agent break-glass --data "$data" --reason "a test" >/dev/null
sleep 0.2
check "break-glass: nobody is stopped" timeout -s KILL 30 "$encryptor" "$tree" 10000 late
check "break-glass: it is told who would have been" wait_for 5 has_event actor.allowed '"reasons":\["'
key=$(cat "$data"/spool/*.seg | tr '\n' ' ' | grep -a -o 'actor\.allowed.*' | grep -a -o 'actor:[0-9a-f]*:[0-9]*:[0-9]*' | head -n 1)
# Nothing was held: this one gives the copies time, others may be faster than they are.
check "break-glass: and a person can undo it" "$lazaret" agent undo --data "$data" "$key"
stop_agent

# Work as people do it, once without and once with the agent: same exit status, same tree.
seed=$work/seed
mkdir -p "$seed/docs"
for i in $(seq 50); do yes "Line of document $i, which talks of nothing." | head -n $((20 + i)) >"$seed/docs/d$i.txt"; done
printf '#include <stdio.h>\nint main(void){puts("built");return 0;}\n' >"$seed/main.c"
tar -C "$seed" -cf "$seed/all.tar" docs main.c

work_story() { # work_story NAME COMMAND: in a copy of the seed
    local name=$1 tree=$work/disk/benign/$1 plain=$work/plain/$1 want got
    shift
    mkdir -p "$tree" "$plain"
    cp -r "$seed/." "$tree/"
    cp -r "$seed/." "$plain/"
    (cd "$plain" && bash -c "$1") >/dev/null 2>&1
    want=$?
    (cd "$tree" && timeout -s KILL 60 bash -c "$1") >/dev/null 2>&1
    got=$?
    equal "$name: ends as without the agent" "$want" "$got"
    sums "$plain" >"$work/want"
    sums "$tree" >"$work/got"
    check "$name: leaves the same tree" cmp "$work/want" "$work/got"
}

mkdir -p "$work/disk/benign"
if start_agent "$work/data-benign" --protect "$work/disk/benign"; then ok "benign: the agent guards"; else not_ok "benign: the agent guards" "$(cat "$work/agent.err")"; fi
work_story untar "mkdir out && tar -C out -xf all.tar"
work_story copy "cp -r docs copy"
work_story build "gcc -o built main.c && ./built && rm built" # the linker's output differs by its path
work_story sed "for f in docs/*.txt; do sed -i s/nothing/something/ \$f; done"
work_story sed-once "sed -i s/nothing/something/ docs/*.txt"
work_story archive "tar -czf docs.tar.gz --mtime=@0 --sort=name docs && rm docs.tar.gz"
work_story gzip-copies "for f in docs/*.txt; do gzip -nk \$f; done"
work_story rename "for f in docs/*.txt; do mv \$f \${f%.txt}.md; done"
work_story delete "rm -r docs"
work_story append "for i in 1 2 3; do for f in docs/*.txt; do echo more >>\$f; done; done"
work_story git "git init -q . && git -c user.email=a@b -c user.name=n add docs && rm -rf .git"
equal "benign: nobody was stopped" 0 "$(event_count actor.stopped)"
stop_agent
equal "benign: the agent stops" 0 $?
check "no mark stays: the disk can be unmounted" umount "$work/disk"
mount -o loop "$work/disk.img" "$work/disk"
