# lib.sh - what the gate's stories share. Sourced after tests/e2e/lib.sh.
# shellcheck shell=bash

agentd=$LAZ_BUILD/lazaret-agentd
lazaret=$LAZ_BUILD/lazaret
encryptor=$LAZ_BUILD/tests/e2e/gate/encryptor

eicar() { # in pieces, so that no scanner takes this script for it
    # shellcheck disable=SC2016
    printf '%s%s' 'X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR' '-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'
}

flagged_script() {
    printf '#!/bin/sh\necho this script is flagged by the test database\n'
}

make_db() { # a database of EICAR and the flagged script
    {
        printf '%s:68:Test.Eicar\n' "$(eicar | sha256sum | cut -d' ' -f1)"
        printf '%s:%d:Test.Script\n' "$(flagged_script | sha256sum | cut -d' ' -f1)" "$(flagged_script | wc -c)"
    } >"$work/test.hsb"
    "$lazaret" db build -o "$work/test.lzdb" "$work/test.hsb" >/dev/null
}

start_agent() { # start_agent DATA [ARGUMENT...]: $agent is then its monitor
    rm -f "$work/agent.out"
    data=$1
    shift
    "$agentd" run --data "$data" --db "$work/test.lzdb" "$@" >"$work/agent.out" 2>"$work/agent.err" &
    agent=$!
    started_pids+=("$agent")
    wait_for 10 grep -qE '^(not )?guarding' "$work/agent.out"
}

stop_agent() { # the exit status is the agent's
    kill -TERM "$agent"
    wait "$agent"
}

child_of_agent() { # child_of_agent ROLE: gate, vault, deeds, broker, worker
    pgrep -P "$agent" -x "lazaret-$1" | head -n 1
}

opens_fast() { # opens_fast PATH SECONDS: reading it ends in time, whatever it says
    timeout -s KILL "$2" head -c 1 "$1" >/dev/null 2>&1
    [ $? -ne 137 ]
}

event_count() { # event_count CODE: how many the spool holds
    cat "$data"/spool/*.seg 2>/dev/null | grep -a -o "\"event_code\":\"$1\"" | wc -l
}

has_event() { # has_event CODE [TEXT]
    cat "$data"/spool/*.seg 2>/dev/null | tr '\n' ' ' | grep -a -q "\"event_code\":\"$1\".*${2:-}"
}

is_gone() { [ ! -e "$1" ]; }

attack_folder() { # attack_folder DIR COUNT: documents, and leave to destroy them
    local i
    mkdir -p "$1"
    touch "$1/THIS-FOLDER-MAY-BE-DESTROYED"
    for ((i = 0; i < $2; i++)); do
        yes "Report $i: the patient was seen in the morning, all findings normal." | head -n $((50 + i % 100)) >"$1/report$i.txt"
    done
}
