#!/usr/bin/env bash
# The page as people meet it: a real console and agent, a real browser. Signs in, sees malware caught on a guarded
# folder without a reload, follows it to its incident and to quarantine, puts the file back, and finds it on the disk.
# page.mjs tells the story; this starts the real parts and hands on what it says.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/web/modules.sh
. "$LAZ_SOURCE/tests/e2e/web/modules.sh"

port=$(free_port)
agent_port=$(free_port)
mount_loop disk 512M
data=$work/disk/data

"$LAZ_BUILD/lazaret" up --data "$data" --listen "127.0.0.1:$port" \
    --agent-listen "127.0.0.1:$agent_port" >"$work/up.log" 2>&1 &
started_pids+=("$!")
if ! wait_for 40 grep -q '^Lazaret runs' "$work/up.log"; then
    not_ok "console and agent start" "$(cat "$work/up.log")"
    exit 1
fi
ok "console and agent start"
if ! modules=$(npm_modules "$LAZ_SOURCE/tests/e2e/web" web-tests 2>"$work/npm.log"); then
    not_ok "the browser's driver is installed" "$(tail -n 20 "$work/npm.log")"
    exit 1
fi

export LAZ_MODULES=$modules LAZ_PAGE="https://127.0.0.1:$port" LAZ_DATA=$data LAZ_WORK=$work
LAZ_PASSWORD=$(sed -n 's/^administrator: admin *password: *//p' "$work/up.log")
export LAZ_PASSWORD
tell "$LAZ_SOURCE/tests/e2e/web/page.mjs"
[ "$tap_failed" -eq 0 ] || sed 's/^/# up: /' "$work/up.log" | tail -n 40
[ -z "${LAZ_SCREENSHOT:-}" ] || cp "$work/shots/screenshot.png" "$LAZ_SCREENSHOT"
[ -z "${LAZ_SHOTS:-}" ] || cp -r "$work/shots/." "$LAZ_SHOTS/"
