// Mixing bridges.
#include "engine/bridge/mixer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/mix.h"
#include "engine/base/check.h"
#include "engine/base/pool.h"
#include "engine/bridge/bridge_msg.h"
#include "engine/worker.h"

struct mixer_party {
	gate_session who;
	uint64_t word_ns; // awake time of its last word
	int16_t frame[MIX_DEPTH][FRAME_SAMPLES];
	uint8_t first, count; // of the frames that wait
	uint8_t says, hears;
	uint16_t gain_256;
};

struct mixer {
	gate_session handle; // 0: free
	uint32_t count;
	uint32_t *party; // as many as one may have
};

struct mix_sum {
	int32_t samples[FRAME_SAMPLES];
	uint8_t groups; // whose it is
};

struct mixers {
	struct mix_sizes size;
	struct mixer *mixer;
	uint32_t *places; // of all of them
	struct mixer_party *party;
	struct pool parties;
	unsigned used;
};

static size_t places_bytes(const struct mix_sizes *size)
{
	return (size_t)size->mixers * size->parties * sizeof(uint32_t);
}

size_t mixers_bytes(const struct mix_sizes *size)
{
	return sizeof(struct mixers) + size->mixers * sizeof(struct mixer) + places_bytes(size) +
		size->mixed * sizeof(struct mixer_party);
}

int mixers_new(const struct mix_sizes *size, struct mixers **out)
{
	struct mixers *ms = calloc(1, sizeof(*ms));
	size_t bytes = size->mixed * sizeof(struct mixer_party);

	if (!ms)
		return -ENOMEM;
	check(size->parties <= MIX_PARTIES_MAX);
	ms->size = *size;
	ms->mixer = malloc(size->mixers * sizeof(*ms->mixer));
	ms->places = malloc(places_bytes(size));
	ms->party = malloc(bytes);
	if (!ms->mixer || !ms->places || !ms->party || pool_init(&ms->parties, size->mixed)) {
		mixers_free(ms);
		return -ENOMEM;
	}
	memset(ms->party, 0, bytes); // no page fault in a worker
	memset(ms->places, 0, places_bytes(size));
	for (uint32_t i = 0; i < size->mixers; i++)
		ms->mixer[i] = (struct mixer){.party = ms->places + (size_t)i * size->parties};
	*out = ms;
	return 0;
}

void mixers_free(struct mixers *ms)
{
	if (!ms)
		return;
	pool_fini(&ms->parties);
	free(ms->party);
	free(ms->places);
	free(ms->mixer);
	free(ms);
}

bool mixers_have(const struct mixers *ms, gate_session mixer)
{
	return gate_mixer_slot(mixer) < ms->size.mixers;
}

static struct mixer *mixer_at(struct mixers *ms, gate_session handle)
{
	return &ms->mixer[gate_mixer_slot(handle)];
}

// Its place in the bridge, or -1.
static int place_of(const struct mixers *ms, const struct mixer *m, gate_session who)
{
	for (uint32_t i = 0; i < m->count; i++) {
		if (ms->party[m->party[i]].who == who)
			return (int)i;
	}
	return -1;
}

static void drop(struct mixers *ms, struct mixer *m, uint32_t place)
{
	pool_give(&ms->parties, m->party[place]);
	m->party[place] = m->party[--m->count];
	if (m->count > 0)
		return;
	m->handle = 0;
	ms->used--;
}

// The slot for this bridge, emptied of an earlier one; NULL: it is a later one's.
static struct mixer *claim(struct mixers *ms, gate_session handle)
{
	struct mixer *m = mixer_at(ms, handle);
	uint32_t ahead = (uint32_t)(handle >> 32) - (uint32_t)(m->handle >> 32);

	if (m->handle == handle || m->handle == 0)
		return m;
	if ((int32_t)(ahead << 8) < 0) // generations are 24 bits
		return NULL;
	while (m->count > 0)
		drop(ms, m, m->count - 1);
	return m;
}

static int add(struct mixers *ms, struct mixer *m, const struct mix_word *word)
{
	uint32_t index = m->count < ms->size.parties ? pool_take(&ms->parties) : POOL_NONE;

	if (index == POOL_NONE)
		return -ENOSPC;
	ms->party[index].who = word->who;
	ms->party[index].first = ms->party[index].count = 0;
	if (m->count == 0) {
		m->handle = word->mixer;
		ms->used++;
	}
	m->party[m->count++] = index;
	return (int)m->count - 1;
}

int mixer_join(struct mixers *ms, const struct mix_word *word)
{
	struct mixer *m = claim(ms, word->mixer);

	if (!m)
		return -ESTALE;
	int place = place_of(ms, m, word->who);
	if (place < 0)
		place = add(ms, m, word);
	if (place < 0)
		return place;
	struct mixer_party *p = &ms->party[m->party[place]];
	p->word_ns = word->awake_ns;
	p->gain_256 = word->gain_256;
	p->says = word->says;
	p->hears = word->hears;
	return 0;
}

int mixer_take(struct mixers *ms, const struct bridge_head *h, uint64_t awake_ns)
{
	struct mix_word word = {
		.mixer = h->to,
		.who = h->from,
		.awake_ns = awake_ns,
		.gain_256 = h->gain_256,
		.says = h->says,
		.hears = h->hears,
	};

	if (h->kind == BRIDGE_JOIN || h->kind == BRIDGE_STAY)
		return mixer_join(ms, &word);
	if (h->kind == BRIDGE_LEAVE)
		mixer_leave(ms, h->to, h->from);
	return 0;
}

bool mixer_has(const struct mixers *ms, gate_session mixer, gate_session who)
{
	const struct mixer *m = &ms->mixer[gate_mixer_slot(mixer)];

	return m->handle == mixer && place_of(ms, m, who) >= 0;
}

void mixer_leave(struct mixers *ms, gate_session mixer, gate_session who)
{
	struct mixer *m = mixer_at(ms, mixer);
	int place = m->handle == mixer ? place_of(ms, m, who) : -1;

	if (place >= 0)
		drop(ms, m, (uint32_t)place);
}

void mixer_put(struct mixers *ms, gate_session mixer, gate_session who, const int16_t samples[])
{
	struct mixer *m = mixer_at(ms, mixer);
	int place = m->handle == mixer ? place_of(ms, m, who) : -1;

	if (place < 0)
		return;
	struct mixer_party *p = &ms->party[m->party[place]];
	if (p->count == MIX_DEPTH) {
		p->first = (uint8_t)((p->first + 1) % MIX_DEPTH);
		p->count--;
	}
	memcpy(p->frame[(p->first + p->count++) % MIX_DEPTH], samples, sizeof(p->frame[0]));
}

// The party's next frame, which stays where it is until this tick is over; NULL: silent.
static const int16_t *pull(struct mixer_party *p)
{
	int16_t *frame = p->frame[p->first];

	if (p->count == 0)
		return NULL;
	p->first = (uint8_t)((p->first + 1) % MIX_DEPTH);
	p->count--;
	mix_gain(frame, FRAME_SAMPLES, p->gain_256);
	return frame;
}

// All that is said into the sum's groups, by whoever listens too.
static void sum_up(
	struct mixers *ms, const struct mixer *m, const int16_t *const in[], struct mix_sum *sum)
{
	memset(sum->samples, 0, sizeof(sum->samples));
	for (uint32_t i = 0; i < m->count; i++) {
		if (in[i] && (ms->party[m->party[i]].says & sum->groups))
			mix_sum_add(sum->samples, in[i], FRAME_SAMPLES);
	}
}

static void mix(struct mixers *ms, struct worker *w, struct mixer *m, mixer_out_fn *out)
{
	const int16_t *in[MIX_PARTIES_MAX];
	int16_t frame[FRAME_SAMPLES];
	struct mix_sum sum;
	bool summed = false;

	for (uint32_t i = 0; i < m->count; i++)
		in[i] = pull(&ms->party[m->party[i]]);
	for (uint32_t i = 0; i < m->count; i++) {
		const struct mixer_party *p = &ms->party[m->party[i]];
		if (!summed || sum.groups != p->hears) { // in a conference once
			sum.groups = p->hears;
			sum_up(ms, m, in, &sum);
			summed = true;
		}
		mix_sum_out(frame, sum.samples, p->says & p->hears ? in[i] : NULL, FRAME_SAMPLES);
		out(w, p->who, m->handle, frame);
	}
}

static void drop_dead(struct mixers *ms, const struct worker *w, struct mixer *m)
{
	for (uint32_t i = m->count; i-- > 0;) {
		const struct mixer_party *p = &ms->party[m->party[i]];
		if (gate_session_worker(p->who) != w->id &&
			worker_awake_ns(w) - p->word_ns > MIX_SILENT_NS)
			drop(ms, m, i);
	}
}

void mixers_tick(struct mixers *ms, struct worker *w, unsigned subslot, mixer_out_fn *out)
{
	if (ms->used == 0)
		return;
	for (unsigned slot = subslot; slot < ms->size.mixers; slot += SUBSLOTS) {
		struct mixer *m = &ms->mixer[slot];
		if (m->count == 0)
			continue;
		drop_dead(ms, w, m);
		mix(ms, w, m, out);
	}
}
