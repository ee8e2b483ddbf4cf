#!/usr/bin/env bash
# The tree obeys its rules, and the checks see it when it does not.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
tools=$LAZ_SOURCE/tools

check "each folder includes only what it may" "$tools/check_layers"
check "each folder links only what it may" "$tools/check_links" "$LAZ_BUILD"
check "pure folders import nothing from the system" "$tools/check_purity" "$LAZ_BUILD"
if [ -e "$LAZ_SOURCE/.git" ]; then check "the text of the tree is in order" "$tools/check_words"; fi

# A tree that breaks each rule once.
tree=$work/tree
mkdir -p "$tree/src/base" "$tree/src/sys" "$tree/tools"
cp "$tools/layers.txt" "$tree/tools"
: >"$tree/src/sys/fd.h"
: >"$tree/src/sys/fd_priv.h"
: >"$tree/src/base/own.h"
layers_say() { # layers_say TEXT: check_layers fails on the broken tree and says it
    local output
    output=$("$tools/check_layers" --root "$tree") && return 1
    grep -qF -- "$1" <<<"$output"
}
breaks() { # breaks TEXT FILE CONTENT WANTED
    printf '%b' "$3" >"$tree/src/$2"
    check "$1 is seen" layers_say "$4"
    rm "$tree/src/$2"
}
check "an empty tree is in order" "$tools/check_layers" --root "$tree"
breaks "a forbidden edge" base/a.c '#include "sys/fd.h"\n' 'base may not use sys ("sys/fd.h")'
breaks "a private header of another folder" sys/a.c '#include "base/x_priv.h"\n' 'does not exist'
breaks "a private header that is there" base/a.c '#include "sys/fd_priv.h"\n' 'belongs to sys alone'
breaks "an include without its folder" base/a.c '#include "own.h"\n' 'without its folder'
breaks "a file that forgets its own header" base/own.c '#include <stdio.h>\n' 'does not include its own header'
breaks "an own header that comes late" base/own.c '#include <stdio.h>\n#include "base/own.h"\n' 'comes first'
breaks "a system header after ours" sys/a.c '#include "base/own.h"\n#include <stdio.h>\n' 'comes before ours'
mkdir "$tree/src/attic"
check "a folder without a layer is seen" layers_say 'src/attic: does not stand in tools/layers.txt'
rmdir "$tree/src/attic"
printf 'base: sys\nsys:\n' >"$tree/tools/layers.txt"
if "$tools/check_layers" --root "$tree" >/dev/null 2>&1; then
    not_ok "a cycle cannot be written"
else
    ok "a cycle cannot be written"
fi

# A pure library that opens a file.
fake=$work/build
mkdir -p "$fake/src/base" "$fake/src/wire"
echo 'int open(const char *, int, ...); int peek(void); int peek(void) { return open("/etc/passwd", 0); }' >"$work/peek.c"
echo 'int pure(void); int pure(void) { return 1; }' >"$work/pure.c"
cc -c -o "$work/peek.o" "$work/peek.c"
cc -c -o "$work/pure.o" "$work/pure.c"
ar rcs "$fake/src/base/libbase.a" "$work/peek.o"
if output=$("$tools/check_purity" "$fake"); then
    not_ok "a system call in a pure folder is seen" "$output"
else
    check "a system call in a pure folder is seen" grep -q 'src/base: open' <<<"$output"
fi
if "$tools/check_purity" "$work" >/dev/null; then
    not_ok "a build folder without libraries is no success"
else
    ok "a build folder without libraries is no success"
fi

# A library that calls what lies above it.
ar rcs "$fake/src/wire/libwire.a" "$work/peek.o"
echo 'int peek(void); int call(void); int call(void) { return peek(); }' >"$work/call.c"
cc -c -o "$work/call.o" "$work/call.c"
rm "$fake/src/base/libbase.a"
ar rcs "$fake/src/base/libbase.a" "$work/call.o"
if output=$("$tools/check_links" "$fake"); then
    not_ok "a call upwards is seen when linking" "$output"
else
    check "a call upwards is seen when linking" grep -q 'undefined reference to .peek' <<<"$output"
fi

# Words.
printf 'int a; // %s\n' "TO""DO" >"$work/a.c"
printf 'path = "/%s/somebody/x"\n' "ho""me" >"$work/b.txt"
printf 'no newline' >"$work/c.txt"
printf 'blank \n' >"$work/d.txt"
printf 'bidi \xe2\x80\xae\n' >"$work/e.c"
yes 'int x;' | head -n 701 >"$work/f.c"
for name in a.c b.txt c.txt d.txt e.c f.c; do
    if "$tools/check_words" "$work/$name" >/dev/null; then
        not_ok "$name: what has no place in the tree is seen"
    else
        ok "$name: what has no place in the tree is seen"
    fi
done

# ARCHITECTURE.md names the functions that carry each way: they must be there.
lost=$(grep -o '`[a-z]*_[a-z_]*`' "$LAZ_SOURCE/ARCHITECTURE.md" | tr -d '`' | sort -u |
    while read -r name; do grep -rqw "$name" "$LAZ_SOURCE/src" --include='*.[ch]' || echo "$name"; done)
equal "the functions that ARCHITECTURE.md names are there" "" "$lost"
lost=$(grep -ho '\](\([^)#]*\))' "$LAZ_SOURCE"/*.md "$LAZ_SOURCE"/docs/decisions/*.md | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:' |
    sort -u | while read -r path; do [ -e "$LAZ_SOURCE/$path" ] || echo "$path"; done)
equal "no link of our pages leads nowhere" "" "$lost"
