# shellcheck shell=bash disable=SC2154
# build the programs into build/
#
# usage: ./dev build [--sanitize]
#
#   --sanitize   into build-sanitize/, with the address and undefined behaviour sanitizers
#
# The programs run from there without installation: build/lazaret.
sanitize=false
for argument in "$@"; do
    case $argument in
    --sanitize) sanitize=true ;;
    *) unknown_option "$argument" ;;
    esac
done
install_or_say build
if $sanitize; then
    configure build-sanitize --buildtype=debugoptimized -Db_sanitize=address,undefined
    compile build-sanitize
else
    build_normal
fi
