#!/usr/bin/env bash
# What every command and manual page has in common.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
lazaret=$LAZ_BUILD/lazaret

equal "the version is the project's" "lazaret $(sed -n "s/^  version: '\(.*\)',/\1/p" "$LAZ_SOURCE/meson.build")" \
    "$("$lazaret" --version)"
"$lazaret" >/dev/null 2>&1
equal "without a command it ends with 2" 2 $?
"$lazaret" nonsense >/dev/null 2>"$work/err"
equal "an unknown command ends with 2" 2 $?
check "with what, where, why and the remedy" grep -Eq "^lazaret: command: nonsense: .+ \(.+\)$" "$work/err"

mapfile -t commands < <("$lazaret" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
check "there are commands" test ${#commands[@]} -ge 8
for command in "${commands[@]}"; do
    check "$command has a manual page" compgen -G "$LAZ_SOURCE/man/lazaret-$command.[0-9]"
    [ "$command" != yara ] || continue # it speaks as yara does: tests/e2e/engine/yara_cli.py
    "$lazaret" "$command" --help >"$work/out" 2>"$work/err"
    equal "$command --help ends with 0" 0 $?
    check "$command --help shows its usage on standard output" grep -q "^usage: lazaret $command" "$work/out"
    equal "$command --help says nothing on standard error" "" "$(cat "$work/err")"
    "$lazaret" "$command" --nonsense >"$work/out" 2>"$work/err"
    equal "$command refuses an unknown option with 2" 2 $?
    check "$command says so in one line" grep -Eq '^lazaret: .+: .+$' "$work/err"
done
for program in agentd consoled worker compile feed; do
    check "lazaret-$program has a manual page" compgen -G "$LAZ_SOURCE/man/lazaret-$program.8"
    check "and says whom it trusts" grep -q '^.Sh SECURITY' "$LAZ_SOURCE/man/lazaret-$program.8"
done

for page in "$LAZ_SOURCE"/man/*.[0-9]; do
    check "$(basename "$page") is well formed" mandoc -Tlint -W warning "$page"
done
known=" $(cd "$LAZ_SOURCE/man" && for page in *.[0-9]; do echo -n "${page%.*} ${page##*.} "; done)"
lost=$(sed -n 's/^\.Xr \(lazaret[a-z-]*\|lzdb\) \([0-9]\).*/\1 \2/p' "$LAZ_SOURCE"/man/*.[0-9] | sort -u |
    while read -r name section; do [[ $known == *" $name $section "* ]] || echo "$name($section)"; done)
equal "no page sends its reader to one that is not there" "" "$lost"
