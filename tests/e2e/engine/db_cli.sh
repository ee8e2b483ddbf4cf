#!/bin/bash
# What `lazaret db` promises to people and scripts. Prints TAP.
set -euo pipefail

lazaret=$LAZ_BUILD/lazaret
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

number=0
failed=0
# name, function: ok when every command of the function succeeds. A function that is a condition would
# go on after a failure, so it runs as a command of its own.
check() {
    local name=$1 status
    shift
    number=$((number + 1))
    set +e
    (set -e; "$@") >check.out 2>&1
    status=$?
    set -e
    if [[ $status -eq 0 ]]; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' check.out
        failed=1
    fi
}

# Exit status and standard error of a command that must fail.
refused() { # status, part of the error, command...
    local status=0 expected=$1 part=$2
    shift 2
    "$@" >refused.out 2>refused.err || status=$?
    [[ $status -eq $expected ]] && grep -qF -- "$part" refused.err && [[ $(wc -l <refused.err) -eq 1 ]]
}

mkdir -p pack/more
cat >pack/a.yar <<'RULE'
rule Greeting { strings: $a = "hello there" condition: $a }
RULE
echo '5d41402abc4b2a76b9719d911017c592:5:Known.Hello' >pack/more/known.hdb
echo 'Body.Abc:0:*:6162636465666768' >pack/more/bodies.ndb
echo 'this is no source' >pack/README
printf 'oh, hello there' >greeting
printf 'hello' >hello

builds_a_folder() {
    "$lazaret" db build -o pack.lzdb --name "a pack" pack
    "$lazaret" db info pack.lzdb >info
    grep -q '^name  *a pack$' info && grep -q '^rules  *2$' info && grep -q '^hashes  *1$' info
    grep -q "$(sha256sum <pack/a.yar | cut -d' ' -f1)" info
}
finds_what_it_was_built_for() {
    local status=0
    "$lazaret" scan --db pack.lzdb greeting hello >found || status=$?
    [[ $status -eq 1 ]] && grep -q Greeting found && grep -q Known.Hello found
}
says_it_as_json() {
    "$lazaret" db info --json pack.lzdb | grep -q '"name":"a pack".*"rules":2,"hashes":1.*"sources":\[{"name":"pack/a.yar","sha256":"'
}
leaves_the_old_database() {
    cp pack.lzdb before
    printf 'rule Broken\n{\n    strings:\n        $a = { 41 4 }\n    condition:\n        $a\n}\n' >broken.yar
    refused 2 'lazaret: rule: broken.yar:4:19: expected two hexadecimal digits' \
        "$lazaret" db build --strict -o pack.lzdb pack broken.yar
    cmp pack.lzdb before
    [[ -z $(find . -name '*.new') ]]
}
leaves_out_only_what_is_wrong() {
    printf 'rule Wrong { strings: $a = { 4 } condition: $a }\nrule Plain { strings: $a = "plain" condition: $a }\n' >mixed.yar
    refused 2 'lazaret: rule: mixed.yar:1:30: ' "$lazaret" db build --strict -o mixed.lzdb mixed.yar
    "$lazaret" db build -o mixed.lzdb mixed.yar 2>skipped
    [[ $(wc -l <skipped) -eq 1 ]] && grep -q 'mixed.yar:1:30: .*, left out$' skipped
    "$lazaret" db info mixed.lzdb | grep -q '^rules  *1$'
}
leaves_out_what_asks_for_it() {
    printf 'rule Wrong { condition: 1 \\ 0 == 1 }\nrule Asks { condition: Wrong }\nrule Next { strings: $a = "next" condition: $a }\n' >asks.yar
    "$lazaret" db build -o asks.lzdb asks.yar 2>skipped
    [[ $(wc -l <skipped) -eq 2 ]] && grep -q 'asks.yar:1:29: ' skipped && grep -q 'asks.yar:2:24: ' skipped
    "$lazaret" db info asks.lzdb | grep -q '^rules  *1$'
}
refuses_a_cut_database() {
    head -c 5000 pack.lzdb >cut.lzdb
    refused 2 'lazaret: database: ' "$lazaret" db info cut.lzdb
    : >empty.lzdb
    refused 2 'is not a Lazaret database' "$lazaret" db info empty.lzdb
}
refuses_another_version() {
    cp pack.lzdb other.lzdb
    printf '\377' | dd of=other.lzdb bs=1 seek=8 conv=notrunc status=none
    refused 2 "was made by another version (build it anew with 'lazaret db build')" "$lazaret" db info other.lzdb
}
names_bad_arguments() {
    refused 2 'lazaret: db: ' "$lazaret" db
    refused 2 'needs -o FILE' "$lazaret" db build pack
    refused 2 'needs a source' "$lazaret" db build -o x.lzdb
    refused 2 'is not an option' "$lazaret" db build --nonsense
    refused 2 'No such file' "$lazaret" db build -o x.lzdb missing.yar
    refused 2 'holds no source' "$lazaret" db build -o x.lzdb pack/README
    refused 2 'No such file' "$lazaret" db build -o none/x.lzdb pack
    [[ ! -e x.lzdb ]] && "$lazaret" db --help | grep -q usage
}
says_when_the_disk_is_full() {
    refused 2 'lazaret: ' bash -c 'ulimit -f 8; trap "" XFSZ; exec "$@"' _ "$lazaret" db build -o big.lzdb pack
    [[ ! -e big.lzdb && -z $(find . -name '*.new') ]]
}
clears_up_after_a_kill() {
    local build=0
    for i in $(seq 300000); do printf '%032x:%d:Many.%d\n' "$i" "$i" "$i"; done >killed.hdb
    "$lazaret" db build -o killed.lzdb killed.hdb &
    build=$!
    for _ in $(seq 500); do
        [[ -z $(find . -name 'killed.lzdb.*.new') ]] || break
        sleep 0.01
    done
    kill -9 $build
    wait $build || true
    [[ -n $(find . -name 'killed.lzdb.*.new') && ! -e killed.lzdb ]]
    flock ./killed.lzdb.*.new true # the compiler dies soon after
    touch -d '2 minutes ago' ./killed.lzdb.*.new
    : >killed.lzdb.mine.new
    "$lazaret" db build -o killed.lzdb pack
    [[ $(find . -name 'killed.lzdb*.new') == ./killed.lzdb.mine.new ]]
    "$lazaret" db info killed.lzdb >info
}
spares_a_build_that_runs() {
    local first=0
    "$lazaret" db build -o both.lzdb killed.hdb &
    first=$!
    for _ in $(seq 500); do
        [[ -z $(find . -name 'both.lzdb.*.new') ]] || break
        sleep 0.01
    done
    "$lazaret" db build -o both.lzdb pack
    wait $first
    "$lazaret" db info both.lzdb >info
}
takes_many_sources() {
    mkdir many
    for i in $(seq 600); do
        echo "rule m$i { strings: \$a = \"marker $i.\" condition: \$a }" >"many/$i.yar"
    done
    "$lazaret" db build -o many.lzdb many
    "$lazaret" db info many.lzdb >info
    grep -q '^rules  *600$' info
}
takes_definitions() {
    echo 'rule Doc { strings: $a = "hello" condition: $a and extension == "doc" and level > 2 }' >defined.yar
    refused 2 'defined.yar:1:75: this name means nothing here' \
        "$lazaret" db build --strict -o defined.lzdb defined.yar
    "$lazaret" db build -d extension=doc --define level=3 -o defined.lzdb defined.yar
    local status=0
    "$lazaret" scan --db defined.lzdb greeting >found || status=$?
    [[ $status -eq 1 ]] && grep -q Doc found
    refused 2 'is not NAME=VALUE' "$lazaret" db build -d 1=2 -o defined.lzdb defined.yar
}
takes_includes() {
    mkdir -p included/below
    printf 'include "below/b.yar"\nrule a { condition: b and c }\n' >included/a.yar
    printf '// include "none.yar"\ninclude "../c.inc"\nrule b { strings: $a = "hello" condition: $a }\n' >included/below/b.yar
    echo 'rule c { condition: filesize > 5 }' >included/c.inc
    "$lazaret" db build --strict -o included.lzdb included/a.yar
    local status=0
    "$lazaret" scan --db included.lzdb greeting >found || status=$?
    [[ $status -eq 1 ]] && grep -q ' a$' found
    echo 'rule c { condition: filesize > 500 }' >included/c.inc # it is read anew
    "$lazaret" db build --strict -o included.lzdb included/a.yar
    "$lazaret" scan --db included.lzdb greeting >found || true
    grep -q ' b$' found && ! grep -q ' a$' found
    echo 'include "a.yar"' >included/c.inc
    refused 2 'included/c.inc:1:9: the file includes itself by way of others' \
        "$lazaret" db build --strict -o included.lzdb included/a.yar
    echo 'include "missing.yar"' >included/c.inc
    refused 2 'c.inc:1:9: the file to include cannot be read' \
        "$lazaret" db build --strict -o included.lzdb included/a.yar
}
says_names_to_rules() {
    echo 'rule Named { condition: filename == "hello" and filepath endswith "/hello" and extension == "" }' >named.yar
    "$lazaret" db build --strict -o named.lzdb named.yar
    local status=0
    "$lazaret" scan --db named.lzdb ./hello >found || status=$?
    [[ $status -eq 1 ]] && grep -q Named found
    "$lazaret" scan --db named.lzdb greeting >found
}
needs_no_shared_vectorscan() {
    for program in lazaret lazaret-tools lazaret-compile lazaret-worker; do
        ! ldd "$LAZ_BUILD/$program" | grep -q libhs || return 1
    done
}
compiler_opens_nothing() {
    refused 2 'is missing' "$LAZ_BUILD/lazaret-compile"
    refused 2 'NAME=FD' "$LAZ_BUILD/lazaret-compile" --source a.yar --out 1
}

takes_over_rules() {
    mkdir over
    for i in $(seq 50); do
        echo "rule o$i { strings: \$a = \"marker $i.\" condition: \$a }" >"over/$i.yar"
    done
    echo '5d41402abc4b2a76b9719d911017c592' >over/list.txt
    "$lazaret" db build -o over.lzdb over >said && ! grep -q 'taken over' said
    echo '7d793037a0760186574b0282f2f435e7' >over/list.txt
    "$lazaret" db build -o over.lzdb over >said && grep -q '^rules: taken over from the last database$' said
    "$lazaret" db info over.lzdb >info && grep -q '^rules  *50$' info && grep -q 'YARA rules, 1 taken' info
    printf 'marker 7.' >marked && printf 'world' >world
    "$lazaret" scan --db over.lzdb marked world hello >found || [[ $? -eq 1 ]]
    grep -q 'marked: malicious: o7' found && grep -q 'world: malicious: list' found && ! grep -q '^hello' found
    "$lazaret" db build --previous over.lzdb -o beside.lzdb over >said && grep -q 'taken over' said
    echo 'rule more { condition: true }' >over/more.yar
    "$lazaret" db build -o over.lzdb over >said && ! grep -q 'taken over' said
    refused 2 'No such file' "$lazaret" db build --previous none.lzdb -o over.lzdb over
}
takes_lists() {
    mkdir lists
    printf '# "sha256_hash","signature"\n"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824","Bad Thing"\nwrong\n' >lists/bazaar.csv
    printf 'This is a text, and no list.\nIt has words.\n' >lists/README.txt
    printf 'bad.example.com\n' >hosts.dat && printf 'good.bad.example.com\n' >allowed
    "$lazaret" db build -o lists.lzdb lists --list hosts=Bad.Host:hosts.dat --list allow-hosts:allowed 2>skipped
    grep -qF 'lazaret: list: lists/bazaar.csv:3:1: expected an MD5, SHA-1 or SHA-256 in hexadecimal, left out' skipped
    "$lazaret" db info lists.lzdb >info
    grep -q '^hashes  *1$' info && grep -q '^lists  *1$' info && grep -q '^allowed  *1$' info
    grep -q 'list, 1 taken; left out: 1 malformed' info && ! grep -q README info
    "$lazaret" db info --json lists.lzdb >info && grep -q '"kind":"list","taken":1,"left_out":{"malformed":1}' info
    printf '<a href="http://x.bad.example.com/y">' >page && printf '<a href="http://good.bad.example.com/y">' >allowed.html
    "$lazaret" scan --json --db lists.lzdb hello page allowed.html >found || [[ $? -eq 1 ]]
    grep -q '"name":"bazaar.Bad_Thing","kind":"hash"' found
    grep -q '"name":"Bad.Host","kind":"host".*hxxp://x\[.\]bad\[.\]example\[.\]com/y' found
    grep -q '"path":"allowed.html","verdict":"clean"' found
    refused 2 'lists/bazaar.csv:3:1: expected' "$lazaret" db build --strict -o lists.lzdb lists
    refused 2 'is not KIND:FILE' "$lazaret" db build -o lists.lzdb --list things:hosts.dat
}

echo 1..20
check 'a folder becomes a database that names its sources' builds_a_folder
check 'the database finds what it was built for' finds_what_it_was_built_for
check 'info is one JSON object when asked' says_it_as_json
check 'a broken rule is named by place and leaves the old database' leaves_the_old_database
check 'a wrong rule is left out and hides no other' leaves_out_only_what_is_wrong
check 'and so is what asks for it' leaves_out_what_asks_for_it
check 'a database cut short is refused' refuses_a_cut_database
check 'a database of another version is refused with a remedy' refuses_another_version
check 'bad arguments are named' names_bad_arguments
check 'a full disk leaves nothing behind' says_when_the_disk_is_full
check 'what a killed build left is removed by the next' clears_up_after_a_kill
check 'but not what another build works at' spares_a_build_that_runs
check 'more sources than descriptors are taken' takes_many_sources
check 'external variables mean what is defined' takes_definitions
check 'files include others, which count from where they lie' takes_includes
check 'rules learn the name of a file' says_names_to_rules
check 'no program needs the shared library of Vectorscan' needs_no_shared_vectorscan
check 'the compiler takes descriptors only' compiler_opens_nothing
check 'rules are taken over where only lists changed' takes_over_rules
check 'lists of hashes and hosts are taken, and allow lists win' takes_lists
exit $failed
