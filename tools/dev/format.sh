# shellcheck shell=bash disable=SC2154
# write all C sources in the tree's form
#
# usage: ./dev format
install_or_say lint
mapfile -t files < <(git ls-files -co --exclude-standard 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]')
clang-format -i "${files[@]}"
