# shellcheck shell=bash disable=SC2154
# check form, layers, purity, links, words, warnings, manual pages and scripts
#
# usage: ./dev lint [--all]
#
#   --all    clang-tidy on all files; without it, on those that differ from the main branch's last
#            published state, or from the last commit where there is none
#
# Builds with -Werror by gcc into build-lint/ and by clang into build-lint-clang/. Everything is
# checked before it ends; it ends with 0 when all is well.
all=false
for argument in "$@"; do
    case $argument in
    --all) all=true ;;
    *) unknown_option "$argument" ;;
    esac
done
install_or_say build lint
problems=()

check() { # check NAME COMMAND...
    local name=$1
    shift
    say "-- $name"
    "$@" || problems+=("$name")
}

compile_strictly() { # compile_strictly FOLDER
    [ -f "$1/build.ninja" ] || meson setup "$1" --buildtype=debugoptimized -Dwerror=true >"$1.log" 2>&1 ||
        { cat "$1.log"; return 1; }
    rm -f "$1.log"
    ninja -C "$1" -j "$(job_count)" --quiet
}

list_sources() {
    git ls-files -co --exclude-standard 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]'
}

list_changed() {
    local base
    base=$(git merge-base HEAD '@{upstream}' 2>/dev/null || git rev-parse HEAD^ 2>/dev/null || git rev-parse HEAD)
    { git diff --name-only --diff-filter=d "$base"; git ls-files -o --exclude-standard; } | sort -u
}

# Only what the build compiles has the arguments that clang-tidy needs.
tidy() {
    local files=()
    if $all; then
        mapfile -t files < <(git ls-files 'src/*.c' 'tests/*.c')
    else
        mapfile -t files < <(list_changed | grep -E '^(src|tests)/.*\.c$' || true)
    fi
    [ ${#files[@]} -gt 0 ] || return 0
    printf '%s\n' "${files[@]}" | xargs -P "$(job_count)" -n 4 clang-tidy -quiet -p build-lint-clang 2>/dev/null
}

lint_pages() {
    local output
    output=$(mandoc -Tlint -W warning man/*.[0-9]) || { printf '%s\n' "$output"; return 1; }
}

lint_scripts() {
    local scripts
    mapfile -t scripts < <(git ls-files -co --exclude-standard '*.sh'; echo dev; echo .ci/run)
    shellcheck -x -S warning -e SC2034,SC2154 "${scripts[@]}"
}

check_form() {
    local files
    mapfile -t files < <(list_sources)
    clang-format --dry-run -Werror "${files[@]}"
}

check form check_form
check layers tools/check_layers
check words tools/check_words
check "manual pages" lint_pages
check scripts lint_scripts
check "warnings of gcc" compile_strictly build-lint
CC=clang CXX=clang++ check "warnings of clang" compile_strictly build-lint-clang
check purity tools/check_purity build-lint
check links tools/check_links build-lint
check clang-tidy tidy
[ ${#problems[@]} -eq 0 ] || fail "lint: problems with: $(IFS=,; echo "${problems[*]}")"
echo "No problems."
