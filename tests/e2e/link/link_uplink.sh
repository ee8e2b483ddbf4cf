#!/bin/bash
# The uplink against a console that fails in every way that we can think of. Prints TAP.
set -euo pipefail

programs=${LAZ_TRIALS:-$LAZ_BUILD/tests/e2e/link}
place=$(mktemp -d /tmp/laz-uplink-XXXXXX)
chmod 755 "$place"
console_pid=
agent_pid=
good=$(printf 'a%.0s' {1..32})
count=0
failed=0
state='{"type":"state","mode":"full"}'

end() {
    [ -z "$agent_pid" ] || kill -9 "$agent_pid" 2>/dev/null || true
    [ -z "$console_pid" ] || kill -9 "$console_pid" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$place"
}
trap end EXIT

# result NAME: says whether the command before it succeeded (its status is the second argument).
result() {
    count=$((count + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        sed 's/^/# /' "$place"/*.out "$place"/*.err 2>/dev/null | tail -30
        failed=1
    fi
}

# check NAME COMMAND...
check() {
    local name=$1 status=0
    shift
    "$@" || status=1
    result "$name" "$status"
}

start_console() { # FOLDER [PORT]
    mkdir -p "$place/$1"
    rm -f "$place/console.out"
    "$programs/trial_console" "$place/$1" "127.0.0.1:${2:-0}" >"$place/console.out" \
        2>"$place/console.err" 7>&- &
    console_pid=$!
    for _ in $(seq 100); do
        [ -s "$place/console.out" ] && break
        sleep 0.05
    done
    port=$(awk '/^port/ { print $2 }' "$place/console.out")
    pin=$(cat "$place/$1/pin")
}

stop_console() {
    kill -9 "$console_pid" 2>/dev/null || true
    wait "$console_pid" 2>/dev/null || true
    console_pid=
}

# An agent whose messages come from a pipe that we hold open on descriptor 7.
start_agent() { # FOLDER TOKEN PIN EVENTS [KILL-MS]
    mkdir -p "$place/$1"
    rm -f "$place/pipe"
    mkfifo "$place/pipe"
    "$programs/trial_agent" "$place/$1" "https://127.0.0.1:$port" "$2" "$3" "$4" "${5:-0}" \
        <"$place/pipe" >"$place/agent.out" 2>"$place/agent.err" &
    agent_pid=$!
    exec 7>"$place/pipe"
    echo "$state" >&7
}

say() { echo "$1" >&7; }

finish_agent() {
    exec 7>&-
    for _ in $(seq 200); do
        kill -0 "$agent_pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -9 "$agent_pid" 2>/dev/null || true
    wait "$agent_pid" 2>/dev/null || true
    agent_pid=
}

# One that will never be done.
drop_agent() {
    exec 7>&-
    kill -9 "$agent_pid"
    wait "$agent_pid" 2>/dev/null || true
    agent_pid=
}

await() { # SECONDS PATTERN FILE
    for _ in $(seq $(($1 * 20))); do
        grep -q -- "$2" "$3" 2>/dev/null && return 0
        sleep 0.05
    done
    return 1
}

# Every event from 1 to N is there once, in order.
arrived_once() { # CONSOLE-FOLDER N
    sed 's/.*{"n":\([0-9]*\),.*/\1/' "$place/$1/received.log" >"$place/numbers"
    seq "$2" | cmp -s - "$place/numbers"
}

echo "1..24"

# ------------------------------------------------------------------ enrolment
start_console one
wrong=$(echo "$pin" | tr '0-9a-f' '1-9a-f0')
start_agent wrong-pin "$good" "$wrong" 1
check "a wrong pin is told to the broker" await 10 '"code":"console.certificate"' "$place/agent.out"
check "a wrong pin is explained" await 1 'does not fit the pin' "$place/agent.err"
check "no request reached the false console" test ! -s "$place/one/requests.log"
drop_agent
for kind in b:used e:expired c:wrong; do
    token=$(printf "${kind%%:*}%.0s" {1..32})
    start_agent "token-${kind##*:}" "$token" "$pin" 1
    check "a ${kind##*:} token is named as such" await 10 "enrol.token_${kind##*:}" "$place/agent.out"
    drop_agent
done
check "the remedy stands in the log" grep -q 'make a new one\|copy it again' "$place/agent.err"

# ------------------------------------------------------------------ events
touch "$place/one/lose-ack"
start_agent first "$good" "$pin" 5000
check "5,000 events are acknowledged although one answer was lost" await 30 '^acked' "$place/agent.out"
check "each of them was counted once" arrived_once one 5000
check "the key is the agent's alone" test "$(stat -c %a "$place/first/identity/identity.json")" = 600

# ------------------------------------------------------------------ commands
await 10 'hold=20000' "$place/one/requests.log" || true
echo '{"id":"c-1","kind":"quarantine.restore","quarantine_id":"q1"}' >"$place/command"
mv "$place/command" "$place/one/command.json"
check "a command arrives within two seconds" await 2 '"id":"c-1".*"type":"command"' "$place/agent.out"
echo '{"id":"c-2","kind":"shell.run"},{"id":"c 3","kind":"scan"},{"id":"c-4","kind":"scan","path":"/srv"}' \
    >"$place/command"
mv "$place/command" "$place/one/command.json"
await 3 '"id":"c-4"' "$place/agent.out" || true
check "what is no command of ours is not passed on" \
    test "$(grep -c '"type":"command"' "$place/agent.out")" = 2
say '{"type":"state","mode":"no-gate"}'
check "a changed state reaches the console while a sync is held" \
    await 5 'mode=no-gate' "$place/one/requests.log"

# ------------------------------------------------------------------ the console goes and comes
stop_console
say 'append {"n":5001,"late":1}'
check "an agent without a console says so" await 10 '"type":"online","value":false' "$place/agent.out"
sleep 3
start_console one "$port"
check "and sends what has waited when it is back" await 30 '"n":5001' "$place/one/received.log"
finish_agent
check "an uplink without a console does not spin" \
    awk '/^uplink-cpu-ms/ { found = 1; exit !($2 < 1500) } END { if (!found) exit 1 }' "$place/agent.out"

# ------------------------------------------------------------------ an event that nobody wants
echo '"n":77,' >"$place/one/refuse"
rm -f "$place/one/received.log"
stop_console
start_console two
echo '"n":77,' >"$place/two/refuse"
start_agent poison "$good" "$pin" 200
await 30 '^acked' "$place/agent.out" || true
finish_agent
poison() {
    [ "$(wc -l <"$place/two/received.log")" = 199 ] && grep -q ' 77 77$' "$place/two/gaps.log" &&
        ! grep -q '"n":77,' "$place/two/received.log"
}
check "an event that is refused becomes a declared gap and stops nothing" poison
rm "$place/two/refuse"
stop_console

# ------------------------------------------------------------------ the console moves
start_console four
start_agent old "$good" "$pin" 10
await 10 '^acked' "$place/agent.out" || true
finish_agent
stop_console
start_console four
start_agent old "$(printf 'b%.0s' {1..32})" "$pin" 10
check "a console at another port is followed without a new token" await 10 '^acked' "$place/agent.out"
finish_agent
stop_console

# ------------------------------------------------------------------ a certificate grows old
start_console four
start_agent old "$good" "$pin" 10
await 10 '^acked' "$place/agent.out" || true
finish_agent
cp "$place/old/identity/identity.json" "$place/identity.before"
export LAZ_TRIAL_DAYS=61
start_agent old "$good" "$pin" 10
unset LAZ_TRIAL_DAYS
renewed() {
    await 10 uplink.renewed "$place/agent.err" && ! cmp -s "$place/identity.before" "$place/old/identity/identity.json"
}
check "after two thirds of its life the certificate is renewed, with a new key" renewed
check "and the uplink goes on with it" await 10 '^acked' "$place/agent.out"
finish_agent
check "a renewal is no second enrolment" test "$(grep -c '^enrol' "$place/four/requests.log")" = 1
stop_console
export LAZ_TRIAL_DAYS=500
start_agent old "" "" 10
unset LAZ_TRIAL_DAYS
check "that the certificate has expired is told, not only that nobody answers" await 10 certificate.expired "$place/agent.out"
drop_agent

# ------------------------------------------------------------------ kill -9
start_console three
start_agent killed "$good" "$pin" "${LAZ_KILL_EVENTS:-100000}" 10
check "an uplink that is killed again and again loses nothing" await 120 '^acked' "$place/agent.out"
check "and sends nothing twice that is counted twice" arrived_once three "${LAZ_KILL_EVENTS:-100000}"
echo "# $(grep '^acked' "$place/agent.out")"
finish_agent
exit $failed
