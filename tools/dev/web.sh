# shellcheck shell=bash disable=SC2154
# build the console's page into web/dist, or serve it with live reload
#
# usage: ./dev web [--live]
#
#   --live   serves the page from its sources; what it asks goes to the console that runs on
#            127.0.0.1:8443 ('./dev run' in another terminal)
#
# web/dist is part of the source tree, so that running Lazaret needs no Node. A test rebuilds it and
# compares.
case ${1:-} in
'' | --live) ;;
*) unknown_option "$1" ;;
esac
install_or_say web
use_node
use_npm_packages web
if [ "${1:-}" = --live ]; then
    exec npm run --prefix web dev
fi
npm run --prefix web build
