# common.sh - what the commands of ./dev share. Sourced, with the current folder at the source root.
# shellcheck shell=bash

# Compilations at once: one per core, and not more than one per GiB of free memory.
job_count() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null || echo "$cores")
    [ "$memory" -ge 1 ] || memory=1
    [ "$memory" -lt "$cores" ] && echo "$memory" || echo "$cores"
}

say() { # say TEXT: what happens now, on standard error
    printf '%s\n' "$*" >&2
}

fail() { # fail TEXT: ends with an error
    printf 'dev: %s\n' "$*" >&2
    exit 2
}

unknown_option() {
    fail "${command:?}: $1: is not known (see './dev $command --help')"
}

# The packages of the named sets of tools/packages.txt that this machine lacks, one a line.
missing_packages() { # missing_packages SET...
    local name sets instead set
    while read -r name sets instead; do
        [[ $name == '#'* || -z $name ]] && continue
        for set in "$@"; do
            [[ ,$sets, == *,$set,* ]] || continue
            [ -n "$instead" ] && command -v "$instead" >/dev/null && break
            [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
            break
        done
    done <tools/packages.txt
}

run_apt() { # run_apt ARGUMENT...
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 \
        -o Dpkg::Use-Pty=0 -o APT::Get::List-Cleanup=false "$@" </dev/null >&2
}

# Installs what is missing of the named sets; fails with a remedy when it cannot.
install_sets() { # install_sets SET...
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        fail "packages: missing: ${missing[*]} (run './dev install-deps' as root)"
    fi
    say "Installing: ${missing[*]}"
    run_apt update || say "The package lists could not be refreshed; going on with those at hand."
    run_apt install --no-install-recommends "${missing[@]}" ||
        fail "packages: ${missing[*]}: cannot be installed (check the network and apt's sources)"
}

# Where nothing can be installed, goes on with what is there and says once what is not.
install_or_say() { # install_or_say SET...
    local missing
    if [ "$(id -u)" -eq 0 ]; then
        install_sets "$@"
        return
    fi
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] || say "Missing, and not installed without root: ${missing[*]}"
}

configure() { # configure FOLDER [MESON OPTION...]: makes the build folder when it is not there
    local folder=$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        rm -rf "$folder"
        meson setup "$folder" "$@" >"$folder.log" 2>&1 || {
            cat "$folder.log" >&2
            rm -f "$folder.log"
            fail "build: $folder: cannot be configured (see above; './dev install-deps' installs what is missing)"
        }
        mv "$folder.log" "$folder/configure.log"
    fi
}

compile() { # compile FOLDER [TARGET...]
    local folder=$1
    shift
    say "Building in $folder/"
    ninja -C "$folder" -j "$(job_count)" --quiet "$@" >&2 || fail "build: $folder: failed (see above)"
}

build_normal() {
    configure build --buildtype=debugoptimized
    compile build
}

# The page's tools need Node 20.19 or later; Debian 12 has 18. A newer one comes from the npm
# registry into build-node/, and goes in front of PATH for this run only.
NODE_PACKAGE_VERSION=22.12.0
node_is_new_enough() {
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

use_node() {
    local arch at=$LAZ_SOURCE/build-node
    node_is_new_enough && return 0
    case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) fail "node: $(uname -m): no build of Node $NODE_PACKAGE_VERSION is known (install Node 20.19 or later)" ;;
    esac
    PATH=$at/node_modules/node-linux-$arch/bin:$PATH
    export PATH
    node_is_new_enough && return 0
    say "Installing Node $NODE_PACKAGE_VERSION into build-node/"
    mkdir -p "$at"
    npm install --prefix "$at" --no-save --no-audit --no-fund --loglevel=error \
        "node-linux-$arch@$NODE_PACKAGE_VERSION" >&2 ||
        fail "node: cannot be installed (check the network and npm's registry)"
    hash -r
    node_is_new_enough || fail "node: $at: does not run (install Node 20.19 or later)"
}

# The packages of a folder with a package-lock.json, exactly as locked.
use_npm_packages() { # use_npm_packages FOLDER
    local folder=$1
    [ -f "$folder/package-lock.json" ] || return 0
    [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] && return 0
    say "Installing the packages of $folder"
    npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error >&2 ||
        fail "npm: $folder: packages cannot be installed (check the network and npm's registry)"
    touch "$folder/node_modules/.package-lock.json"
}
