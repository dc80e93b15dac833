// What came out: packets by far end, events by session.
#include "tests/path/stage.h"

#include <string.h>

#include "engine/net/rx_parse.h"
#include "tests/path/pcap.h"
#include "tests/unit/engine/frames.h"

#define HEARD_MAX 2048

static struct heard heard[HEARD_MAX];
static unsigned heard_all;

// The far ends as if they were media addresses, so that the engine's own parser reads for them.
static void far_map(struct rx_map *map)
{
	static struct engine_config far = {.media = FARS, .workers = 1};

	for (unsigned i = 0; i < FARS; i++) {
		far.medium[i] = medium_of(stage_far(i), 24, 0);
		far.medium[i].rtp_min = 1024;
		far.medium[i].rtp_max = 65535;
	}
	rx_map_init(map, &far, 0, far_mac);
}

void heard_load(void)
{
	static struct pcap_frame f;
	char path[STAGE_PATH_MAX];
	struct rx_map map;
	struct rx_hit hit;
	FILE *file = pcap_open(stage_path(path, "out"));

	ck_assert_ptr_nonnull(file);
	far_map(&map);
	for (heard_all = 0; pcap_get(file, &f);) {
		struct heard *h = &heard[heard_all];
		if (rx_parse(&map, f.data, f.len, &hit) != RX_UDP)
			continue;
		ck_assert(rx_checksum_good(&map, f.data, &hit));
		ck_assert_uint_lt(++heard_all, HEARD_MAX);
		h->at_ns = f.at_ns - STAGE_START_NS;
		h->far = hit.media;
		h->port = hit.port;
		h->len = hit.len;
		memcpy(h->data, f.data + hit.l4 + WIRE_UDP, hit.len);
		h->rtcp = rtp_is_rtcp(h->data, h->len);
		if (!h->rtcp && f.at_ns >= stage.closing_ns) {
			heard_all--;
			continue;
		}
		if (!h->rtcp)
			ck_assert_int_eq(rtp_parse(h->data, h->len, &h->rtp), 0);
	}
	fclose(file);
}

static const struct heard *find(enum far far, bool rtcp, unsigned i)
{
	for (unsigned k = 0; k < heard_all; k++) {
		if (heard[k].far == far && heard[k].rtcp == rtcp && i-- == 0)
			return &heard[k];
	}
	return NULL;
}

const struct heard *heard_rtp(enum far far, unsigned i)
{
	return find(far, false, i);
}

const struct heard *heard_rtcp(enum far far, unsigned i)
{
	return find(far, true, i);
}

unsigned heard_count(enum far far)
{
	unsigned n = 0;

	for (unsigned k = 0; k < heard_all; k++)
		n += heard[k].far == far && !heard[k].rtcp;
	return n;
}

const char *told_digits(enum far side)
{
	static char text[64];
	unsigned n = 0;

	for (unsigned i = 0; i < stage.events; i++) {
		const struct gate_msg *m = &stage.event[i];
		if (m->head.kind == GATE_DIGIT && m->head.session == stage.session[side])
			text[n++] = m->digit.digit;
	}
	text[n] = 0;
	return text;
}

unsigned told(enum gate_kind kind, enum far side)
{
	unsigned n = 0;

	for (unsigned i = 0; i < stage.events; i++)
		n += stage.event[i].head.kind == kind &&
			stage.event[i].head.session == stage.session[side];
	return n;
}

uint64_t stage_dropped(unsigned reason)
{
	return stage.counters[0].drops[reason] + stage.counters[1].drops[reason];
}
