// Captures of Ethernet frames with nanoseconds, written and read.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PCAP_FRAME_MAX 2048

struct pcap_frame {
	uint64_t at_ns;
	uint32_t len;
	uint8_t data[PCAP_FRAME_MAX];
};

FILE *pcap_create(const char *path); // NULL: errno says why
void pcap_put(FILE *f, uint64_t at_ns, const void *data, uint32_t len);
FILE *pcap_open(const char *path);		// NULL too when it is no capture of ours
bool pcap_get(FILE *f, struct pcap_frame *out); // false: the end
