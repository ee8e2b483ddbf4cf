#!/bin/bash
# The HTTPS server spoken to by curl and openssl, well and badly. Prints TAP.
set -euo pipefail

programs=${LAZ_TRIALS:-$LAZ_BUILD/tests/e2e/link}
place=$(mktemp -d /tmp/laz-server-XXXXXX)
server_pid=
count=0
failed=0

end() {
    [ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$place"
}
trap end EXIT

check() { # NAME COMMAND...
    local name=$1
    shift
    count=$((count + 1))
    if "$@"; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        sed 's/^/# /' "$place/answer" "$place/server.err" 2>/dev/null | head -40
        failed=1
    fi
}

get() { curl -sS --max-time 10 --noproxy '*' --cacert "$place/ca.pem" "$@" >"$place/answer" 2>&1; }
answered() { get "${@:2}" && grep -q -- "$1" "$place/answer"; }

# Raw bytes over TLS; the answer in the file of that name.
raw() { # SECONDS: bytes on standard input
    timeout "$1" openssl s_client -quiet -ign_eof -connect "127.0.0.1:$port" -CAfile "$place/ca.pem" \
        >"$place/answer" 2>/dev/null || true
}

echo "1..37"
"$programs/trial_server" "$place" 127.0.0.1:0 2000 >"$place/port" 2>"$place/server.err" &
server_pid=$!
for _ in $(seq 100); do
    [ -s "$place/port" ] && break
    sleep 0.05
done
port=$(awk '{ print $2 }' "$place/port")
url=https://127.0.0.1:$port

# ------------------------------------------------------------------ well
check "a request is understood" \
    answered '"path":"/echo/a b","rest":"a b","q":"é 1","cookie":"x","body":0' \
    "$url/echo/a%20b?q=%C3%A9+1" -b '__Host-lazaret=x'
check "a body arrives whole" answered '"body":100000' "$url/echo/" \
    --data-binary @<(head -c 100000 /dev/zero)
check "a client that asks before it sends is told to go on" answered '^< HTTP/1.1 100' -v "$url/echo/" \
    -H 'Expect: 100-continue' --data-binary @<(head -c 5000 /dev/zero)
check "without a certificate a client has no name" answered '"uri":""' "$url/echo/"
check "with one it has the name that we gave it" answered '"uri":"urn:lazaret:trial:agent:1"' \
    --cert "$place/client.pem" "$url/echo/"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 2 \
    -keyout "$place/foreign.pem" -out "$place/foreign.crt" 2>/dev/null
cat "$place/foreign.crt" >>"$place/foreign.pem"
refused() { ! get "$@"; }
check "a foreign certificate is refused in the handshake" refused --cert "$place/foreign.pem" "$url/echo/"
check "a compressed asset is sent to who takes it" \
    bash -c "curl -sS --cacert '$place/ca.pem' --compressed -i '$url/asset' >'$place/answer' &&
        grep -qi '^content-encoding: gzip' '$place/answer' && tail -1 '$place/answer' | grep -q hello"
check "and plain to who does not" \
    bash -c "curl -sS --cacert '$place/ca.pem' -i '$url/asset' >'$place/answer' &&
        ! grep -qi '^content-encoding' '$place/answer' && tail -1 '$place/answer' | grep -q hello"
check "what the client has already is not sent again" answered '^HTTP/1.1 304' -i "$url/asset" \
    -H 'If-None-Match: W/"other", "one"'
check "HEAD has no body" bash -c "curl -sS --cacert '$place/ca.pem' -I '$url/asset' >'$place/answer' &&
    grep -q '^Content-Length: 5' '$place/answer'"
for what in "asset" "nowhere" "echo/%00" "hold/more"; do
    get -i "$url/$what"
    secure() {
        grep -q '^Strict-Transport-Security: max-age=31536000' "$place/answer" &&
            grep -q '^X-Content-Type-Options: nosniff' "$place/answer" &&
            grep -q '^Referrer-Policy: no-referrer' "$place/answer" &&
            grep -q '^Cross-Origin-Opener-Policy: same-origin' "$place/answer" &&
            grep -q "^Content-Security-Policy: default-src 'none'" "$place/answer"
    }
    check "the answer to /$what has the security headers" secure
done
check "an unknown path is 404" answered 'http.not_found' "$url/nowhere"
check "a known path with another method is 405" answered '^HTTP/1.1 405' -i -d x "$url/asset"

# ------------------------------------------------------------------ later
get "$url/hold" &
waiting=$!
timeout 0.5 curl -sS --cacert "$place/ca.pem" "$url/hold" >/dev/null 2>&1 || true
sleep 0.3
curl -sS --cacert "$place/ca.pem" "$url/release" >"$place/release"
wait $waiting
check "an answer may come later" grep -q released "$place/answer"
check "a client that did not wait for it is noticed" grep -q '"gone":1' "$place/release"
timeout 2 curl -sSN --cacert "$place/ca.pem" "$url/stream" >"$place/events" 2>/dev/null &
stream=$!
sleep 0.7
get "$url/release"
wait $stream || true
check "a stream brings events" grep -q '^data: {"kind":"event"}' "$place/events"
check "and heartbeats" bash -c "[ \$(grep -c '^: beat' '$place/events') -ge 4 ]"
sleep 0.5
check "a reader that goes away is noticed" answered '"gone":2' "$url/release"

curl -sSN --max-time 5 --cacert "$place/ca.pem" "$url/stream" >"$place/events" 2>/dev/null &
stream=$!
sleep 0.5
get "$url/end"
ended() { wait $stream && grep -q '^event: last' "$place/events"; }
check "a stream that the server ends ends cleanly, with its last event" ended

# ------------------------------------------------------------------ badly
raw 3 < <(printf 'GET /echo/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /echo/2 HTTP/1.1\r\nHost: h\r\n\r\n')
check "two requests at once are answered in order" \
    bash -c "grep -o 'rest\":\"[12]' '$place/answer' | tr -d '\n' | grep -q 'rest\":\"1rest\":\"2'"
raw 4 < <(printf 'POST /echo/ HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /echo/smuggled HTTP/1.1\r\nHost: h\r\n\r\n')
smuggled() { grep -q '^HTTP/1.1 400' "$place/answer" && ! grep -q smuggled "$place/answer"; }
check "a body with two ends is refused, with all that follows" smuggled
raw 4 < <(printf 'POST /echo/ HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\n\r\n')
check "a body that is too large is refused before it is sent" grep -q '^HTTP/1.1 413' "$place/answer"
raw 4 < <(printf 'GET /%s HTTP/1.1\r\n' "$(head -c 9000 /dev/zero | tr '\0' a)")
check "a request line that is too long is 414" grep -q '^HTTP/1.1 414' "$place/answer"
raw 4 < <(
    printf 'GET / HTTP/1.1\r\nHost: h\r\n'
    for _ in $(seq 70); do printf 'a: b\r\n'; done
    printf '\r\n'
)
check "too many headers are 431" grep -q '^HTTP/1.1 431' "$place/answer"
check "TLS 1.1 is not spoken" \
    bash -c "! openssl s_client -connect 127.0.0.1:$port -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null >/dev/null 2>&1"

# ------------------------------------------------------------------ slowly
ended_within() { # SECONDS COMMAND...: how long the server kept a silent connection
    local began took
    began=$(date +%s%N)
    "${@:2}"
    took=$((($(date +%s%N) - began) / 1000000))
    [ "$took" -lt "$1" ]
}
silent() { bash -c "exec 9<>/dev/tcp/127.0.0.1/$port; timeout 10 cat <&9 >/dev/null" || true; }
dripping() {
    timeout 10 openssl s_client -quiet -connect "127.0.0.1:$port" >"$place/answer" 2>/dev/null < <(
        printf 'GET /echo/ HTTP/1.1\r\n'
        for _ in $(seq 40); do
            printf a
            sleep 0.2
        done
    ) || true
}
check "a connection that says nothing is ended" ended_within 3500 silent
check "a head that drips is ended in the same time" ended_within 5000 dripping
pids=()
for _ in $(seq 29); do
    bash -c "exec 9<>/dev/tcp/127.0.0.1/$port; sleep 1.5" 2>/dev/null &
    pids+=($!)
done
sleep 0.5
check "others are served while silent ones wait" answered '"body":0' "$url/echo/"
bash -c "exec 9<>/dev/tcp/127.0.0.1/$port; sleep 1" 2>/dev/null &
pids+=($!)
sleep 0.2
check "one address cannot have more than its share" refused --max-time 2 "$url/echo/"
wait "${pids[@]}" 2>/dev/null || true
sleep 1.5
check "and is served again when it has let go" answered '"body":0' "$url/echo/"
urls=()
for i in $(seq 100); do urls+=("$url/echo/$i"); done
quick() {
    local began
    began=$(date +%s%N)
    get "${urls[@]}"
    [ $((($(date +%s%N) - began) / 1000000)) -lt 2000 ]
}
check "a hundred requests on one connection do not wait for one another" quick

# ------------------------------------------------------------------ start
mkdir "$place/second"
in_use() {
    ! "$programs/trial_server" "$place/second" "127.0.0.1:$port" 2000 >/dev/null 2>"$place/answer" &&
        grep -q "port: 127.0.0.1:$port: is in use by another program (end that program, or choose another port)" \
            "$place/answer"
}
check "a port in use is named, with a remedy" in_use

# ------------------------------------------------------------------ full of idle clients
kill "$server_pid"
wait "$server_pid" 2>/dev/null || true
rm "$place/port"
"$programs/trial_server" "$place" 127.0.0.1:0 60000 >"$place/port" 2>"$place/server.err" &
server_pid=$!
for _ in $(seq 100); do
    [ -s "$place/port" ] && break
    sleep 0.05
done
port=$(awk '{ print $2 }' "$place/port")
url=https://127.0.0.1:$port
pids=()
printf 'GET /asset HTTP/1.1\r\nHost: h\r\n\r\n' >"$place/request"
for i in $(seq 45); do
    timeout 30 openssl s_client -quiet -connect "127.0.0.1:$port" -bind "127.0.0.$((i % 3 + 1)):0" \
        <"$place/request" >"$place/idle.$i" 2>/dev/null &
    pids+=($!)
done
served() { grep -l '^HTTP/1.1 200' "$place"/idle.* 2>/dev/null | wc -l; }
for _ in $(seq 200); do
    [ "$(served)" -ge 45 ] && break
    sleep 0.1
done
check "forty-five clients are answered by a server with room for forty" test "$(served)" -ge 45
check "who comes then is answered, for the longest idle one gives way" answered '"body":0' \
    --interface 127.0.0.4 "$url/echo/"
kill "${pids[@]}" 2>/dev/null || true
exit $failed
