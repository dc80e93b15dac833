// What the engine is started with: its workers, ports and media addresses. Filled by the owner
// of the engine, constant while it runs.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/bounds.h"

enum port_kind {
	PORT_TAP,
	PORT_AF_PACKET,
	PORT_AF_XDP,
	PORT_RING,
	PORT_NULL,
	PORT_MEMIF,
	PORT_PCI
};

struct engine_port {
	char name[32]; // ours, for people: "media0"
	enum port_kind kind;
	char device[64];     // tap and af_*: interface name; PCI: address; memif: socket path
	char extra[128];     // further device arguments, verbatim: "xdp_prog=/usr/lib/…"
	struct addr host_ip; // tap: address that the kernel's end gets; family 0: left alone
	uint8_t host_bits;
	uint16_t queues; // 0: one per worker where the driver can, else 1
};

struct engine_media { // a media address
	char name[32];
	uint16_t port; // index into ports
	struct addr ip;
	uint8_t bits;		   // prefix length
	struct addr gateway;	   // family 0: everything is on the link
	uint16_t vlan;		   // 0: untagged
	uint8_t dscp;		   // 46 = EF
	uint16_t rtp_min, rtp_max; // even … odd, RTP on even ports
};

struct engine_config {
	unsigned workers;
	int16_t cores[WORKERS_MAX];   // CPU of each worker, -1: EAL's choice
	uint32_t sessions;	      // all workers together
	uint32_t coders[CODEC_COUNT]; // of them, that may be of this codec with state at once
	struct mix_sizes mix;	      // of each worker
	bool spin;		      // never nap
	bool hugepages;		      // false: --no-huge, memory computed from sessions
	char eal_args[256];	      // further EAL arguments, verbatim
	unsigned ports, media;
	struct engine_port port[PORTS_MAX];
	struct engine_media medium[MEDIA_MAX];
};

#define ENGINE_ERROR_MAX 512

// Whether the engine can be what this asks for; on failure -EINVAL and one sentence in error.
int engine_config_check(const struct engine_config *config, char error[ENGINE_ERROR_MAX]);
