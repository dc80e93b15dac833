// Frames around SIP messages.
#include "control/ringctl/pcap.h"

#include <stdlib.h>
#include <string.h>

#define LINKTYPE_ETHERNET 1
#define SNAP_LENGTH	  262144
#define HEADERS_MAX	  74	// Ethernet 14, IPv6 40, TCP 20
#define PAYLOAD_MAX	  65000 // of one frame: IPv4's length holds 65,535
#define SIP_PORT	  5060	// where a trace knows no port
#define FLOWS_MAX	  256

struct pcap_flow { // of one direction of a TCP connection
	struct addr from, to;
	uint32_t next;
};

struct pcap {
	FILE *file;
	struct pcap_flow flows[FLOWS_MAX];
	unsigned flow_count;
	uint16_t ip_id;
};

static void put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

static uint32_t sum(uint32_t start, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		start += (uint32_t)(p[i] << 8 | p[i + 1]);
	if (len % 2)
		start += (uint32_t)(p[len - 1] << 8);
	return start;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static unsigned port_of(const struct addr *a)
{
	return a->port ? a->port : SIP_PORT;
}

// Where the direction's sequence numbers are; both begin at 1.
static uint32_t *flow_next(struct pcap *p, const struct addr *from, const struct addr *to)
{
	for (unsigned i = 0; i < p->flow_count; i++)
		if (addr_equal(&p->flows[i].from, from) && addr_equal(&p->flows[i].to, to))
			return &p->flows[i].next;
	struct pcap_flow *f = &p->flows[p->flow_count < FLOWS_MAX ? p->flow_count++ : 0];
	*f = (struct pcap_flow){*from, *to, 1};
	return &f->next;
}

// UDP or TCP header; returns its length. The checksum comes when the payload is known.
static size_t put_transport(struct pcap *p, uint8_t *h, const struct sip_message *m, size_t len)
{
	put16(h, port_of(&m->from));
	put16(h + 2, port_of(&m->to));
	if (!m->tcp) {
		put16(h + 4, (unsigned)(8 + len));
		put16(h + 6, 0);
		return 8;
	}
	uint32_t *next = flow_next(p, &m->from, &m->to);
	put32(h + 4, *next);
	put32(h + 8, *flow_next(p, &m->to, &m->from));
	*next += (uint32_t)len;
	put16(h + 12, 0x5018); // 20 bytes; PSH, ACK
	put16(h + 14, 65535);
	put32(h + 16, 0);
	return 20;
}

// IP header for a payload of len bytes; returns its length.
static size_t put_ip(struct pcap *p, uint8_t *h, const struct sip_message *m, size_t len)
{
	unsigned protocol = m->tcp ? 6 : 17;
	if (m->from.family == ADDR_IP6) {
		put32(h, 6u << 28);
		put16(h + 4, (unsigned)len);
		h[6] = (uint8_t)protocol;
		h[7] = 64;
		memcpy(h + 8, m->from.ip, 16);
		memcpy(h + 24, m->to.ip, 16);
		return 40;
	}
	put16(h, 0x4500);
	put16(h + 2, (unsigned)(20 + len));
	put16(h + 4, p->ip_id++);
	put16(h + 6, 0x4000); // don't fragment
	h[8] = 64;
	h[9] = (uint8_t)protocol;
	put16(h + 10, 0);
	memcpy(h + 12, m->from.ip, 4);
	memcpy(h + 16, m->to.ip, 4);
	put16(h + 10, fold(sum(0, h, 20)));
	return 20;
}

static void put_checksum(uint8_t *segment, size_t len, const struct sip_message *m)
{
	size_t ip_len = m->from.family == ADDR_IP6 ? 16 : 4;
	uint32_t s = (m->tcp ? 6 : 17) + (uint32_t)len; // the pseudo header
	s = sum(s, m->from.ip, ip_len);
	s = sum(s, m->to.ip, ip_len);
	uint16_t value = fold(sum(s, segment, len));
	put16(segment + (m->tcp ? 16 : 6), value ? value : 0xffff);
}

static void frame_write(
	struct pcap *p, const struct sip_message *m, const uint8_t *frame, size_t len)
{
	uint32_t head[4] = {(uint32_t)(m->wall_ns / 1000000000),
		(uint32_t)(m->wall_ns % 1000000000), (uint32_t)len, (uint32_t)len};
	fwrite(head, sizeof(head), 1, p->file);
	fwrite(frame, 1, len, p->file);
}

static void message_write(struct pcap *p, const struct sip_message *m, size_t at, uint8_t *frame)
{
	size_t len = m->len - at < PAYLOAD_MAX ? m->len - at : PAYLOAD_MAX;
	static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1}, theirs[6] = {2, 0, 0, 0, 0, 2};
	size_t ip_len = m->from.family == ADDR_IP6 ? 40 : 20;
	uint8_t *segment = frame + 14 + ip_len;
	memcpy(frame, m->sent ? theirs : ours, 6);
	memcpy(frame + 6, m->sent ? ours : theirs, 6);
	put16(frame + 12, m->from.family == ADDR_IP6 ? 0x86dd : 0x0800);
	size_t head = put_transport(p, segment, m, len);
	memcpy(segment + head, m->bytes + at, len);
	put_ip(p, frame + 14, m, head + len);
	put_checksum(segment, head + len, m);
	frame_write(p, m, frame, 14 + ip_len + head + len);
}

size_t pcap_write(FILE *file, const struct sip_message *messages, size_t count)
{
	struct pcap p = {.file = file};
	// Of this machine's byte order; a2b1… would be µs, 4d3c says ns.
	const uint32_t magic = 0xa1b23c4d, rest[4] = {0, 0, SNAP_LENGTH, LINKTYPE_ETHERNET};
	const uint16_t version[2] = {2, 4};
	size_t written = 0;
	uint8_t *frame = malloc(HEADERS_MAX + PAYLOAD_MAX);
	fwrite(&magic, sizeof(magic), 1, file);
	fwrite(version, sizeof(version), 1, file);
	fwrite(rest, sizeof(rest), 1, file);
	for (size_t i = 0; frame != NULL && i < count; i++) {
		const struct sip_message *m = &messages[i];
		if (m->from.family == ADDR_NONE || m->from.family != m->to.family)
			continue;
		size_t at = 0;
		do {
			message_write(&p, m, at, frame);
			at += PAYLOAD_MAX;
		} while (at < m->len);
		written++;
	}
	free(frame);
	return written;
}
