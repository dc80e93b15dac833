// Who stands ready, held to a plain list: comings, goings, changed matches, at random, with keys of
// each kind; and no more blocks than were made room for.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/router/agent.h"
#include "control/router/ready.h"
#include "engine/base/rng.h"

#define MEMBERS 500u
#define LINES	130u // in three words
#define WORDS	3u
#define ROUNDS	UNIT_ROUNDS(30000)

static struct {
	struct rng rng;
	struct ready ready;
	uint32_t words;
	struct agent agents[MEMBERS];
	struct member members[MEMBERS];
	uint64_t words_of[MEMBERS][WORDS];
	struct { // in their order
		struct member *member;
		uint64_t key;
	} list[MEMBERS];
	uint32_t count;
} t;

#define must(what)                                         \
	do {                                               \
		if (!(what))                               \
			ck_abort_msg("not so: %s", #what); \
	} while (0)

static bool matches(const struct member *m, uint32_t line)
{
	return member_word(m, t.words, line / 64) >> (line % 64) & 1;
}

static void match_drawn(struct member *m)
{
	uint64_t bits[WORDS];
	for (uint32_t w = 0; w < WORDS; w++)
		bits[w] = rng_u64(&t.rng) & rng_u64(&t.rng) & rng_u64(&t.rng);
	bits[0] |= 1;
	if (t.words == 1)
		m->matches.word = bits[0];
	else
		memcpy(m->matches.words, bits, sizeof(bits));
}

static void begin(uint64_t seed, uint32_t words)
{
	memset(&t, 0, sizeof(t));
	rng_seed(&t.rng, seed);
	t.words = words;
	must(ready_room(&t.ready, 1, words) == 0);
	must(ready_room(&t.ready, MEMBERS, words) == 0);
	for (uint32_t i = 0; i < MEMBERS; i++) {
		t.agents[i].id = i;
		t.members[i].agent = &t.agents[i];
		if (words > 1)
			t.members[i].matches.words = t.words_of[i];
		match_drawn(&t.members[i]);
	}
}

static void put(struct member *m, uint64_t key)
{
	uint32_t at = t.count;
	for (; at > 0 && t.list[at - 1].key > key; at--)
		t.list[at] = t.list[at - 1];
	t.list[at].member = m;
	t.list[at].key = key;
	t.count++;
	ready_put(&t.ready, m, key);
}

static void take(struct member *m)
{
	uint32_t at = 0;
	while (t.list[at].member != m)
		at++;
	memmove(&t.list[at], &t.list[at + 1], (t.count - at - 1) * sizeof(t.list[0]));
	t.count--;
	ready_take(&t.ready, m);
}

// Of one line, all who match, in order, or so many of them.
static void judge(uint32_t line)
{
	const struct ready_entry *list[MEMBERS];
	unsigned most = 1 + rng_below(&t.rng, 2 * MEMBERS), n = 0;
	if (most > MEMBERS)
		most = MEMBERS;
	unsigned found = ready_list(&t.ready, line, most, list);
	for (uint32_t i = 0; i < t.count && n < most; i++) {
		if (!matches(t.list[i].member, line))
			continue;
		must(n < found && list[n]->member == t.list[i].member);
		must(list[n]->key == t.list[i].key && list[n]->of == list[n]->member->agent);
		must(list[n]->agent == list[n]->of->id);
		n++;
	}
	must(n == found);
}

static void rematch(struct member *m)
{
	match_drawn(m);
	for (uint32_t line = 0; m->in != NULL && line < t.words * 64; line += 64)
		ready_matches(&t.ready, m, line);
}

// Ascending as by time, few different ones, or any.
static uint64_t key_drawn(uint64_t seed, uint64_t round)
{
	if (seed % 3 == 0)
		return round / 2;
	return rng_below(&t.rng, seed % 3 == 1 ? 7 : 1u << 30);
}

static void day(uint64_t seed, uint32_t words)
{
	begin(seed, words);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		// Now many, now few.
		uint32_t among = i / 3000 % 2 ? 40 : MEMBERS;
		struct member *m = &t.members[rng_below(&t.rng, among)];
		if (rng_below(&t.rng, 20) == 0)
			rematch(m);
		else if (rng_below(&t.rng, 10) == 0 && t.count > 0)
			take(t.list[0].member); // as a policy does
		else if (m->in != NULL)
			take(m);
		else
			put(m, key_drawn(seed, i));
		if (i % 16 == 0)
			judge(rng_below(&t.rng, words == 1 ? 64 : LINES));
	}
	while (t.count > 0)
		take(t.list[rng_below(&t.rng, t.count)].member);
	must(t.ready.used == 0);
	ready_fini(&t.ready);
}

START_TEST(stand_in_order_whoever_comes_and_goes)
{
	for (uint64_t seed = 0; seed < 6; seed++)
		day(seed, seed % 2 ? WORDS : 1);
}
END_TEST

START_TEST(grow_while_they_stand_there)
{
	begin(9, 1);
	struct ready fresh = {0};
	ready_fini(&t.ready);
	t.ready = fresh;
	for (uint32_t i = 0; i < MEMBERS; i++) {
		must(ready_room(&t.ready, i + 1, 1) == 0);
		put(&t.members[i], rng_below(&t.rng, 50));
		if (i % 50 == 0)
			judge(i % 64);
	}
	must(ready_room(&t.ready, MEMBERS, WORDS) == 0);
	for (uint32_t i = 0; i < MEMBERS; i++) { // as a queue does it, after the room is there
		t.words_of[i][0] = t.members[i].matches.word;
		t.members[i].matches.words = t.words_of[i];
	}
	t.words = WORDS;
	for (uint32_t line = 0; line < LINES; line++)
		judge(line);
	ready_fini(&t.ready);
}
END_TEST

UNIT_MAIN("ready", stand_in_order_whoever_comes_and_goes, grow_while_they_stand_there)
