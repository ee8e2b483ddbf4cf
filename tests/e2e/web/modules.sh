# modules.sh - what the tests with a browser share: packages of a lockfile, put into a folder of the build once for each
# lockfile, and stories told by Node. Sourced after lib.sh.
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

tell() { # tell SCRIPT: hands on the "ok - …" and "not ok - …" of a story
    local line
    while IFS= read -r line; do
        case $line in
        'ok - '*) ok "${line#ok - }" ;;
        'not ok - '*) not_ok "${line#not ok - }" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done < <(node "$1" 2>&1 || echo "not ok - the story was told to its end")
}
