#!/usr/bin/env bash
# The gate over files: what is bad is caught when it is written and refused when it is opened or
# executed, what is good opens, and everything is told. Once on a folder, once on a whole file system
# with the agent's own data inside it.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/gate/lib.sh
. "$LAZ_SOURCE/tests/e2e/gate/lib.sh"

holds_six() { [ "$(find "$data/quarantine" -name '*.q' | wc -l)" -eq 6 ]; }

files_story() { # files_story NAME TREE DATA
    local name=$1 tree=$2 id
    mkdir -p "$tree/old" "$(dirname "$3")"
    eicar >"$tree/old/eicar.com"
    flagged_script >"$tree/old/run.sh"
    chmod 755 "$tree/old/run.sh"
    printf 'nothing to see\n' >"$tree/clean.txt"
    cp /bin/true "$tree/true"
    eicar >"$work/outside.com"
    : >"$tree/empty"

    if start_agent "$3" --protect "$tree"; then ok "$name: the agent guards"; else not_ok "$name: the agent guards" "$(cat "$work/agent.err")"; fi
    equal "$name: and says what" "guarding $(realpath "$tree")" "$(cat "$work/agent.out")"

    equal "$name: a clean file opens" "nothing to see" "$(cat "$tree/clean.txt")"
    check "$name: an empty file opens" cat "$tree/empty"
    check "$name: a clean program runs" "$tree/true"
    check "$name: a new file can be written" bash -c "echo new >'$tree/new.txt'"
    equal "$name: and read" new "$(cat "$tree/new.txt")"

    if cat "$tree/old/eicar.com" >/dev/null 2>&1; then not_ok "$name: opening an old bad file is refused"; else ok "$name: opening an old bad file is refused"; fi
    check "$name: and it is taken away" wait_for 5 is_gone "$tree/old/eicar.com"
    if "$tree/old/run.sh" >/dev/null 2>&1; then not_ok "$name: executing a flagged script is refused"; else ok "$name: executing a flagged script is refused"; fi
    check "$name: and it is taken away too" wait_for 5 is_gone "$tree/old/run.sh"
    eicar >"$tree/written.com"
    check "$name: a bad file is taken away after it is written" wait_for 5 is_gone "$tree/written.com"
    mkdir -p "$tree/new/deep/er"
    sleep 0.3
    eicar >"$tree/new/deep/er/written.com"
    check "$name: a new folder is followed" wait_for 5 is_gone "$tree/new/deep/er/written.com"
    mkdir "$work/moved" && mkdir "$work/moved/in" && mv "$work/moved" "$tree/" && sleep 0.3
    eicar >"$tree/moved/in/written.com"
    check "$name: a folder that is moved in is followed" wait_for 5 is_gone "$tree/moved/in/written.com"
    mv "$work/outside.com" "$tree/moved-in.com"
    if cat "$tree/moved-in.com" >/dev/null 2>&1; then not_ok "$name: a bad file that is moved in is refused at its open"; else ok "$name: a bad file that is moved in is refused at its open"; fi

    check "$name: it tells of the refused open" wait_for 3 has_event file.blocked eicar.com
    check "$name: it tells of the refused execution" wait_for 3 has_event file.blocked '"trigger":"exec"'
    check "$name: it tells of the quarantine, by whom, and why" wait_for 3 has_event file.quarantined 'Test.Eicar'
    check "$name: six files are in quarantine" wait_for 3 holds_six
    id=$("$lazaret" quarantine list --data "$(dirname "$data")" | grep 'old/eicar.com' | cut -d' ' -f1)
    check "$name: a file is restored by command" "$lazaret" quarantine restore --data "$(dirname "$data")" "$id"
    sleep 1
    equal "$name: it stays and opens" "$(eicar)" "$(cat "$tree/old/eicar.com")"
    check "$name: the status says what is guarded" grep -q '"protected":\["' <("$lazaret" agent status --data "$data" --json)
    check "$name: and names what no kernel can hold" grep -q 'unlink-and-rename' <("$lazaret" agent status --data "$data")

    "$agentd" run --data "$data" --db "$work/test.lzdb" >/dev/null 2>"$work/second.err"
    equal "$name: a second agent on the same data is refused" 2 $?
    check "$name: with a remedy" grep -q 'another agent runs on this data folder (stop it' "$work/second.err"

    flagged_script >"$work/wanted.sh"
    check "$name: content that a person allows" "$lazaret" agent allow --data "$data" "sha256:$(sha256sum "$work/wanted.sh" | cut -d' ' -f1)"
    sleep 0.2
    cp "$work/wanted.sh" "$tree/wanted.sh"
    sleep 0.5
    equal "$name: stays and opens" "$(cat "$work/wanted.sh")" "$(cat "$tree/wanted.sh")"

    check "$name: the glass can be broken" "$lazaret" agent break-glass --data "$data" --reason "a test"
    sleep 0.2
    eicar >"$tree/glass.com"
    sleep 0.1
    check "$name: it is told" wait_for 3 has_event breakglass.on
    check "$name: and mended" "$lazaret" agent break-glass --data "$data" --off
    check "$name: which is told too" wait_for 3 has_event breakglass.off
    if "$lazaret" agent break-glass --data "$data" >/dev/null 2>&1; then not_ok "$name: it needs a reason"; else ok "$name: it needs a reason"; fi

    stop_agent
    equal "$name: SIGTERM ends it well" 0 $?
    equal "$name: no process stays" "" "$(pgrep -f -- "--data $data " || true)"
    check "$name: its end is told" has_event agent.stopped
}

make_db || not_ok "the test database is built" "needs lazaret db build"
mount_loop folder 200M
files_story folder "$work/folder/share" "$work/data/agent"
check "no mark stays: the disk can be unmounted" umount "$work/folder"
mount -o loop "$work/folder.img" "$work/folder"

mount_loop whole 200M
files_story filesystem "$work/whole" "$work/whole/data/agent"
check "no mark stays there either" umount "$work/whole"
mount -o loop "$work/whole.img" "$work/whole"

mkdir -p "$work/folder/inside"
files_story inside "$work/folder/inside" "$work/folder/inside/data/agent"
