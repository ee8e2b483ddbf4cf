#!/bin/bash
# Each rule of the default pack fires on its constructed sample, and has a reason and a technique.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$LAZ_SOURCE/tests/e2e/content/samples.py" "$LAZ_BUILD/lazaret" "$LAZ_SOURCE" "$work"
