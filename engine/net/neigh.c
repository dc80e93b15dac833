// A worker's neighbour table: sets of eight entries, a set by hash of the address.
#include "engine/net/neigh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/net/neigh_nd.h"

#define NEIGH_WAYS	 8
#define NEIGH_SETS	 (NEIGHBOURS_MAX / NEIGH_WAYS)
#define NEIGH_ASK_MS	 1000  // between two questions (RFC 4861's RETRANS_TIMER)
#define NEIGH_TRIES	 3     // unanswered ones
#define NEIGH_FRESH_MS	 30000 // after an answer nobody asks
#define NEIGH_HEARD_S	 60
#define NEIGH_UNUSED_S	 120
#define NEIGH_GATEWAY_MS 5000 // a gateway is asked that often
#define NEIGH_ROUND_MS	 512  // in which every entry is looked at once

_Static_assert(NEIGHBOURS_MAX % NEIGH_WAYS == 0, "whole sets");

struct neigh_media {
	struct wire_link link;
	struct addr gateway;
	uint32_t gateway_index, count;
	uint8_t bits;
};

struct neigh {
	unsigned media;
	uint32_t entries;
	uint32_t next, left; // of the round that neigh_due makes
	uint64_t round_ms;
	uint64_t seed;
	struct neigh_media medium[MEDIA_MAX];
	struct neighbour entry[];
};

static void media_init(struct neigh *n, uint8_t media, const struct engine_media *m)
{
	struct neigh_media *nm = &n->medium[media];

	nm->link.ip = m->ip;
	nm->link.ip.port = 0;
	// 802.1p priority from the DSCP's class: EF becomes 5, as voice is by custom.
	nm->link.tci = m->vlan ? (uint16_t)((m->dscp >> 3) << 13 | m->vlan) : 0;
	nm->gateway = m->gateway;
	nm->gateway.port = 0;
	nm->bits = m->bits;
	nm->gateway_index = NEIGH_NONE;
}

int neigh_new(const struct engine_config *config, const uint8_t (*mac)[6], struct neigh **out)
{
	uint32_t entries = config->media * NEIGHBOURS_MAX;
	struct neigh *n = calloc(1, sizeof(*n) + entries * sizeof(n->entry[0]));

	if (!n)
		return -ENOMEM;
	n->media = config->media;
	n->entries = entries;
	n->seed = (uint64_t)(uintptr_t)n; // differs by run, so that sets cannot be aimed at
	for (uint8_t i = 0; i < n->media; i++) {
		struct neigh_media *nm = &n->medium[i];

		media_init(n, i, &config->medium[i]);
		memcpy(nm->link.mac, mac[config->medium[i].port], 6);
		if (nm->gateway.family)
			nm->gateway_index = neigh_find(n, i, &nm->gateway, 0);
	}
	*out = n;
	return 0;
}

void neigh_free(struct neigh *n)
{
	free(n);
}

const struct wire_link *neigh_link(const struct neigh *n, uint8_t media)
{
	return &n->medium[media].link;
}

const struct neighbour *neigh_at(const struct neigh *n, uint32_t index)
{
	return &n->entry[index];
}

bool neigh_use(struct neigh *n, uint32_t index, uint32_t generation, uint32_t now_s)
{
	struct neighbour *e = &n->entry[index];

	if (e->generation != generation)
		return false;
	if (e->used_s != now_s)
		e->used_s = now_s;
	return true;
}

uint32_t neigh_gateway(const struct neigh *n, uint8_t media)
{
	return n->medium[media].gateway_index;
}

uint32_t neigh_count(const struct neigh *n, uint8_t media)
{
	return n->medium[media].count;
}

// First entry of the set where an address of this media address's link would be.
static uint32_t neigh_set(const struct neigh *n, uint8_t media, const struct addr *ip)
{
	uint64_t hash = hash_bytes(ip->ip, sizeof(ip->ip), n->seed);

	return media * NEIGHBOURS_MAX + (uint32_t)(hash % NEIGH_SETS) * NEIGH_WAYS;
}

static uint32_t neigh_lookup(const struct neigh *n, uint8_t media, const struct addr *ip)
{
	uint32_t set = neigh_set(n, media, ip);

	for (uint32_t i = set; i < set + NEIGH_WAYS; i++)
		if (n->entry[i].state != NEIGH_FREE && addr_same_ip(&n->entry[i].ip, ip))
			return i;
	return NEIGH_NONE;
}

static void neigh_forget(struct neigh *n, struct neighbour *e)
{
	n->medium[e->media].count--;
	e->state = NEIGH_FREE;
	e->generation++;
}

// Which of two entries is the better one to give up: the unknown, then the longer unused.
static bool neigh_cheaper(const struct neighbour *a, const struct neighbour *b)
{
	if ((a->state == NEIGH_ASKING) != (b->state == NEIGH_ASKING))
		return a->state == NEIGH_ASKING;
	return a->used_s < b->used_s;
}

static uint32_t neigh_make(struct neigh *n, uint8_t media, const struct addr *ip, uint64_t now_ms)
{
	uint32_t set = neigh_set(n, media, ip), victim = NEIGH_NONE;
	struct neighbour *e;

	for (uint32_t i = set; i < set + NEIGH_WAYS; i++) {
		e = &n->entry[i];
		if (e->state == NEIGH_FREE) {
			victim = i;
			break;
		}
		if (!e->gateway && (victim == NEIGH_NONE || neigh_cheaper(e, &n->entry[victim])))
			victim = i;
	}
	check(victim != NEIGH_NONE); // one gateway per media address, eight ways
	e = &n->entry[victim];
	if (e->state != NEIGH_FREE)
		neigh_forget(n, e);
	*e = (struct neighbour){.ip = *ip,
		.generation = e->generation + 1,
		.used_s = neigh_seconds(now_ms),
		.state = NEIGH_ASKING,
		.media = media,
		.gateway = addr_same_ip(ip, &n->medium[media].gateway)};
	e->ip.port = 0;
	n->medium[media].count++;
	return victim;
}

uint32_t neigh_find(struct neigh *n, uint8_t media, const struct addr *to, uint64_t now_ms)
{
	const struct neigh_media *nm = &n->medium[media];
	uint32_t index;

	if (to->family != nm->link.ip.family)
		return NEIGH_NONE;
	if (!addr_is_link_local(to) && !addr_in_prefix(to, &nm->link.ip, nm->bits)) {
		if (!nm->gateway.family)
			return NEIGH_NONE;
		to = &nm->gateway;
	}
	index = neigh_lookup(n, media, to);
	return index != NEIGH_NONE ? index : neigh_make(n, media, to, now_ms);
}

static void neigh_confirm(struct neighbour *e, const uint8_t *mac, uint64_t now_ms)
{
	if (e->state == NEIGH_ASKING || memcmp(e->mac, mac, 6) != 0) {
		memcpy(e->mac, mac, 6);
		e->generation++;
	}
	e->state = NEIGH_KNOWN;
	e->tries = 0;
	e->silent = false;
	e->heard_ms = now_ms;
}

uint32_t neigh_hear(
	struct neigh *n, uint8_t media, const struct neigh_heard *heard, uint64_t now_ms)
{
	const struct neigh_media *nm = &n->medium[media];
	struct neighbour *e;
	uint32_t index;

	if (!heard->ip.family || (heard->mac[0] & 1) || (!heard->question && !heard->answer))
		return NEIGH_NONE;
	index = neigh_lookup(n, media, &heard->ip);
	if (index == NEIGH_NONE) {
		// A neighbour that asks for us is about to send: we shall want to answer.
		if (!heard->question || heard->ip.family != nm->link.ip.family ||
			!addr_in_prefix(&heard->ip, &nm->link.ip, nm->bits) ||
			addr_same_ip(&heard->ip, &nm->link.ip))
			return NEIGH_NONE;
		index = neigh_make(n, media, &heard->ip, now_ms);
		// Cheaper than any that we send to: a flood of askers pushes none of those out.
		n->entry[index].used_s -= n->entry[index].used_s < NEIGH_HEARD_S
			? n->entry[index].used_s
			: NEIGH_HEARD_S;
		neigh_confirm(&n->entry[index], heard->mac, now_ms);
		return index;
	}
	e = &n->entry[index];
	if (heard->answer ? e->tries == 0 : e->gateway)
		return NEIGH_NONE; // nobody asked, or anybody could say so
	neigh_confirm(e, heard->mac, now_ms);
	return index;
}

// Gives up on what does not answer or is not used. A gateway is kept: its last known link
// address is the best guess that there is.
static void neigh_give_up(struct neigh *n, struct neighbour *e)
{
	if (!e->gateway) {
		neigh_forget(n, e);
		return;
	}
	if (!e->silent) {
		e->silent = true;
		e->lost++;
	}
	e->tries = NEIGH_TRIES; // stays there: to everyone, once in NEIGH_ASK_MS
}

// Whether the entry has a question to send now.
static bool neigh_wants(struct neigh *n, struct neighbour *e, uint64_t now_ms)
{
	if (e->state == NEIGH_FREE)
		return false;
	if (e->state == NEIGH_KNOWN) {
		uint64_t after_ms = e->gateway ? NEIGH_GATEWAY_MS : NEIGH_FRESH_MS;

		if (!e->gateway && neigh_seconds(now_ms) > e->used_s + NEIGH_UNUSED_S) {
			neigh_forget(n, e);
			return false;
		}
		return now_ms >= e->heard_ms + after_ms;
	}
	if (e->tries > 0 && now_ms < e->asked_ms + NEIGH_ASK_MS)
		return false;
	if (e->tries >= NEIGH_TRIES)
		neigh_give_up(n, e);
	return e->state != NEIGH_FREE;
}

uint32_t neigh_due(struct neigh *n, uint64_t now_ms)
{
	if (n->left == 0) {
		if (now_ms == n->round_ms)
			return NEIGH_NONE;
		n->round_ms = now_ms;
		n->left = (n->entries + NEIGH_ROUND_MS - 1) / NEIGH_ROUND_MS;
	}
	while (n->left > 0) {
		uint32_t index = n->next;

		n->left--;
		n->next = index + 1 < n->entries ? index + 1 : 0;
		if (neigh_wants(n, &n->entry[index], now_ms))
			return index;
	}
	return NEIGH_NONE;
}

bool neigh_unasked(const struct neigh *n, uint32_t index)
{
	return n->entry[index].state == NEIGH_ASKING && n->entry[index].tries == 0;
}

uint32_t neigh_question(
	struct neigh *n, uint32_t index, uint8_t frame[NEIGH_FRAME_MAX], uint64_t now_ms)
{
	struct neighbour *e = &n->entry[index];
	const struct wire_link *link = &n->medium[e->media].link;
	const uint8_t *to = NULL;

	if (e->state == NEIGH_KNOWN)
		e->state = NEIGH_PROBING;
	// First the one that we know, then everyone: it may have moved.
	if (e->state == NEIGH_PROBING && e->tries < NEIGH_TRIES - 1)
		to = e->mac;
	if (e->tries < NEIGH_TRIES)
		e->tries++;
	e->asked_ms = now_ms;
	return e->ip.family == ADDR_IP4 ? arp_question(frame, link, e->ip.ip, to)
					: nd_question(frame, link, e->ip.ip, to);
}
