// The table of a worker's sessions is put together here, memory, ports and what each room has for
// them, and here a session is taken and given back.
#include "engine/session/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dsp/conceal.h"
#include "engine/base/check.h"
#include "engine/bridge/bridge.h"
#include "engine/bridge/mask.h"
#include "engine/bridge/mixer.h"
#include "engine/digits/mute.h"
#include "engine/session/session.h"
#include "engine/split.h"
#include "engine/voice/coder.h"
#include "engine/voice/session_red.h"

#define CACHE_LINE     64
#define HUGE_PAGE      (2ull << 20)
#define EAR_ALIGN      16 // of 64 it would be 48 bytes a session more
#define CONCEALS_SHARE 40 // that part of all sessions may be bridged and concealed at once
#define PARTS	       4 // of the memory, beside each codec's coders and the lists of the sub-slots
#define PACKS_SHARE    24 // that part may send packets of another length than a tick

// At a multiple of a power of two the lines that each packet touches would meet in a few sets of
// the caches, and those asked for early would drive each other out before they are used.
_Static_assert(sizeof(struct session) / CACHE_LINE % 2 == 1, "an odd number of lines");
_Static_assert(
	sizeof(struct session) <= 1088 + RED_ZONE, "sessions stay small: see session_table_bytes");
_Static_assert(offsetof(struct session, out) + 40 <= CACHE_LINE, "one line to send");
_Static_assert(offsetof(struct session, rx) + offsetof(struct rtp_rx, base_seq) -
			offsetof(struct session, in_flags) <=
		128,
	"two lines to receive");
_Static_assert(SESSIONS_MAX < POOL_NONE, "a slot is 32 bits");

static size_t line_up(size_t bytes)
{
	return (bytes + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
}

static uint32_t share_of(uint32_t sessions, uint32_t share)
{
	return sessions / share + 16;
}

static size_t ear_bytes(void)
{
	size_t bytes = sizeof(struct jitter) + RED_ZONE + dtmf_gate_size();

	return ((bytes + EAR_ALIGN - 1) & ~(size_t)(EAR_ALIGN - 1)) + RED_ZONE;
}

static size_t conceal_bytes(void)
{
	return line_up(conceal_size()) + RED_ZONE;
}

static size_t session_bytes(void)
{
	return line_up(sizeof(struct session));
}

size_t session_table_bytes(uint32_t sessions, const struct mix_sizes *mix)
{
	return sessions * (session_bytes() + ear_bytes() + 2 * sizeof(uint32_t)) +
		share_of(sessions, CONCEALS_SHARE) * conceal_bytes() +
		share_of(sessions, PACKS_SHARE) * PACK_STRIDE + masks_bytes(sessions) +
		mutes_bytes(sessions) + mixers_bytes(mix) + SUBSLOTS * CACHE_LINE * 2 +
		sizeof(struct session_table) + HUGE_PAGE;
}

static void *at_of(uint8_t *base, size_t at)
{
	return base ? base + at : NULL;
}

// Where everything lies in one mapping: the arrays behind each other, then each codec's coders,
// then the lists of the sub-slots. base NULL: nothing is placed. Returns the bytes.
static size_t table_place(struct session_table *t, uint8_t *base)
{
	size_t at = 0,
	       sizes[PARTS] = {
		       t->slots * session_bytes(),
		       t->slots * t->ear_bytes,
		       share_of(t->slots, CONCEALS_SHARE) * t->conceal_bytes,
		       share_of(t->slots, PACKS_SHARE) * PACK_STRIDE,
	       };
	uint8_t *part[PARTS];

	for (unsigned i = 0; i < PARTS; at += line_up(sizes[i++]))
		part[i] = at_of(base, at);
	for (enum codec_id id = CODEC_NONE + 1; id < CODEC_COUNT; id++) {
		struct coder_pool *p = &t->coders[id];

		coder_pool_place(p, id, at_of(base, at));
		at += line_up(p->pool.slots * coder_bytes(id));
	}
	for (unsigned i = 0; i < SUBSLOTS; i++) {
		t->clocked[i] = at_of(base, at);
		at += line_up((t->slots / SUBSLOTS + 1) * sizeof(uint32_t));
	}
	t->sessions = (struct session *)(void *)part[0];
	t->ears = part[1];
	t->conceal_mem = part[2];
	t->pack_mem = part[3];
	return at;
}

// One mapping, which the kernel may back with huge pages: at 50,000 sessions small ones would cost
// a TLB miss for each packet.
static int table_map_init(struct session_table *t)
{
	size_t bytes = table_place(t, NULL);

	t->memory_bytes = (bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	t->memory = mmap(
		NULL, t->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t->memory == MAP_FAILED) {
		t->memory = NULL;
		return -ENOMEM;
	}
	madvise(t->memory, t->memory_bytes, MADV_HUGEPAGE);
	memset(t->memory, 0, t->memory_bytes); // no page fault in a worker
	table_place(t, t->memory);
	return 0;
}

static int table_media_init(struct session_media *m, const struct worker *w, unsigned medium)
{
	const struct engine_media *config = &w->config->medium[medium];
	unsigned workers = w->config->workers;

	m->rtp_min = config->rtp_min;
	m->first = split_first(config, workers, w->id);
	m->pairs = split_first(config, workers, w->id + 1) - m->first;
	if (m->pairs == 0)
		return 0;
	m->slots = malloc(m->pairs * sizeof(*m->slots));
	if (!m->slots)
		return -ENOMEM;
	memset(m->slots, 0xff, m->pairs * sizeof(*m->slots)); // POOL_NONE
	return pool_init(&m->ports, m->pairs);
}

static int table_coders_init(struct session_table *t, const struct engine_config *c)
{
	for (enum codec_id id = CODEC_NONE + 1; id < CODEC_COUNT; id++) {
		uint32_t n = codec_has_state(id) ? coder_count(c, id) : 0;
		if (n > 0 && pool_init(&t->coders[id].pool, n))
			return -ENOMEM;
	}
	return 0;
}

static int table_init(struct session_table *t, struct worker *w, uint32_t sessions)
{
	struct mix_sizes mix = mix_sizes_of(&w->config->mix, sessions);

	t->slots = sessions;
	t->ear_bytes = ear_bytes();
	t->conceal_bytes = conceal_bytes();
	t->workers = w->config->workers;
	rng_seed(&t->rng, rng_seed_os());
	t->cname_seed = rng_u64(&t->rng);
	if (table_coders_init(t, w->config) || table_map_init(t) || pool_init(&t->pool, sessions) ||
		pool_init(&t->conceals, share_of(sessions, CONCEALS_SHARE)) ||
		pool_init(&t->packs, share_of(sessions, PACKS_SHARE)) || masks_init(t, sessions) ||
		mutes_init(t, sessions) || mixers_new(&mix, &t->mixers))
		return -ENOMEM;
	for (unsigned i = 0; i < w->config->media; i++) {
		if (table_media_init(&t->media[i], w, i))
			return -ENOMEM;
	}
	red_table_begin(t);
	return bridge_rings_init(t, w);
}

int session_table_new(struct worker *w, uint32_t sessions, struct session_table **out)
{
	struct session_table *t;

	check(sessions > 0 && sessions <= SESSIONS_MAX);
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	int error = table_init(t, w, sessions);
	if (error) {
		session_table_free(t);
		return error;
	}
	*out = t;
	return 0;
}

void session_table_free(struct session_table *t)
{
	if (!t)
		return;
	red_table_end(t);
	bridge_rings_fini(t);
	for (unsigned i = 0; i < MEDIA_MAX; i++) {
		free(t->media[i].slots);
		pool_fini(&t->media[i].ports);
	}
	mixers_free(t->mixers);
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		pool_fini(&t->coders[i].pool);
	masks_fini(t);
	mutes_fini(t);
	pool_fini(&t->packs);
	pool_fini(&t->conceals);
	pool_fini(&t->pool);
	if (t->memory)
		munmap(t->memory, t->memory_bytes);
	free(t);
}

uint32_t session_table_count(const struct session_table *t)
{
	return t->pool.used;
}

struct session *session_find(struct session_table *t, uint8_t media, uint16_t port)
{
	const struct session_media *m = &t->media[media];
	uint32_t pair = (uint32_t)(port - m->rtp_min) / 2 - m->first;

	if (pair >= m->pairs || m->slots[pair] == POOL_NONE)
		return NULL;
	return &t->sessions[m->slots[pair]];
}

static gate_session make_handle(unsigned worker, uint32_t generation, uint32_t slot)
{
	return (uint64_t)worker << 56 | (uint64_t)(generation & 0xffffff) << 32 | slot;
}

struct session *session_take(struct worker *w, uint8_t media, int *error)
{
	struct session_table *t = w->sessions;
	struct session_media *m = &t->media[media];

	*error = -EINVAL;
	if (media >= w->config->media)
		return NULL;
	*error = -EADDRNOTAVAIL;
	if (m->pairs == 0 || m->ports.used == m->pairs)
		return NULL;
	*error = -ENOBUFS;
	uint32_t slot = pool_take(&t->pool);
	if (slot == POOL_NONE)
		return NULL;
	uint32_t pair = pool_take(&m->ports);
	struct session *s = &t->sessions[slot];
	memset(s, 0, offsetof(struct session, red));
	s->handle = make_handle(w->id, pool_generation(&t->pool, slot), slot);
	s->slot = slot;
	s->media = media;
	s->port = (uint16_t)(m->rtp_min + 2 * (m->first + pair));
	s->pack = s->conceal = s->mask = s->mute = s->coder = POOL_NONE;
	m->slots[pair] = slot;
	*error = 0;
	return s;
}

void session_give(struct worker *w, struct session *s)
{
	struct session_table *t = w->sessions;
	struct session_media *m = &t->media[s->media];
	uint32_t pair = (uint32_t)(s->port - m->rtp_min) / 2 - m->first;

	session_unclock(t, s);
	if (s->pack != POOL_NONE)
		pool_give(&t->packs, s->pack);
	if (s->conceal != POOL_NONE)
		pool_give(&t->conceals, s->conceal);
	mask_free(t, s);
	mute_free(t, s);
	coder_give(w, s);
	m->slots[pair] = POOL_NONE;
	pool_give(&m->ports, pair);
	s->handle = 0;
	pool_give(&t->pool, s->slot);
}
