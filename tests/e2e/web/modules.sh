# modules.sh - puts the packages of a lockfile into a folder of the build, once for each lockfile.
# Sourced; needs LAZ_BUILD.
# shellcheck shell=bash

npm_modules() { # npm_modules SOURCE NAME: prints the folder that holds node_modules
    local source=$1 at="$LAZ_BUILD/npm/$2" stamp
    stamp=$(sha256sum <"$source/package-lock.json")
    mkdir -p "$at"
    cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" "$at/"
    if [ ! -f "$at/stamp" ] || [ "$(cat "$at/stamp")" != "$stamp" ]; then
        (cd "$at" && npm ci --prefer-offline --ignore-scripts --no-progress >&2) || return 1
        echo "$stamp" >"$at/stamp"
    fi
    echo "$at"
}
