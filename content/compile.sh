#!/bin/bash
# Compiles the default pack: compile.sh LAZARET-COMPILE OUTPUT SOURCE...
# The compiler opens nothing itself: each source is handed over as a descriptor.
set -euo pipefail

compiler=$1
output=$2
shift 2

arguments=()
for source in "$@"; do
    exec {descriptor}<"$source"
    arguments+=(--source "$(basename "$source")=$descriptor")
done
exec {out}<>"$output"
if ! "$compiler" --name "Lazaret default pack" "${arguments[@]}" --out "$out"; then
    rm -f "$output"
    exit 1
fi
