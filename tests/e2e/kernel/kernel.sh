#!/usr/bin/env bash
# Debian 12's own kernel, 6.1: no FAN_PRE_ACCESS, an older Landlock. Boots it in an emulated machine
# whose only program is ours, and plays the demo there. Takes minutes, so it runs with --long only.
set -uo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$LAZ_SOURCE/tests/e2e/lib.sh"

if [ -z "${LAZ_LONG:-}" ]; then
    ok "Debian 12's kernel is booted with --long only"
    exit 0
fi

root=$work/root
programs=(lazaret lazaret-tools lazaret-agentd lazaret-consoled lazaret-worker lazaret-compile lazaret-demo-attacker)

fetch_kernel() { # the newest 6.1 kernel that apt knows, unpacked but not installed
    local package
    package=$(apt-cache pkgnames linux-image-6.1. | grep -E '^linux-image-6\.1\.[0-9]+-[0-9]+-amd64$' | sort -V | tail -n 1)
    [ -n "$package" ] || return 1
    (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$package" && dpkg-deb -x "$package"_*.deb kernel)
    kernel=$(find "$work/kernel/boot" -name 'vmlinuz-6.1*' | head -n 1)
    [ -n "$kernel" ]
}

make_root() {
    local program library tool
    mkdir -p "$root"/{bin,proc,sys,dev,tmp,etc,data,opt/lazaret,usr/share}
    cp "$(command -v busybox)" "$root/bin/busybox"
    for tool in sh mount ip cat sleep grep seq kill mkdir uname hostname ps poweroff; do
        ln -s busybox "$root/bin/$tool"
    done
    for program in "${programs[@]}"; do
        cp "$LAZ_BUILD/$program" "$root/opt/lazaret/"
        strip "$root/opt/lazaret/$program"
        ldd "$LAZ_BUILD/$program" | grep -o '/[^ ]*' | while read -r library; do
            mkdir -p "$root$(dirname "$library")"
            cp -L "$library" "$root$library"
        done
    done
    cp -r "$LAZ_SOURCE/content" "$root/opt/lazaret/content"
    cp -rL /usr/share/clamav-testfiles "$root/usr/share/"
    printf 'root:x:0:0:root:/:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\n' >"$root/etc/group"
    cp "$LAZ_SOURCE/tests/e2e/kernel/init" "$root/init"
    chmod +x "$root/init"
    (cd "$root" && find . | cpio -o -H newc 2>/dev/null | gzip -1 >"$work/initrd.gz")
}

if fetch_kernel; then ok "Debian's 6.1 kernel is at hand"; else
    not_ok "Debian's 6.1 kernel is at hand"
    exit 1
fi
check "a machine with our programs alone can be made" make_root
timeout 900 qemu-system-x86_64 -machine q35,accel=tcg -cpu max -m 2048 -smp 2 -kernel "$kernel" -initrd "$work/initrd.gz" \
    -append 'console=ttyS0 panic=1 quiet' -nographic -no-reboot -net none </dev/null >"$work/screen" 2>&1
tr -d '\r' <"$work/screen" >"$work/seen"
sed 's/^/# /' "$work/seen" | grep -v 'lazaret-agentd info'
check "it boots" grep -q 'kernel 6\.1' "$work/seen"
check "the database is built there" grep -q '^database built' "$work/seen"
check "the agent guards" grep -q '^Guarded: ' "$work/seen"
check "FAN_PRE_ACCESS is said to be missing" grep -q 'fanotify-pre-access *missing' "$work/seen"
check "Landlock's version is named" grep -q 'landlock *on, ABI 2' "$work/seen"
check "what this kernel cannot guard is said" grep -q '^unguarded.*truncate-by-path' "$work/seen"
check "nothing is missed" bash -c "! grep -q MISSED '$work/seen'"
check "everything was stopped and nothing was lost" grep -q '^Everything was stopped and nothing was lost' "$work/seen"
check "it stops" grep -q '^up ended with 0' "$work/seen"
check "and leaves nothing behind" grep -q '^left behind: 0' "$work/seen"
