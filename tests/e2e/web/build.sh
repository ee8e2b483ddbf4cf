#!/usr/bin/env bash
# The page in web/dist is what its sources make: built again elsewhere it comes out the same, byte for byte. Its types
# are right, its catalogues complete, and it stays small.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"

GZIP_MAX=$((250 * 1000)) # the scripts of the first page

copy=$work/somewhere-else/web
mkdir -p "$copy"
tar -C "$LAZ_SOURCE/web" --exclude=./node_modules --exclude=./dist -cf - . | tar -C "$copy" -xf -
cd "$copy" || exit 1

if npm ci --prefer-offline --no-progress >"$work/npm.log" 2>&1; then ok "the lockfile installs"; else
    not_ok "the lockfile installs" "$(tail -n 20 "$work/npm.log")"
    exit 1
fi
check "the types are right" npx tsc --noEmit
check "the catalogues are complete, in every language" node tools/check-catalogues.mjs
check "no sentence stands outside the catalogues" node tools/check-sources.mjs
check "the page builds" npm run build
check "web/dist is what the sources make" diff -r "$LAZ_SOURCE/web/dist" dist

sizes=$(grep -o '/assets/[^"]*\.js' dist/index.html | while read -r file; do gzip -9c "dist$file" | wc -c; done)
total=$(awk '{ n += $1 } END { print n }' <<<"$sizes")
if [ "$total" -gt 0 ] && [ "$total" -le "$GZIP_MAX" ]; then ok "the first page's scripts are small: $total bytes"; else
    not_ok "the first page's scripts are small" "$total bytes, at most $GZIP_MAX"
fi
no_inline_script() { ! grep -E '<script(>| [^>]*>)[^<]' dist/index.html && ! grep -E ' on[a-z]+=' dist/index.html; }
check "no script stands in the page itself" no_inline_script
check "the server's word for styles has its place" grep -q 'name="csp-nonce" content="__CSP_NONCE__"' dist/index.html
no_host() { ! grep -n '"resolved"' "$LAZ_SOURCE/web/package-lock.json" "$LAZ_SOURCE/tests/e2e/web/package-lock.json"; }
check "the lockfiles name no registry" no_host

# The checks above can fail: each is shown one mistake.
refused() { ! "$@" >/dev/null 2>&1; }
cp src/locales/fr.json "$work/fr.json"
sed -i '/"retry":/d; s/\(^ *"more": .*\),$/\1/' src/locales/fr.json
check "a missing sentence is noticed" refused node tools/check-catalogues.mjs
sed 's/{{file}}/le fichier/' "$work/fr.json" >src/locales/fr.json
check "a forgotten parameter is noticed" refused node tools/check-catalogues.mjs
sed '/detectionsTotal_many/d' "$work/fr.json" >src/locales/fr.json
check "a missing plural is noticed" refused node tools/check-catalogues.mjs
cp "$work/fr.json" src/locales/fr.json
check "and the whole catalogue passes again" node tools/check-catalogues.mjs
sed -i 's|{t("state.failed")}|Could not be loaded|' src/parts/states.tsx
check "a sentence in the sources is noticed" refused node tools/check-sources.mjs
