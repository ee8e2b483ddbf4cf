#!/usr/bin/env bash
# Started without root nothing can be guarded. The page says so, why, and what helps; it never says "protected".
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/web/modules.sh
. "$LAZ_SOURCE/tests/e2e/web/modules.sh"

port=$(free_port)
agent_port=$(free_port)
chmod 755 "$work"
mkdir -m 777 "$work/plain"
drop=()
[ "$(id -u)" -ne 0 ] || drop=(setpriv --reuid 65534 --regid 65534 --clear-groups)
"${drop[@]}" "$LAZ_BUILD/lazaret" up --data "$work/plain/data" --listen "127.0.0.1:$port" \
    --agent-listen "127.0.0.1:$agent_port" >"$work/up.log" 2>&1 &
started_pids+=("$!")
if ! wait_for 40 grep -q '^Lazaret runs' "$work/up.log"; then
    not_ok "console and agent start without root" "$(cat "$work/up.log")"
    exit 1
fi
ok "console and agent start without root"
if ! LAZ_MODULES=$(npm_modules "$LAZ_SOURCE/tests/e2e/web" web-tests 2>"$work/npm.log"); then
    not_ok "the browser's driver is installed" "$(tail -n 20 "$work/npm.log")"
    exit 1
fi
export LAZ_MODULES LAZ_PAGE="https://127.0.0.1:$port"
LAZ_PASSWORD=$(sed -n 's/^administrator: admin *password: *//p' "$work/up.log")
export LAZ_PASSWORD
tell "$LAZ_SOURCE/tests/e2e/web/without_root.mjs"
