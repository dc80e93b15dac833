#!/usr/bin/env bash
# usage: reach_test.sh REACH KIND WORKERS: ARP, ND, ping and UDP through a real port, seen from
# the kernel's side of it. Makes a network namespace of its own; skipped (77) without root.
set -u
reach=$1 kind=$2 workers=$3
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
if [ "${REACH_INSIDE:-}" != 1 ]; then
	REACH_INSIDE=1 exec unshare --net --kill-child --fork "$0" "$@"
fi

out=$(mktemp)
device=reach0 netns=""
# shellcheck disable=SC2317 # by the trap
cleanup() {
	[ -n "${engine:-}" ] && kill "$engine" 2>/dev/null
	[ -n "$netns" ] && kill "$netns" 2>/dev/null
	rm -f "$out"
}
trap cleanup EXIT
fail() {
	echo "FAILED: $1"
	cat "$out"
	exit 1
}

ip link set lo up
if [ "$kind" != tap ]; then # the engine sits in a namespace behind a veth pair
	unshare --net sleep 60 &
	netns=$!
	sleep 0.2
	ip link add reach0 type veth peer name reach1 netns "$netns"
	ip link set reach0 up
	ip addr add fd99::1/64 dev reach0 nodad
	device=reach1
fi
if [ -n "$netns" ]; then
	nsenter -n -t "$netns" "$reach" "$kind" "$device" "$workers" >"$out" 2>&1 &
else
	"$reach" "$kind" "$device" "$workers" >"$out" 2>&1 &
fi
engine=$!
for _ in $(seq 100); do
	grep -q ready "$out" && break
	kill -0 "$engine" 2>/dev/null || fail "the engine did not start"
	sleep 0.1
done
ip addr add 10.99.0.1/24 dev reach0
sleep 2 # duplicate address detection of the kernel's own IPv6 address

for ip in 10.99.0.2 fd99::2; do
	ping -c 3 -i 0.2 -W 2 "$ip" || fail "ping $ip"
done
/usr/bin/python3 - <<'EOF' || fail "UDP"
import socket
for family, ip in ((socket.AF_INET, '10.99.0.2'), (socket.AF_INET6, 'fd99::2')):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.settimeout(2)
    for i in range(200):
        sent = b'\x80' + bytes([i]) * (1 + i)
        s.sendto(sent, (ip, 28000))
        assert s.recv(2000) == sent, (ip, i)
EOF
sleep 0.2 # counters are published once a tick
kill -TERM "$engine"
wait "$engine" || fail "the engine ended badly"
engine=""
cat "$out"
grep -q UNEXPLAINED "$out" && fail "packets that nobody explains"
grep -q "delivered" "$out" || fail "no counters"
if [ "$workers" = 2 ]; then
	delivered=$(sed -n 's/^worker 1 received .* delivered \([0-9]*\) .*/\1/p' "$out")
	[ "$delivered" -ge 400 ] || fail "worker 1 got them not all"
fi
exit 0
