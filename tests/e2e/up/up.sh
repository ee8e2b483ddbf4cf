#!/usr/bin/env bash
# The embedded set as an administrator meets it: it starts, names its page, stops a real attack, says
# what it did, stops without a trace, works again on what is there, and runs without root.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"

lazaret=$LAZ_BUILD/lazaret
port=$(free_port)
agent_port=$(free_port)

start_up() { # start_up LOG [ARGUMENT...]
    local log=$1
    shift
    "$lazaret" up --data "$data" --listen "127.0.0.1:$port" --agent-listen "127.0.0.1:$agent_port" "$@" \
        >"$log" 2>&1 &
    up_pid=$!
    started_pids+=("$up_pid")
    wait_for 40 grep -q '^Lazaret runs' "$log"
}

stop_up() {
    kill -INT "$up_pid"
    wait_for 15 bash -c "! kill -0 $up_pid 2>/dev/null"
}

ours() { # the processes that still carry this test's data folder
    pgrep -f -- "$data" || true
}

mount_loop disk 512M
data=$work/disk/data

if start_up "$work/first.log"; then ok "starts and says so"; else not_ok "starts and says so" "$(cat "$work/first.log")"; fi
no_argument_is_secret() { ! pgrep -af -- "$data" | grep -q -- '--token '; }
check "no argument list shows the enrolment token" no_argument_is_secret
check "prints the administrator's password once" grep -q '^administrator: admin' "$work/first.log"
check "the page answers over TLS" curl -sk --max-time 10 -o /dev/null "https://127.0.0.1:$port/"
check "the page's health is good" curl -skf --max-time 10 "https://127.0.0.1:$port/healthz"

"$lazaret" demo --data "$data" >"$work/demo.log" 2>&1
equal "the demo's attack is stopped and nothing is lost" 0 $?
grep -q MISSED "$work/demo.log" && sed 's/^/# /' "$work/demo.log"

"$lazaret" up --data "$data" >"$work/second.log" 2>&1
equal "a second one on the same data is refused" 2 $?
check "and says how to go on" grep -q 'another .lazaret up.*--data' "$work/second.log"

password=$(sed -n 's/^administrator: admin *password: *//p' "$work/first.log")
login() {
    curl -sk --max-time 10 -c "$work/jar" -H "Origin: https://127.0.0.1:$port" -H 'Content-Type: application/json' \
        -d "{\"name\":\"admin\",\"password\":\"$1\"}" "https://127.0.0.1:$port/api/v1/login"
}
ask() { curl -skf --max-time 10 -b "$work/jar" "https://127.0.0.1:$port/api/v1/$1"; }
check "the printed password opens the page" grep -q csrf <(login "$password")
has_ransomware_incident() { ask incidents?state=all | grep -q incident.ransomware_stopped; }
if wait_for 20 has_ransomware_incident; then ok "the console tells of the ransomware"; else not_ok "the console tells of the ransomware" "$(ask incidents?state=all)"; fi
has_quarantine() { ask quarantine | grep -q '"state":"held"'; }
if wait_for 10 has_quarantine; then ok "the console lists the quarantine"; else not_ok "the console lists the quarantine" "$(ask quarantine | head -c 600)"; fi

if stop_up; then ok "Ctrl-C stops it"; else not_ok "Ctrl-C stops it"; fi
wait_for 5 test -z "$(ours)"
equal "no process stays behind" "" "$(ours)"
check "no mark stays behind: the disk can be unmounted" umount "$work/disk"
mount -o loop "$work/disk.img" "$work/disk"

if start_up "$work/again.log" --demo; then ok "starts again on what is there"; else not_ok "starts again on what is there" "$(cat "$work/again.log")"; fi
if grep -q '^administrator:' "$work/again.log"; then not_ok "the password is not printed again"; else ok "the password is not printed again"; fi
if wait_for 90 grep -q '^Everything was stopped' "$work/again.log"; then ok "and plays the demo again"; else not_ok "and plays the demo again" "$(cat "$work/again.log")"; fi

between_the_acts() { sed -n '/^Lazaret.s demo/,/^Everything was/p' "$work/again.log" | grep -v -e '^  ' -e '^[12]\. ' -e "^Lazaret's demo" -e '^Everything was'; }
equal "no line of the daemons stands between the demo's" "" "$(between_the_acts)"

agent_pid=$(pgrep -f -- "lazaret-agentd run --data $data" | head -n 1)
kill -KILL "$agent_pid"
check "a killed agent is noticed and started again" wait_for 20 grep -q 'the agent was ended by signal 9; it is started again' "$work/again.log"
guards_again() { "$lazaret" agent status --data "$data/agent" >/dev/null 2>&1; }
check "and guards again" wait_for 20 guards_again
check "reset-admin makes a new password" grep -q 'password' <("$lazaret" console reset-admin --data "$data/console" 2>&1)
login_refused() { login "$password" | grep -q login.wrong; }
check "the old one no longer opens the page" login_refused
kill -KILL "$up_pid"
all_ended() { [ -z "$(ours)" ]; }
check "killed, the supervisor takes all with it" wait_for 5 all_ended
if start_up "$work/third.log"; then ok "and it starts again"; else not_ok "and it starts again" "$(cat "$work/third.log")"; fi
if stop_up; then ok "Ctrl-C stops it again"; else not_ok "Ctrl-C stops it again"; fi

chmod 755 "$work"
mkdir -m 777 "$work/plain"
data=$work/plain/data
port=$(free_port)
agent_port=$(free_port)
setpriv --reuid 65534 --regid 65534 --clear-groups "$lazaret" up --data "$data" --listen "127.0.0.1:$port" \
    --agent-listen "127.0.0.1:$agent_port" >"$work/user.log" 2>&1 &
up_pid=$!
started_pids+=("$up_pid")
if wait_for 40 grep -q '^Lazaret runs' "$work/user.log"; then ok "runs without root"; else not_ok "runs without root" "$(cat "$work/user.log")"; fi
check "and says that the kernel gate is missing" grep -q 'Not started as root: everything but the kernel gate runs' "$work/user.log"
password=$(sed -n 's/^administrator: admin *password: *//p' "$work/user.log")
login "$password" >/dev/null
page_says_no_gate() { ask endpoints | grep -q '"mode":"no-gate"'; }
check "and the page says so too" wait_for 20 page_says_no_gate
if stop_up; then ok "and stops"; else not_ok "and stops"; fi
