# lib.sh - what end-to-end tests share: TAP, free ports, waiting, a loop-mounted file system, and an
# end for everything that was started. Sourced; needs LAZ_BUILD and LAZ_SOURCE.
# shellcheck shell=bash

: "${LAZ_BUILD:?the build folder}" "${LAZ_SOURCE:?the source folder}"
tap_count=0
tap_failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/lazaret-test.XXXXXX")
started_pids=()
mounted=()

ok() { # ok TEXT: the test that just ran passed
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1"
}

not_ok() { # not_ok TEXT [DIAGNOSTIC]
    tap_count=$((tap_count + 1))
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $1"
    [ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/# /'
}

skip() { # skip TEXT REASON
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

check() { # check TEXT COMMAND...: passes when the command succeeds
    local text=$1 output
    shift
    if output=$("$@" 2>&1); then ok "$text"; else not_ok "$text" "command: $* : $output"; fi
}

equal() { # equal TEXT WANTED FOUND
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "wanted '$2', found '$3'"; fi
}

wait_for() { # wait_for SECONDS COMMAND...: true as soon as the command succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

mount_loop() { # mount_loop NAME SIZE [FSTYPE]: a file system of the test's own at $work/NAME
    local image="$work/$1.img" at="$work/$1" kind=${3:-ext4}
    truncate -s "$2" "$image"
    case $kind in
    ext4) mkfs.ext4 -q -F "$image" ;;
    xfs) mkfs.xfs -q -f "$image" ;;
    *) return 1 ;;
    esac
    mkdir -p "$at"
    mount -o loop "$image" "$at"
    mounted+=("$at")
}

finish() {
    local status=$? pid at
    trap - EXIT
    for pid in "${started_pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in "${started_pids[@]}"; do
        wait_for 10 bash -c "! kill -0 $pid 2>/dev/null" || kill -KILL "$pid" 2>/dev/null || true
    done
    for at in "${mounted[@]}"; do
        umount "$at" 2>/dev/null || { sleep 1; umount "$at" 2>/dev/null; } || umount -l "$at" || true
    done
    rm -rf "$work"
    echo "1..$tap_count"
    [ "$status" -eq 0 ] && [ "$tap_failed" -eq 0 ] && exit 0
    exit 1
}
trap finish EXIT
