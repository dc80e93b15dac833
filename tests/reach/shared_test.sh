#!/usr/bin/env bash
# usage: shared_test.sh REACH PROGRAM WORKERS: an interface that host and engine share by
# the XDP program. Both are reached at the same time, neither sees what is the other's, and the
# host keeps its network whatever becomes of the engine. Makes a network namespace of its own;
# skipped (77) without root. One queue: AF_XDP has no more of a veth.
set -u
reach=$1 program=$2 workers=$3
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
if [ ! -e "$program" ]; then
	echo "no $program: a package is missing: clang-14 (make deps-check installs it)"
	exit 1
fi
if [ "${SHARED_INSIDE:-}" != 1 ]; then
	SHARED_INSIDE=1 exec unshare --net --kill-child --fork "$0" "$@"
fi

talk=$(dirname "$0")/shared_talk.py
out=$(mktemp)
served=$(mktemp)
engine="" host="" server=""
# shellcheck disable=SC2317 # by the trap
cleanup() {
	[ -n "$engine" ] && kill "$engine" 2>/dev/null
	[ -n "$server" ] && kill "$server" 2>/dev/null
	[ -n "$host" ] && kill "$host" 2>/dev/null
	rm -f "$out" "$served"
}
trap cleanup EXIT
fail() {
	echo "FAILED: $1"
	cat "$out"
	exit 1
}
attached() { inside ip link show reach1 | grep -q xdp; }
inside() { nsenter -n -t "$host" "$@"; }
starts() {
	nsenter -n -t "$host" "$reach" af_xdp reach1 "$workers" "$program" >"$out" 2>&1 &
	engine=$!
	for _ in $(seq 100); do
		grep -q ready "$out" && return
		kill -0 "$engine" 2>/dev/null || fail "the engine did not start"
		sleep 0.1
	done
	fail "the engine is not ready"
}
host_reached() { # without one loss
	for ip in 10.99.0.3 fd99::3; do
		said=$(ping -c 5 -i 0.1 -W 5 "$ip")
		grep -q ' 0% packet loss' <<<"$said" || fail "ping of the host: $said"
	done
}
engine_reached() { # a busy machine may let its thread wait at the start
	for ip in 10.99.0.2 fd99::2; do
		ping -c 3 -i 0.2 -w 10 "$ip" >/dev/null || fail "ping of the engine: $ip"
	done
}

unshare --net sleep 120 &
host=$!
sleep 0.2
ip link add reach0 type veth peer name reach1 netns "$host"
ip link set lo up
ip link set reach0 up
ip addr add 10.99.0.1/24 dev reach0
ip addr add fd99::1/64 dev reach0 nodad
inside ip link set lo up
inside ip link set reach1 up
inside ip addr add 10.99.0.3/24 dev reach1
inside ip addr add fd99::3/64 dev reach1 nodad
nsenter -n -t "$host" "$talk" serve >"$served" &
server=$!

starts
sleep 2 # duplicate address detection of the kernels' own IPv6 addresses
host_reached
engine_reached
grep -q serving "$served" || fail "the host's services are not there"
"$talk" talk || fail "host and engine at once"

# The engine sees nothing of the host's; what the test sent is its own, every frame explained.
sleep 0.2 # counters are published once a tick
kill -TERM "$engine"
wait "$engine" || fail "the engine ended badly"
engine=""
cat "$out"
grep -q UNEXPLAINED "$out" && fail "packets that nobody explains"
grep -qE "worker [0-9]+ (ip-other|arp-other|eth-[a-z]+|icmp-other) " "$out" &&
	fail "the engine got frames of the host"
attached && fail "the program is still there"
host_reached

# Killed: the program stays, the host does not notice, and the next engine takes over.
starts
engine_reached
second=$(inside "$reach" af_xdp reach1 1 "$program")
grep -q "another engine or port uses reach1" <<<"$second" || fail "a second engine: $second"
engine_reached # it did the first no harm
kill -KILL "$engine"
wait "$engine" 2>/dev/null
attached || fail "a killed engine leaves no program: then this test is blind"
host_reached
starts
engine_reached
host_reached
kill -TERM "$engine"
wait "$engine" || fail "the engine that took over ended badly"
engine=""
exit 0
