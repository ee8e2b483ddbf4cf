# shellcheck shell=bash disable=SC2154
# run fuzz targets, or replay their corpus and check what it reaches
#
# usage: ./dev fuzz NAME|--all [SECONDS] [--keep]
#        ./dev fuzz --list
#
#   NAME      a target: fuzz_view
#   --all     all of them, one after another, each for SECONDS (60)
#   --keep    adds what reaches new code to tests/fuzz/corpus/NAME, as few inputs as will do
#   --list    names the targets
#
# A run starts with a replay of the corpus: it must reach as many edges as tests/fuzz/coverage.txt
# says, or the target has died. With SECONDS 0 that is all. Every input that crashes a target is
# kept in tests/fuzz/corpus/NAME, where all compilers replay it as an ordinary test.
# Built with clang in build-fuzz/; all our libraries are instrumented, not the target alone.
name='' seconds=60 keep=false list=false
for argument in "$@"; do
    case $argument in
    --all) name=--all ;;
    --keep) keep=true ;;
    --list) list=true ;;
    -*) unknown_option "$argument" ;;
    *)
        if [ -z "$name" ]; then
            name=$argument
        elif [[ $argument =~ ^[0-9]+$ ]]; then
            seconds=$argument
        else
            fail "fuzz: $argument: is not a number of seconds"
        fi
        ;;
    esac
done
[ -n "$name" ] || $list || fail "fuzz: name a target, or --all (see './dev fuzz --list')"
install_or_say build fuzz
CC=clang CXX=clang++ configure build-fuzz --buildtype=debugoptimized -Dfuzz=true -Db_lundef=false \
    -Db_sanitize=address,undefined -Dc_args=-fsanitize=fuzzer-no-link

mapfile -t targets < <(ninja -C build-fuzz -t targets all | sed -n 's|^tests/fuzz/\(fuzz_[a-z0-9_]*\): .*|\1|p' | sort)
if $list; then
    printf '%s\n' "${targets[@]}"
    exit 0
fi
if [ "$name" != --all ]; then
    [[ " ${targets[*]} " == *" $name "* ]] || fail "fuzz: $name: is not a target (see './dev fuzz --list')"
    targets=("$name")
fi
compile build-fuzz "${targets[@]/#/tests/fuzz/}"

# Reaches the corpus of a target as many edges as is said of it?
replay_reaches() { # replay_reaches TARGET
    local corpus=tests/fuzz/corpus/$1 wanted reached output limits
    wanted=$(awk -v target="$1" '$1 == target {print $2}' tests/fuzz/coverage.txt)
    [ -n "$wanted" ] || { say "$1: tests/fuzz/coverage.txt does not say what it must reach"; return 1; }
    mapfile -t limits < <(limits_of "$1")
    output=$("build-fuzz/tests/fuzz/$1" "${limits[@]}" -runs=0 "$corpus" 2>&1) || { say "$output"; return 1; }
    reached=$(sed -n 's/.*INITED cov: \([0-9]*\).*/\1/p' <<<"$output")
    echo "$1: its corpus reaches ${reached:-0} edges of at least $wanted"
    [ "${reached:-0}" -ge "$wanted" ]
}

# What a target needs beside the usual limits, one word a line.
limits_of() { # limits_of TARGET
    case $1 in
    fuzz_scan) echo -malloc_limit_mb=4096 ;; # address space for the largest object, little of it used
    esac
}

fuzz_target() { # fuzz_target TARGET
    local corpus=tests/fuzz/corpus/$1 found=build-fuzz/found/$1 kept=build-fuzz/kept limits
    mkdir -p "$found"
    mapfile -t limits < <(limits_of "$1")
    replay_reaches "$1" || return 1
    [ "$seconds" -gt 0 ] || return 0
    "build-fuzz/tests/fuzz/$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 "${limits[@]}" \
        -print_final_stats=1 -artifact_prefix="$corpus/" "$found" "$corpus" || return 1
    $keep || return 0
    rm -rf "$kept"
    mkdir -p "$kept"
    cp "$corpus"/* "$kept"
    "build-fuzz/tests/fuzz/$1" "${limits[@]}" -merge=1 "$kept" "$found" || return 1
    cp -n "$kept"/* "$corpus"
}

export ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
failed=()
for target in "${targets[@]}"; do
    fuzz_target "$target" || failed+=("$target")
done
[ ${#failed[@]} -eq 0 ] || fail "fuzz: ${failed[*]}: failed (what was found stands in tests/fuzz/corpus)"
echo "All ${#targets[@]} fuzz targets hold."
