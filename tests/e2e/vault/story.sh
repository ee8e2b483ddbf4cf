#!/usr/bin/env bash
# story.sh - vault and quarantine on file systems of their own: with and without shared blocks, full,
# across file systems; and what the command line gives back.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"

programs=$LAZ_BUILD/tests/e2e/vault
lazaret=$LAZ_BUILD/lazaret

# run_process TEXT FOLDER KILLS: passes when the vault's own story passes there
run_process() {
    local output
    mkdir -p "$2"
    if output=$("$programs/vault_process" "$2" "$3" 2>&1); then ok "$1"; else not_ok "$1" "$output"; fi
    printf '%s\n' "$output" | grep '^#' || true
}

mount_loop ext4 300M ext4
run_process "ext4: nothing that was kept is lost" "$work/ext4/story" 200
mount_loop xfs 400M xfs
LAZ_REFLINKS=1 run_process "xfs: copies share blocks, and nothing is lost" "$work/xfs/story" 20
if command -v mkfs.btrfs >/dev/null; then
    truncate -s 400M "$work/btrfs.img"
    mkfs.btrfs -q "$work/btrfs.img" >/dev/null 2>&1
    mkdir "$work/btrfs"
    mount -o loop "$work/btrfs.img" "$work/btrfs"
    mounted+=("$work/btrfs")
    LAZ_REFLINKS=1 run_process "btrfs: copies share blocks, and nothing is lost" "$work/btrfs/story" 20
else
    skip "btrfs: copies share blocks, and nothing is lost" "btrfs-progs is not installed"
fi

# A quarantine and a vault on a file system that gets full: the file stays, whole.
mkdir -p "$work/small"
mount -t tmpfs -o size=2M tmpfs "$work/small"
mounted+=("$work/small")
head -c 3000000 /dev/urandom >"$work/victim"
sum=$(sha256sum <"$work/victim")
check "a full disk: put is refused" "$programs/vault_tool" put "$work/small/q" "$work/victim" limit
equal "and the file is as it was" "$sum" "$(sha256sum <"$work/victim")"
equal "and nothing is left behind" "lock" "$(ls "$work/small/q")"
check "a full disk: keep is refused" "$programs/vault_tool" keep "$work/small/v" "$work/victim" limit
equal "and nothing is left behind there" "" "$(ls "$work/small/v/objects")"

# Across file systems: the copy is made by hand, all of the file comes back.
mkdir -p "$work/ext4/data/agent" "$work/xfs/share"
file=$work/xfs/share/$'name\twith \xff.pdf'
head -c 123457 /dev/urandom >"$file"
chmod 2641 "$file"
chown 1234:2345 "$file"
setfattr -n user.origin -v ward "$file"
setfacl -m u:4242:r,g:77:rw "$file" # the mask becomes rw, which the mode shows
touch -d '2001-02-03 04:05:06.123456789' "$file"
describe() { # everything but the time of change
    stat -c '%a %u %g %s %y' "$1"
    getfattr -d -m - --absolute-names "$1" | tail -n +2
    getfacl -n --absolute-names "$1" | tail -n +2
    sha256sum <"$1"
}
before=$(describe "$file")
data=$work/ext4/data
check "a file is put in, across file systems" \
    "$programs/vault_tool" put "$data/agent/quarantine" "$file" ok
check "and is gone" test ! -e "$file"
if [ -x "$lazaret" ]; then
    id=$("$lazaret" quarantine list --data "$data" | cut -d' ' -f1)
    check "the list has a line of JSON for it" \
        python3 -c '
import base64, json, sys
entry = json.loads(sys.argv[1])
assert entry["id"] == sys.argv[2] and entry["state"] == "held" and entry["size"] == 123457
assert entry["mode"] == "2661" and entry["uid"] == 1234 and entry["gid"] == 2345
assert base64.b64decode(entry["path_b64"]).endswith(b"name\twith \xff.pdf")
' "$("$lazaret" quarantine list --json --data "$data")" "$id"
    check "it is restored" "$lazaret" quarantine restore --data "$data" "$id"
    equal "with everything that it was" "$before" "$(describe "$file")"
    equal "twice is refused, with a remedy" 2 \
        "$("$lazaret" quarantine restore --data "$data" "$id" 2>"$work/err" || echo $?)"
    check "which is named" grep -q '^lazaret: restore: .*: something stands there (.*--replace)$' "$work/err"
    check "elsewhere it may stand too" \
        "$lazaret" quarantine restore --data "$data" --to "$work/elsewhere" "$id"
    check "and be replaced" "$lazaret" quarantine restore --data "$data" --to "$work/elsewhere" --replace "$id"
    check "the list says restored" grep -q restored <("$lazaret" quarantine list --data "$data")
    check "it is deleted" "$lazaret" quarantine delete --data "$data" "$id"
    equal "the list is empty" "" "$("$lazaret" quarantine list --data "$data")"
    equal "what is not there is an error" 2 \
        "$("$lazaret" quarantine delete --data "$data" "$id" 2>/dev/null || echo $?)"
    equal "a wrong id is an error" 2 \
        "$("$lazaret" quarantine restore --data "$data" ../../etc/passwd 2>/dev/null || echo $?)"
    equal "a wrong option is an error" 2 "$("$lazaret" quarantine list --nonsense 2>/dev/null || echo $?)"
    equal "a data folder without one is an error" 2 \
        "$("$lazaret" quarantine list --data "$work" 2>/dev/null || echo $?)"

    check "a copy is kept" "$programs/vault_tool" keep "$data/agent/vault" "$file" ok
    echo encrypted >"$file"
    id=$("$lazaret" vault list --data "$data" | awk '{ print $1 }')
    equal "the vault lists it" 1 "$id"
    check "also as JSON" python3 -c 'import json, sys; assert json.loads(sys.argv[1])["size"] == 123457' \
        "$("$lazaret" vault list --json --data "$data")"
    equal "nothing is overwritten unasked" 2 \
        "$("$lazaret" vault restore --data "$data" "$id" 2>/dev/null || echo $?)"
    check "asked, it is put back" "$lazaret" vault restore --data "$data" --replace "$id"
    equal "with everything that it was, too" "$before" "$(describe "$file")"
    equal "a wrong id of the vault is an error" 2 \
        "$("$lazaret" vault restore --data "$data" 99 2>/dev/null || echo $?)"
    check "help of the vault" "$lazaret" vault --help
    check "help of the quarantine" "$lazaret" quarantine --help
fi
