#!/usr/bin/env bash
# The runner counts single tests, and nothing that went wrong looks like success.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"

project=$work/project
mkdir "$project"
cd "$project" || exit 1
write_test() { # write_test NAME: a script from standard input
    { echo '#!/bin/sh'; cat; } >"$1.sh"
    chmod +x "$1.sh"
}
write_test tap_good <<<'echo 1..3; echo ok 1 - a; echo "ok 2 - b"; echo ok 3'
write_test tap_bad <<<'echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1'
write_test tap_short <<<'echo 1..3; echo ok 1 - a'
write_test tap_none <<<'exit 0'
write_test plain_good <<<'exit 0'
write_test plain_bad <<<'echo what went wrong; exit 3'
write_test cut_off <<<'echo 1..2; echo ok 1 - a; kill -KILL $$'
write_test skips <<<'echo 1..2; echo ok 1 - a; echo "ok 2 - b # SKIP no such disk"'
write_test all_skipped <<<'echo "1..0 # SKIP no such disk"'
write_test slow <<<'sleep 60'
{
    echo "project('counted', meson_version: '>=1.0.0')"
    for name in tap_good tap_bad tap_short tap_none cut_off skips all_skipped; do
        echo "test('$name', find_program('./$name.sh'), protocol: 'tap', suite: 'tap')"
    done
    for name in plain_good plain_bad; do
        echo "test('$name', find_program('./$name.sh'), suite: 'plain')"
    done
    echo "test('slow', find_program('./slow.sh'), suite: 'plain', timeout: 1)"
} >meson.build
meson setup build >/dev/null

run() { # run WANTED_EXIT WANTED_LAST_LINE NAME...
    local exit_wanted=$1 line_wanted=$2 status
    shift 2
    python3 "$LAZ_SOURCE/tools/run_tests" --build build -- "$@" >out 2>&1
    status=$?
    equal "$*: the last line counts" "$line_wanted" "$(tail -n 1 out)"
    equal "$*: the exit status tells" "$exit_wanted" "$status"
}

run 0 "3 passed, 0 failed, 0 skipped" tap_good
run 0 "1 passed, 0 failed, 0 skipped" plain_good
run 1 "1 passed, 1 failed, 0 skipped" tap_bad
run 1 "1 passed, 1 failed, 0 skipped" tap_short
run 1 "0 passed, 1 failed, 0 skipped" tap_none
run 1 "0 passed, 1 failed, 0 skipped" plain_bad
check "what a failed test wrote is shown" grep -q 'what went wrong' out
run 1 "0 passed, 1 failed, 0 skipped" slow
run 1 "1 passed, 1 failed, 1 skipped" skips
check "a skip that is not allowed names its reason" grep -q 'no such disk.*not allowed' out
run 1 "0 passed, 1 failed, 1 skipped" all_skipped
run 0 "4 passed, 0 failed, 0 skipped" tap_good plain_good

python3 "$LAZ_SOURCE/tools/run_tests" --build build -- cut_off >out 2>&1
equal "a program that was killed fails" 1 $?
check "and its good test still counts" grep -Eq '^1 passed, [12] failed, 0 skipped$' out
python3 "$LAZ_SOURCE/tools/run_tests" --build build -- absent >out 2>&1
equal "a name that matches none is an error" 1 $?
check "and is said" grep -q 'absent: matches none' out
python3 "$LAZ_SOURCE/tools/run_tests" --build build --list -- plain >out
equal "a suite's name chooses its tests" "plain_bad plain_good slow" "$(awk '{print $2}' out | sort | tr '\n' ' ' | sed 's/ $//')"
