#!/usr/bin/env bash
# Rules that ask for a file's name, at the gate: what is known of a file under one name says nothing of
# another, be it a hard link or the name of a folder above. And the database in use is exchanged, for a
# better one and for a broken one, which is told.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/gate/lib.sh
. "$LAZ_SOURCE/tests/e2e/gate/lib.sh"

cat >"$work/names.yar" <<'RULES'
rule by_name { condition: filename == "bait.txt" }
rule by_folder { condition: filepath contains "/lure" }
RULES
"$lazaret" db build -o "$work/test.lzdb" "$work/names.yar" >/dev/null || not_ok "the test database is built"
mount_loop disk 200M
tree=$work/disk/share
mkdir -p "$tree/plain"
printf 'some words\n' >"$tree/harmless.txt"
printf 'other words\n' >"$tree/plain/note.txt"

if start_agent "$work/data/agent" --protect "$tree"; then ok "the agent guards"; else not_ok "the agent guards" "$(cat "$work/agent.err")"; fi
equal "a file opens under a name that no rule asks for" "some words" "$(cat "$tree/harmless.txt")"
equal "and again" "some words" "$(cat "$tree/harmless.txt")"
ln "$tree/harmless.txt" "$tree/second.txt"
equal "and under a second name" "some words" "$(cat "$tree/second.txt")"
ln "$tree/harmless.txt" "$tree/bait.txt"
equal "the first name opens beside the third" "some words" "$(cat "$tree/harmless.txt")"
if cat "$tree/bait.txt" >/dev/null 2>&1; then not_ok "the third, which a rule names, is refused"; else ok "the third, which a rule names, is refused"; fi
check "and taken away" wait_for 5 is_gone "$tree/bait.txt"
check "it is told by which rule" wait_for 3 has_event file.blocked by_name
equal "the first name opens as before" "some words" "$(cat "$tree/harmless.txt")"

equal "a file opens in a folder that no rule asks for" "other words" "$(cat "$tree/plain/note.txt")"
mv "$tree/plain" "$tree/lure"
sleep 0.3
if cat "$tree/lure/note.txt" >/dev/null 2>&1; then not_ok "and is refused when the folder is renamed to one"; else ok "and is refused when the folder is renamed to one"; fi

equal "nothing has been told of the content yet" 0 $(($(event_count content.changed) + $(event_count content.refused)))
make_db
check "another database is used, and told" wait_for 20 has_event content.changed '"hashes":2'
head -c 4096 /dev/urandom >"$work/broken"
mv "$work/broken" "$work/test.lzdb"
check "a broken one is told" wait_for 20 has_event content.refused '"problem":"..*"'
equal "once" 1 "$(event_count content.refused)"
eicar >"$tree/written.com"
check "and the one before is still used" wait_for 5 is_gone "$tree/written.com"
stop_agent
equal "SIGTERM ends it well" 0 $?
