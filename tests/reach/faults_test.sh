#!/usr/bin/env bash
# usage: faults_test.sh REACH INSTALLED: what a host may lack is told in one sentence that names
# the cure. INSTALLED: where the XDP program would be. Makes a network namespace of its own;
# skipped (77) without root.
set -u
reach=$1 installed=$2
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
if [ "${FAULTS_INSIDE:-}" != 1 ]; then
	FAULTS_INSIDE=1 exec unshare --net --mount --kill-child --fork "$0" "$@"
fi

failed=0
# says WORDS COMMAND...: it fails, with one line that has these words.
says() {
	local words=$1 out
	shift
	out=$("$@" 2>&1) && {
		echo "FAILED: no fault at all: $*"
		failed=1
	}
	echo "$out"
	if [ "$(wc -l <<<"$out")" != 1 ] || ! grep -qF "$words" <<<"$out"; then
		echo "FAILED: expected one line with: $words"
		failed=1
	fi
}
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all)

ip link add taken0 type veth peer name taken1
ip link set taken0 up
ip link set taken1 up
ip addr add 192.0.2.1/24 dev taken0
says "no interface nowhere0" "$reach" af_packet nowhere0 1
says "an interface taken0 is there already" "$reach" tap taken0 1
says "longer than 15 characters" "$reach" tap abcdefghijklmnopq 1
[ -e "$installed" ] || says "install the media program $installed" "$reach" af_xdp taken0 1
says "XDP program /nowhere/x.o cannot be read" "$reach" af_xdp taken0 1 /nowhere/x.o
says "start as root" "${nobody[@]}" "$reach" tap reach0 1
says "start as root" "${nobody[@]}" "$reach" af_packet taken0 1
mount -t tmpfs none /dev
says "modprobe tun" "$reach" tap reach0 1
exit "$failed"
