# shellcheck shell=bash disable=SC2154
# install what is missing, build, and start Lazaret on this machine
#
# usage: ./dev run [ARGUMENT...]
#
# Starts the console and the agent with their data in ./data, prints the page's address and the
# administrator's password (the first time), and plays the demo: an attack on a scratch share that
# is stopped and rolled back. Ctrl-C stops everything. Further arguments go to 'lazaret up'.
# Without root everything but the kernel gate runs, with the packages that are already there.
install_or_say build run
build_normal
exec build/lazaret up --data data --demo "$@"
