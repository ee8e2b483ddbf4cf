# shellcheck shell=bash disable=SC2154
# install the Debian packages that are missing
#
# usage: ./dev install-deps [SET...]
#
# Sets: build run test lint fuzz cover bench web; without one, all of them. The list is
# tools/packages.txt. Only what is missing is installed. Needs root or sudo.
sets=("$@")
[ ${#sets[@]} -gt 0 ] || sets=(build run test lint fuzz cover bench web)
for set in "${sets[@]}"; do
    case $set in
    build | run | test | lint | fuzz | cover | bench | web) ;;
    *) unknown_option "$set" ;;
    esac
done
install_sets "${sets[@]}"
say "Everything is there for: ${sets[*]}"
