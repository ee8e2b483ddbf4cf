# shellcheck shell=bash disable=SC2154
# run the tests and show how much of each source file they reach
#
# usage: ./dev cover [NAME...]
#
#   NAME   only these tests, as for './dev test'
#
# Prints lines and branches per file; build-cover/report/index.html shows them in the source.
for argument in "$@"; do
    [[ $argument != -* ]] || unknown_option "$argument"
done
install_or_say build test cover
use_node
use_npm_packages web
use_npm_packages tests/e2e/web
configure build-cover --buildtype=debug -Db_coverage=true
compile build-cover
find build-cover -name '*.gcda' -delete
python3 tools/run_tests --build build-cover --jobs "$(job_count)" -- "$@" || say "Some tests failed."
mkdir -p build-cover/report
gcovr --root . --object-directory build-cover --filter src/ --exclude-throw-branches \
    --html-details build-cover/report/index.html --print-summary
