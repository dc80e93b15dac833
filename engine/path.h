// A packet's way, as a list: the stages in their order and the reasons for which a stage may
// drop a packet. Each packet received is delivered or dropped for exactly one reason.
//
//   port ─ rx ─ session ─ jitter ┆ 20 ms tick ┆ playout ─ decode ─ digits
//                 │                           ─ prompt | bridge ─ encode ─ tx ─ port
//                 ├─ relay on arrival between legs of one codec ──────────┘
//                 └─ tap
#pragma once

#include <stdint.h>

// name, sentence for operators
#define PATH_DROPS(X)                                                                             \
	X(ETH_SHORT, "eth-short", "frame shorter than its headers")                               \
	X(ETH_LONG, "eth-long", "frame longer than any media packet, or in too many pieces")      \
	X(ETH_OTHER, "eth-other", "frame to another station, or broadcast where none may be")     \
	X(ETH_TYPE, "eth-type", "neither ARP, IPv4 nor IPv6")                                     \
	X(ETH_VLAN, "eth-vlan", "VLAN tag of no media address")                                   \
	X(ARP_OTHER, "arp-other", "ARP for an address that is not ours, or malformed")            \
	X(IP_OTHER, "ip-other", "IP packet to an address that is not ours")                       \
	X(IP_HEADER, "ip-header", "bad IP header, length or checksum")                            \
	X(IP_FRAGMENT, "ip-fragment", "IP fragment: media is never fragmented")                   \
	X(IP_PROTOCOL, "ip-protocol", "neither UDP nor ICMP")                                     \
	X(ICMP_OTHER, "icmp-other", "ICMP other than echo, or ND not for us")                     \
	X(UDP_HEADER, "udp-header", "bad UDP length or checksum")                                 \
	X(UDP_PORT, "udp-port", "UDP port outside every session's range")                         \
	X(SESSION_NONE, "session-none", "no session is open on this port")                        \
	X(STUN, "stun", "STUN, not served")                                                       \
	X(DTLS, "dtls", "DTLS, not served")                                                       \
	X(NOT_MEDIA, "not-media", "first byte is of no known protocol (RFC 7983)")                \
	X(RTP_HEADER, "rtp-header", "malformed RTP header")                                       \
	X(RTP_STRANGER, "rtp-stranger", "RTP from a source that is not the session's far end")    \
	X(RTP_TYPE, "rtp-type", "RTP payload type that was not negotiated")                       \
	X(RTP_SIZE, "rtp-size", "RTP payload empty or longer than 200 ms")                        \
	X(RTP_JUMP, "rtp-jump", "RTP sequence number far from the rest, not yet confirmed")       \
	X(RTP_DUPLICATE, "rtp-duplicate", "RTP sequence number already seen")                     \
	X(RTP_LATE, "rtp-late", "RTP older than what was already played")                         \
	X(RTP_STALE, "rtp-stale", "RTP or RTCP that waited while this machine stood still")       \
	X(RTP_HELD, "rtp-held",                                                                   \
		"RTP while the session does not receive (hold, not yet negotiated)")              \
	X(EVENT_HEADER, "event-header", "malformed telephone-event")                              \
	X(RTCP_HEADER, "rtcp-header", "malformed RTCP")                                           \
	X(RTCP_STRANGER, "rtcp-stranger", "RTCP from a source that is not the session's far end") \
	X(HANDOVER, "handover", "ring to the worker that owns the session is full")

enum path_drop {
#define X(id, name, help) DROP_##id,
	PATH_DROPS(X)
#undef X
		DROP_COUNT,
};
