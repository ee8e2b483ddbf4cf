#!/usr/bin/env bash
# The one door: each command says what it does, and what is not understood is refused.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
dev=$LAZ_SOURCE/dev

usage=$("$dev" --help 2>&1)
equal "--help ends with 0" 0 $?
for file in "$LAZ_SOURCE"/tools/dev/*.sh; do
    name=$(basename "$file" .sh)
    [ "$name" != common ] || continue
    check "the usage names $name with what it does" grep -Eq "^  $name +[a-z]" <<<"$usage"
    check "$name --help shows its usage" grep -q "usage: ./dev $name" <("$dev" "$name" --help 2>&1)
done

"$dev" nonsense >"$work/out" 2>&1
equal "an unknown command ends with 2" 2 $?
check "and is named with a remedy" grep -q "nonsense: is not known (see './dev --help')" "$work/out"
"$dev" ../tools/dev/build >"$work/out" 2>&1
equal "a path is no command" 2 $?
"$dev" common >"$work/out" 2>&1
equal "what the commands share is no command" 2 $?
for name in build test fuzz bench cover lint clean web install-deps; do
    "$dev" "$name" --nonsense >"$work/out" 2>&1
    equal "$name refuses an option that it does not know" 2 $?
done

check "the README's command for tests is what continuous integration runs" \
    bash -c "grep -q 'exec ./dev test' '$LAZ_SOURCE/.ci/run' && grep -q './dev test' '$LAZ_SOURCE/README.md'"
unknown=$(awk '!/^#/ && NF {n = split($2, sets, ","); for (i = 1; i <= n; i++)
    if (sets[i] !~ /^(build|run|test|long|lint|fuzz|cover|bench|web)$/) print $0}' "$LAZ_SOURCE/tools/packages.txt")
equal "each package belongs to sets that there are" "" "$unknown"

# Each fuzz target states what it must reach, and has a corpus to reach it with.
targets=$(grep -oh "'fuzz_[a-z0-9_]*'" "$LAZ_SOURCE"/tests/fuzz/*/meson.build | tr -d "'" | sort -u)
for target in $targets; do
    check "$target says what it must reach" grep -Eq "^$target [1-9][0-9]+$" "$LAZ_SOURCE/tests/fuzz/coverage.txt"
    check "$target has a corpus" compgen -G "$LAZ_SOURCE/tests/fuzz/corpus/$target/*"
done
