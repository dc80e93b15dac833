// The daemon's user agent over the simulated network, in the place of sim/ua.c, and what is judged
// of its calls by what was seen from outside.
#include "tests/flow/wire/wire.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/loop.h"
#include "control/base/re.h"
#include "control/config/config.h"
#include "control/node/registrations.h"
#include "engine/base/hash.h"
#include "engine/base/str.h"
#include "tests/flow/wire/net.h"
#include "tests/flow/wire/udp.h"
#include "tests/flow/wire/world.h"

#define WATCH_MS  5000
#define SILENT_MS 40000 // longer than any transaction
#define EARLY_MS  40000 // more than anything rings

static struct wire_setup next; // of the world that begins
static struct wire_counts counts;

const struct wire_counts *wire_counts(void)
{
	return &counts;
}

struct wire_counts *wire_count(void)
{
	return &counts;
}

void wire_setup(const struct wire_setup *setup)
{
	next = *setup;
}

void wire_enter(struct sim *w)
{
	sim_enter(w);
	loop_libre_timers(sim_timers());
}

static void begin_network(void)
{
	static bool begun;

	if (!begun)
		ck_assert_int_eq(libre_init(), 0);
	begun = true;
	udp_simulate(); // draws once for the process, before what is drawn counts
	loop_libre_timers(sim_timers());
	if (net_join()) // of another node in this process
		return;
	net_begin(&(struct net_setup){.timers = sim_timers(),
		.seed = next.seed ? next.seed : 1,
		.faults = next.faults,
		.told = getenv("SIM_WIRE") != NULL,
		.enter = wire_enter});
}

void sim_ua_make(void)
{
	struct far_end *f = sim_calloc(sizeof(*f));

	sim_parts()->far = f;
	dlist_init(&f->phones);
	dlist_init(&f->callers);
	dlist_init(&f->trunks);
	dlist_init(&f->missed);
	dlist_init(&f->owed);
	dlist_init(&f->lines);
	begin_network();
	f->sessions = next.sessions;
	f->ua = ua_new();
	ck_assert_ptr_nonnull(f->ua);
}

struct ua *far_ua(void)
{
	return far_end()->ua;
}

// --- voices ---

struct media_voice *wire_voice(const struct line *l)
{
	return l && l->theirs.rtp.port ? sim_voice_at(l->theirs.rtp.port) : NULL;
}

void wire_name(const struct line *l, const char *name)
{
	struct media_voice *v = wire_voice(l);

	if (v)
		sim_voice_name(v, name);
}

// --- what may not stay ---

// Nothing came for so long that only a fault of the network, or a reboot, can be why.
static void give_up(struct line *l, uint64_t since_ms, const char *what)
{
	if (!line_was_disturbed(l, since_ms))
		sim_violation("%s: %s", what, l->call_id);
	counts.silent++;
	line_give_up(l);
}

// What the daemon says goes where this one's SDP said it hears.
static void judge_voice(const struct line *l)
{
	const struct media_voice *v = wire_voice(l);
	const struct addr *to = v && l->state == LINE_UP ? sim_voice_sends_to(v) : NULL;

	if (to && !addr_equal(to, &l->ours.rtp))
		sim_violation("its voice is sent to somebody else: %s", l->call_id);
}

// A call whose voice on the daemon's side is gone is over there: its BYE has come, or will.
static bool is_early(const struct line *l)
{
	return l->state == LINE_CALLING || l->state == LINE_RINGING;
}

static void watch_line(struct line *l)
{
	uint64_t now_ms = timers_now_ms(sim_timers());
	bool early = is_early(l);

	judge_voice(l);
	if (early && now_ms - l->begun_ms > sim_config()->sip.ring_timeout_s * 1000 + EARLY_MS) {
		give_up(l, l->begun_ms - PEER_GHOST_MS, "no final answer, nor CANCEL");
		return;
	}
	if (early || l->state == LINE_LEAVING || wire_voice(l)) {
		l->silent_ms = 0;
		return;
	}
	if (!l->silent_ms)
		l->silent_ms = now_ms;
	if (now_ms - l->silent_ms >= SILENT_MS)
		give_up(l, l->silent_ms - WATCH_MS, "no BYE came, and there is no voice");
}

static void watch(void *arg)
{
	dlist_for_each_safe (it, &far_end()->lines)
		watch_line(container_of(it, struct line, link));
	timer_start(sim_timers(), &far_end()->watch, WATCH_MS, watch, NULL);
}

// Its sound ends with it.
void wire_over(struct line *l)
{
	wire_miss(l);
	counts.glares += l->glares;
	line_free(l);
}

unsigned sim_legs(void)
{
	return ua_legs(far_ua());
}

unsigned sim_probes(void)
{
	return far_end()->probes;
}

// --- its life ---

static void on_binding(const struct ua_registration *r, const char *gone, void *arg)
{
	registrations_binding(r, gone, arg);
}

void sim_ua_begin(const struct ua_handlers *handlers)
{
	struct ua_handlers all = *handlers;
	const struct ua_env env = {sim_timers(), sim_parts()->media, sim_config(), &all};

	all.binding = on_binding;
	all.told_arg = sim_log();
	far_end()->node = sim_config()->sip.listen[0].address;
	wire_trunks_open();
	ck_assert_int_eq(ua_start(far_ua(), &env), 0);
	timer_start(sim_timers(), &far_end()->watch, WATCH_MS, watch, NULL);
}

void sim_ua_configure(const struct config *config)
{
	ck_assert_int_eq(ua_prepare(far_ua(), config), 0);
	ua_configure(far_ua(), config);
}

static void judge_end(void)
{
	static const char *const states[] = {
		"calling", "ringing", "answered", "up", "leaving", "over"};
	const struct ua *ua = far_ua();

	dlist_for_each (it, &far_end()->lines) {
		const struct line *l = container_of(it, struct line, link);
		if (is_early(l) && line_was_disturbed(l, l->begun_ms - PEER_GHOST_MS))
			counts.silent++; // the world ends before it is given up
		else
			sim_violation(
				"a script's call is left %s: %s", states[l->state], l->call_id);
	}
	if (ua->alive || !dlist_empty(&ua->all))
		sim_violation("%u legs left, or more of which nobody is told", ua->alive);
}

static void count_network(void)
{
	const struct net_counts *n = net_counts();

	counts.worlds++;
	if (net_shared()) // its last one counts
		return;
	counts.net.sent += n->sent;
	counts.net.lost += n->lost;
	counts.net.doubled += n->doubled;
	counts.net.late += n->late;
	counts.net.refused += n->refused;
	counts.net.cut += n->cut;
	counts.net.nowhere += n->nowhere;
	counts.trace = n->hash;
	counts.hash = hash_u64(counts.hash ^ n->hash);
}

void sim_ua_end(void)
{
	struct far_end *f = far_end();

	judge_end();
	timer_cancel(&f->watch);
	ua_free(f->ua);
	dlist_for_each_safe (it, &f->lines)
		line_free(container_of(it, struct line, link));
	wire_phones_end();
	wire_callers_end();
	wire_missed_end();
	owed_end();
	count_network();
	net_end();
	free(f);
	sim_parts()->far = NULL;
}
