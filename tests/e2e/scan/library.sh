#!/bin/bash
# The public library as programs use it: an installed copy, found through pkg-config, in C and in C++.
# Prints TAP.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dest=$folder/dest
number=0
failed=0
check() { # name, command...
    local name=$1 status=0
    shift
    number=$((number + 1))
    "$@" >"$folder/check.out" 2>&1 || status=$?
    if [[ $status -eq 0 ]]; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$folder/check.out"
        failed=1
    fi
}
ends_with() { # status, command...
    local expected=$1 status=0
    shift
    "$@" >"$folder/out" 2>&1 || status=$?
    cat "$folder/out"
    [[ $status -eq $expected ]]
}

install_copy() { DESTDIR=$dest meson install -C "$LAZ_BUILD" --no-rebuild --quiet --tags library,devel,man; }
check "it can be installed" install_copy
pc=$(find "$dest" -name lazaret.pc)
lib=$(dirname "$(find "$dest" -name liblazaret.so)")
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR=$dest LD_LIBRARY_PATH=$lib
PKG_CONFIG_PATH=$(dirname "$pc")
read -ra flags < <(pkg-config --cflags --libs lazaret)
check "the example compiles through pkg-config" \
    cc -Wall -Wextra -Werror "$LAZ_SOURCE/docs/examples/scan.c" -o "$folder/scan" "${flags[@]}"
check "and as C++" \
    c++ -Wall -Wextra -Werror -x c++ "$LAZ_SOURCE/docs/examples/scan.c" -x none -o "$folder/scan++" "${flags[@]}"
only_ours() { ! nm -D --defined-only "$lib/liblazaret.so" | awk '{ print $3 }' | grep -qv '^lazaret_\|^LAZARET_'; }
check "the library shows nothing but its own names" only_ours

cat >"$folder/rules.yar" <<'RULE'
rule Greeting { strings: $a = "hello there" condition: $a }
RULE
check "a database is built" \
    "$LAZ_BUILD/lazaret" db build -o "$folder/db.lzdb" "$folder/rules.yar"
printf 'oh, hello there' >"$folder/greeting"
printf 'nothing' >"$folder/clean"
for program in scan scan++; do
    run() { ends_with "$@"; }
    ours=("$folder/$program" --worker "$LAZ_BUILD/lazaret-worker" "$folder/db.lzdb")
    finds() { run 1 "${ours[@]}" "$folder/clean" "$folder/greeting" && grep -q "greeting:   yara Greeting (" "$folder/out" && grep -q "clean: clean" "$folder/out"; }
    check "$program: a file is found, another is clean" finds
    check "$program: clean files end with 0" run 0 "${ours[@]}" "$folder/clean"
    streams() { { head -c 300000 /dev/zero; printf 'hello there'; } | "${ours[@]}" - >"$folder/out"; [[ $? -eq 1 ]] && grep -q "Greeting" "$folder/out"; }
    piped() { local s=0; (set +e; streams) || s=$?; return "$s"; }
    check "$program: a stream that comes in pieces is found" piped
    check "$program: a file that is not there is an error" run 2 "${ours[@]}" "$folder/none"
    no_database() { run 2 "$folder/$program" --worker "$LAZ_BUILD/lazaret-worker" "$folder/none" x && grep -q "^lazaret: database: .*none" "$folder/out"; }
    check "$program: a database that is not there is told" no_database
done
check "a program with the header alone compiles" \
    cc -Wall -Wextra -Werror -pthread "$LAZ_SOURCE/tests/e2e/scan/library_story.c" -o "$folder/story" "${flags[@]}"
story() { "$folder/story" "$LAZ_BUILD/lazaret-worker" "$folder/db.lzdb"; }
check "buffers, streams, limits, threads: all that the header promises" story
echo "1..$number"
exit $failed
