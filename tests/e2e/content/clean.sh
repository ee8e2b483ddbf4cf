#!/bin/bash
# No rule of the default pack alarms on the files of this machine's own packages.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"

# What dpkg installed: nobody else wrote these files. ClamAV's test files are there to be found.
find_packaged()
{
    cat /var/lib/dpkg/info/*.list | sort -u | grep -v -e '/clamav-testfiles' -e '[[:cntrl:]]' |
        while IFS= read -r path; do
            if [ -f "$path" ] && [ ! -L "$path" ]; then
                printf '%s\0' "$path"
            fi
        done
}

find_packaged >"$work/list"
count=$(tr -cd '\0' <"$work/list" | wc -c)
xargs -0 -n 2000 "$LAZ_BUILD/lazaret" scan --json <"$work/list" >"$work/answers" 2>"$work/said" || true
read_count=$(wc -l <"$work/answers")
check "each of $count packaged files has an answer" test "$read_count" = "$count"
check "there are at least 20,000 of them" test "$count" -ge 20000
grep -e '"verdict":"malicious"' -e '"verdict":"suspicious"' "$work/answers" >"$work/alarms" || true
sed 's/^/# /' "$work/alarms" | head -20
check "none of $read_count clean files is called malicious or suspicious" test ! -s "$work/alarms"
