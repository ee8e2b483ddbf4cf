#!/usr/bin/env bash
# What an agent that was taken over can put on the page: nothing but words. The console is real; hostile.mjs changes what
# it answers, as an agent could through its events.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/web/modules.sh
. "$LAZ_SOURCE/tests/e2e/web/modules.sh"

port=$(free_port)
"$LAZ_BUILD/lazaret-consoled" run --data "$work/console" --listen "127.0.0.1:$port" \
    --agent-listen "127.0.0.1:$(free_port)" >"$work/console.out" 2>"$work/console.log" &
started_pids+=("$!")
if ! wait_for 20 grep -q '^administrator:' "$work/console.out" ||
    ! wait_for 20 curl -skf "https://127.0.0.1:$port/healthz"; then
    not_ok "the console starts" "$(cat "$work/console.log")"
    exit 1
fi
ok "the console starts"
if ! modules=$(npm_modules "$LAZ_SOURCE/tests/e2e/web" web-tests 2>"$work/npm.log"); then
    not_ok "the browser's driver is installed" "$(tail -n 20 "$work/npm.log")"
    exit 1
fi
export LAZ_MODULES=$modules LAZ_PAGE="https://127.0.0.1:$port"
LAZ_PASSWORD=$(sed -n 's/^administrator: admin *password: *//p' "$work/console.out")
export LAZ_PASSWORD
tell "$LAZ_SOURCE/tests/e2e/web/hostile.mjs"
