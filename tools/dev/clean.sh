# shellcheck shell=bash disable=SC2154
# remove what was built
#
# usage: ./dev clean [--all]
#
#   --all   also the npm packages of the page and of its tests, and a Node that was fetched for them;
#           ./data always stays
case ${1:-} in
'') ;;
--all) rm -rf web/node_modules tests/e2e/web/node_modules build-node ;;
*) unknown_option "$1" ;;
esac
rm -rf build build-sanitize build-fuzz build-cover build-lint build-lint-clang
