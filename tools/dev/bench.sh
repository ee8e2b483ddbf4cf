# shellcheck shell=bash disable=SC2154
# measure what we claim: ours, the peer's, and the ratio
#
# usage: ./dev bench [NAME...] [--list]
#
#   NAME     a measurement; without one, all of them
#   --list   names them
names=()
list=false
for argument in "$@"; do
    case $argument in
    --list) list=true ;;
    -*) unknown_option "$argument" ;;
    *) names+=("$argument") ;;
    esac
done
mapfile -t known < <(find tests/bench -maxdepth 1 -name '*.sh' ! -name 'lib.sh' -printf '%f\n' 2>/dev/null | sed 's/\.sh$//' | sort)
if $list; then
    printf '%s\n' "${known[@]}"
    exit 0
fi
[ ${#names[@]} -gt 0 ] || names=("${known[@]}")
for name in "${names[@]}"; do
    [ -f "tests/bench/$name.sh" ] || fail "bench: $name: is not known (see './dev bench --list')"
done
install_or_say build run bench
build_normal
failed=()
for name in "${names[@]}"; do
    echo "== $name"
    LAZ_BUILD=$LAZ_SOURCE/build bash "tests/bench/$name.sh" || failed+=("$name")
done
[ ${#failed[@]} -eq 0 ] || fail "bench: ${failed[*]}: failed"
