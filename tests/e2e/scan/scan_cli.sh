#!/bin/bash
# lazaret scan from outside: exit statuses, JSON, every form and container, bombs, and bad input.
set -euo pipefail

lazaret=$LAZ_BUILD/lazaret
cases=$LAZ_SOURCE/tests/cases/scan
here=$LAZ_SOURCE/tests/e2e/scan
dir=$(mktemp -d)
trap 'chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT
chmod 755 "$dir"
number=0
failed=0

ok() { # STATUS WHAT
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        failed=$((failed + 1))
    fi
}
check() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@" >"$dir/check.out" 2>&1; then ok 0 "$what"; else
        ok 1 "$what"
        sed 's/^/# /' "$dir/check.out" | head -20
    fi
}
status() { # EXPECTED COMMAND...: true when the command exits so
    local expected=$1 got=0
    shift
    "$@" >"$dir/out" 2>"$dir/err" || got=$?
    [ "$got" -eq "$expected" ] || {
        echo "exit status $got, not $expected: $*"
        cat "$dir/out" "$dir/err"
        return 1
    }
}
scan() { "$lazaret" scan --db "$dir/test.lzdb" "$@"; }
field() { # JSON-FIELD: of the one line in $dir/out
    python3 -c 'import json,sys; v=json.loads(sys.stdin.readline())
for k in sys.argv[1].split("."): v=v[int(k)] if k.isdigit() else v[k]
print(v)' "$1" <"$dir/out"
}

# The signatures; the test string is put together only here.
eicar_start='X5O!P%@AP[4\PZX54(P^)7CC)7}$'
eicar_end='EICAR-STANDARD-ANTIVIRUS-TEST-''FILE!$H+H*'
hex=$(printf '%s%s' "$eicar_start" "$eicar_end" | od -An -v -tx1 | tr -d ' \n')
echo "Test.Eicar:0:*:$hex" >"$dir/test.ndb"
clam=/usr/share/clamav-testfiles/clam.exe
printf '%s:%s:Test.Clam\n' "$(md5sum <$clam | cut -d' ' -f1)" "$(stat -c %s $clam)" >"$dir/test.hdb"
check "a database is built from an .ndb and an .hdb" \
    "$lazaret" db build -o "$dir/test.lzdb" "$dir/test.ndb" "$dir/test.hdb"
chmod 644 "$dir/test.lzdb"

mkdir "$dir/clean" "$dir/bad" "$dir/forms" "$dir/bombs" "$dir/locked"
printf 'a letter\n' >"$dir/clean/letter.txt"
printf '%s%s' "$eicar_start" "$eicar_end" >"$dir/bad/eicar.com"

# Exit statuses, and what is printed.
check "clean files exit 0" status 0 scan "$dir/clean"
check "and are not named" test ! -s "$dir/out"
check "the summary stands on standard error" grep -q '1 files: 0 malicious' "$dir/err"
check "clean files are named when asked" status 0 scan --verbose "$dir/clean"
check "with their verdict" grep -q 'letter.txt: clean' "$dir/out"
check "a find exits 1" status 1 scan "$dir/bad" "$dir/clean"
check "and names file and rule" grep -q 'eicar.com: malicious: Test.Eicar' "$dir/out"
check "a path that is not there exits 2" status 2 scan "$dir/none" "$dir/clean"
check "and is an error with a remedy" grep -q "^lazaret: scan: $dir/none: .* (.*)$" "$dir/err"
check "the rest is scanned nevertheless" grep -q '1 files:' "$dir/err"
check "a find is not hidden by an error" status 1 scan "$dir/none" "$dir/bad"
check "--help exits 0" status 0 "$lazaret" scan --help
check "an unknown option exits 2" status 2 "$lazaret" scan --nonsense
check "and says so" grep -q '^lazaret: scan: --nonsense: ' "$dir/err"
check "no path exits 2" status 2 scan
check "a number out of range exits 2" status 2 scan --jobs 0 "$dir/clean"
check "an empty file is clean" status 0 scan "$(mktemp -p "$dir/clean")"

# JSON.
check "--json prints one line a file" status 1 scan --json "$dir/bad/eicar.com"
check "with the verdict" test "$(field verdict)" = malicious
check "the reason" test "$(field reason)" = detected
check "the size" test "$(field size)" = 68
check "the hash" test "$(field sha256)" = "$(sha256sum <"$dir/bad/eicar.com" | cut -d' ' -f1)"
check "the rule" test "$(field detections.0.name)" = Test.Eicar
check "its kind" test "$(field detections.0.kind)" = body
check "its source" grep -q "\"source\":\"[^\"]*test.ndb\"" "$dir/out"
check "the bytes read" test "$(field read)" = 68
check "and those skipped" test "$(field skipped)" = 0
odd=$dir/clean/$(printf 'caf\xe9')
printf x >"$odd"
check "a path that is not UTF-8 is escaped" status 0 scan --json "$odd"
check "and given exactly in base64" test "$(field path_b64 | base64 -d | od -An -tx1)" = \
    "$(printf '%s' "$odd" | od -An -tx1)"
rm "$odd"

# Files that are no files, links, and those that may not be read.
mkfifo "$dir/clean/fifo"
ln -s ../bad/eicar.com "$dir/clean/link"
check "FIFOs are passed over and links below a folder not followed" status 0 scan "$dir/clean"
check "and both are counted" grep -q '1 links and 1 special files' "$dir/err"
check "a link that is named is followed" status 1 scan "$dir/clean/link"
check "a FIFO that is named is an error" status 2 scan "$dir/clean/fifo"
rm "$dir/clean/fifo" "$dir/clean/link"
printf x >"$dir/locked/secret"
chmod 000 "$dir/locked/secret"
unprivileged=()
[ "$(id -u)" -ne 0 ] || unprivileged=(setpriv --reuid 65534 --regid 65534 --clear-groups)
check "a file that may not be read exits 2" status 2 \
    "${unprivileged[@]}" "$lazaret" scan --json --db "$dir/test.lzdb" "$dir/locked" "$dir/clean"
check "is an error" grep -q "^lazaret: scan: $dir/locked/secret: " "$dir/err"
check "and is not called clean" grep -q '"verdict":"incomplete","reason":"unreadable"' "$dir/out"
check "without root it finds as well" status 1 \
    "${unprivileged[@]}" "$lazaret" scan --db "$dir/test.lzdb" "$dir/bad"

check "output that cannot be written exits 2" status 2 \
    bash -c '"$0" scan --db "$1" --verbose "$2" >/dev/full' "$lazaret" "$dir/test.lzdb" "$dir/clean"
check "and says so" grep -q '^lazaret: scan: standard output: ' "$dir/err"

# Databases that are none.
check "a database that is missing exits 2" status 2 "$lazaret" scan --db "$dir/no.lzdb" "$dir/clean"
check "and says how to get one" grep -q "^lazaret: database: $dir/no.lzdb: .*db build" "$dir/err"
head -c 3000 "$dir/test.lzdb" >"$dir/cut.lzdb"
check "one that is cut short exits 2" status 2 "$lazaret" scan --db "$dir/cut.lzdb" "$dir/clean"
check "and names the file" grep -q "^lazaret: database: $dir/cut.lzdb: .*(.*)$" "$dir/err"
: >"$dir/empty.lzdb"
check "an empty one exits 2" status 2 "$lazaret" scan --db "$dir/empty.lzdb" "$dir/clean"
cp "$dir/test.lzdb" "$dir/flipped.lzdb"
printf '\377\377\377' | dd of="$dir/flipped.lzdb" bs=1 seek=4200 conv=notrunc status=none
check "a damaged one exits 2" status 2 "$lazaret" scan --db "$dir/flipped.lzdb" "$dir/clean"
cp "$dir/test.lzdb" "$dir/version.lzdb"
printf '\377\377' | dd of="$dir/version.lzdb" bs=1 seek=8 conv=notrunc status=none
check "one of another version exits 2" status 2 "$lazaret" scan --db "$dir/version.lzdb" "$dir/clean"
check "another file is no database" status 2 "$lazaret" scan --db "$clam" "$dir/clean"

# Every form.
check "forms are made" "$LAZ_TEST_BIN/make_forms" "$dir/forms"
for file in "$dir"/forms/*.found; do
    check "found in $(basename "$file" .found)" status 1 scan "$file"
done
for file in "$dir"/forms/*.encrypted; do
    check "$(basename "$file" .encrypted) is not called clean" status 3 scan --json "$file"
    check "but encrypted" test "$(field reason)" = encrypted
done
(cat /bin/true && cat "$dir/forms/eicar.zip.found") >"$dir/sfx"
check "found in a zip behind a program" status 1 scan "$dir/sfx"
check "hidden forms are made" python3 "$here/make_hidden.py" "$dir/hidden"
for file in "$dir"/hidden/*.found; do
    check "found in $(basename "$file" .found)" status 1 scan "$file"
done
for file in "$dir"/hidden/*.damaged; do
    check "$(basename "$file" .damaged) is not called clean" status 3 scan --json "$file"
    check "but damaged" test "$(field reason)" = damaged
done
for file in "$dir"/hidden/*.unclean; do # what it is depends on the memory that a worker has
    scan "$file" >"$dir/out" 2>&1 && got=0 || got=$?
    check "$(basename "$file" .unclean) is not called clean" test "$got" -eq 1 -o "$got" -eq 3
done
for file in "$dir"/hidden/*.clean; do
    check "$(basename "$file" .clean) is clean" status 0 scan "$file"
done
printf 'begin 644 x\n' >"$dir/uu" # not encoded, only begun
check "text that only begins as uuencode does not hang" status 3 scan "$dir/uu"

# Debian's test files.
while read -r name verdict reason; do
    case $name in \#* | '') continue ;; esac
    scan --json "/usr/share/clamav-testfiles/$name" >"$dir/out" 2>"$dir/err" || :
    [ "$reason" != - ] || reason=
    check "$name is $verdict${reason:+: $reason}" \
        test "$(field verdict)/$(field reason)" = "$verdict/$reason"
done <"$cases/clamav-testfiles.txt"

# Bombs and broken archives, at the default limits.
check "bombs are made" python3 "$here/make_bombs.py" "$dir/bombs"
for file in "$dir"/bombs/*.limit; do
    start=$(date +%s%N)
    check "$(basename "$file") is not called clean" status 3 scan --json --jobs 1 "$file"
    # Without a limit of memory, as in a sanitized build, a header that lies is read and found damaged.
    check "the reason is named" grep -Eq '"reason":"(limit-[a-z]+|too-large|damaged)"' "$dir/out"
    elapsed=$((($(date +%s%N) - start) / 1000000))
    echo "# $(basename "$file"): $elapsed ms, $(field read) bytes read"
    check "in bounded time" test "$elapsed" -lt 60000
done
for file in "$dir"/bombs/*.damaged; do
    check "$(basename "$file") is damaged" status 3 scan --json "$file"
    check "and says so" test "$(field reason)" = damaged
done
check "limits can be set" status 3 scan --json --max-bytes 1M "$dir/bombs/nested-zip.limit"
check "and are obeyed" test "$(field read)" -lt 3000000
check "none of depth means nothing is opened" status 3 scan --json --max-depth 0 "$dir/forms/eicar.gz.found"
check "and that is said" test "$(field reason)" = limit-depth

echo "1..$number"
exit $((failed > 0))
