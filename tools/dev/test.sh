# shellcheck shell=bash disable=SC2154
# build and run the tests, or those that match NAME
#
# usage: ./dev test [NAME...] [--sanitize] [--long] [--list]
#
#   NAME         runs the tests whose name, suite or program contains it: test_view, e2e/scan, unit
#   --sanitize   builds with the address and undefined behaviour sanitizers, in build-sanitize/
#   --long       also what takes long (LAZ_LONG=1 for the tests)
#   --list       names the tests and runs none
#
# The last line is 'N passed, N failed, N skipped' and counts single tests. Ends with 0 only when
# none failed and every skip has a reason that stands in tests/allowed-skips.
folder=build
options=(--buildtype=debugoptimized)
names=()
runner=()
sets=(build test)
for argument in "$@"; do
    case $argument in
    --sanitize)
        folder=build-sanitize
        options+=("-Db_sanitize=address,undefined")
        runner+=(--timeout-multiplier 12)
        ;;
    --long)
        export LAZ_LONG=1
        sets+=(long)
        ;;
    --list) runner+=(--list) ;;
    -*) unknown_option "$argument" ;;
    *) names+=("$argument") ;;
    esac
done
install_or_say "${sets[@]}"
use_node
use_npm_packages web
use_npm_packages tests/e2e/web
configure "$folder" "${options[@]}"
compile "$folder"
exec python3 tools/run_tests --build "$folder" --jobs "$(job_count)" "${runner[@]}" -- "${names[@]}"
