// What each party hears, walked through: state by role by hold by mask by supervisor, with music
// configured or not. The value of each party is the one in force, and nobody who talks hears music
// or nothing.
#include "tests/unit/unit.h"

#include "control/call/call_private.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'1': menu, '2': loud, '3': quiet, '4': room, '5': still,\n"
	"            '6': kept}\n"
	"  prompts: {music: m.wav, who: w.wav, ask: a.wav, hello: h.wav}\n"
	"  flows:\n"
	"    menu: {a: {menu: ask, digits: {'1': b}}, b: {queue: loud}}\n"
	"    loud: {a: {queue: loud}}\n"
	"    quiet: {a: {queue: quiet}}\n"
	"    kept: {a: {queue: kept}}\n"
	"    room: {a: {conference: room}}\n"
	"    still: {a: {conference: still}}\n"
	"  queues:\n"
	"    loud: {agents: [alice], music: music, answer_prompt: who, wrap_up: 0s}\n"
	"    kept: {agents: [alice], music: music, record: yes, wrap_up: 0s}\n"
	"    quiet: {agents: [alice], answer_prompt: who, wrap_up: 0s}\n"
	"  conferences: {room: {music: music, join_prompt: hello}, still: {}}\n"
	"  agents: {alice: {password: a}, sue: {password: s}}\n";

static struct call *call_of(const struct sim_caller *c)
{
	struct callid id = caller_id(c);
	return call_by_id(sim_calls(), &id);
}

static bool is_silence(const struct hearing *h)
{
	return h->peer == NULL && h->mixer == NULL && h->turn == 0 && h->sound == SOUND_NONE;
}

static bool equal(const struct hearing *a, const struct hearing *b)
{
	return a->peer == b->peer && a->mixer == b->mixer && a->turn == b->turn &&
		a->sound == b->sound && a->music == b->music && a->tone == b->tone &&
		a->party.says == b->party.says && a->party.hears == b->party.hears &&
		a->party.gain_256 == b->party.gain_256;
}

// The same rules for every party, told in another way than the code that keeps them.
static void ck_party(const struct call *c, const struct call_party *p)
{
	struct hearing h = call_sound(c, p);
	bool with_others = p->stage == PARTY_THERE &&
		(c->state == CALL_TALKING || c->state == CALL_CONFERENCE);
	bool voices = h.peer != NULL || h.mixer != NULL;
	if (p->leg != NULL && !leg_ear(p->leg)->over)
		ck_assert_msg(equal(&h, &leg_ear(p->leg)->now), "%s of %s: not in force",
			p->role == PARTY_CALLER ? "caller" : "other", call_where(c));
	ck_assert(h.peer == NULL || (h.mixer == NULL && h.sound == SOUND_NONE && h.turn == 0));
	if (!with_others) {
		ck_assert(!voices);
		return;
	}
	if (party_holds(p) && p->role != PARTY_SUPERVISOR)
		ck_assert(is_silence(&h));
	if (c->state == CALL_TALKING && !call_on_hold(c)) {
		ck_assert(voices);
		ck_assert_int_eq(h.sound, SOUND_NONE);
	}
	if (p->role == PARTY_SUPERVISOR)
		ck_assert(h.mixer != NULL && h.party.hears != 0);
	if (c->state == CALL_TALKING && call_on_hold(c) && p->role != PARTY_SUPERVISOR) {
		bool music = !party_holds(p) && c->queue->music != UINT32_MAX &&
			(p != &c->first || !party_holds(&c->first));
		ck_assert(!voices);
		ck_assert_int_eq(h.sound, music ? SOUND_MUSIC : SOUND_NONE);
	}
}

static void ck_call(const struct sim_caller *who)
{
	const struct call *c = call_of(who);
	ck_assert_ptr_nonnull(c);
	dlist_for_each (it, &c->parties.list)
		ck_party(c, container_of(it, const struct call_party, link));
}

static void mask(const struct sim_caller *c, bool on)
{
	struct callid id = caller_id(c);
	ck_assert_int_eq(call_mask(sim_calls(), &id, on), 0);
	sim_run(20);
}

static void ck_hold(struct sim_caller *c, bool caller, bool agent)
{
	caller_holds(c, caller);
	if (phone_busy("alice"))
		phone_hold("alice", agent);
	sim_run(20);
	for (unsigned on = 0; on < 2; on++) {
		mask(c, on);
		ck_call(c);
	}
	mask(c, false);
}

static void ck_holds(struct sim_caller *c)
{
	for (unsigned k = 0; k < 5; k++) // and back
		ck_hold(c, k & 1, k & 2);
	ck_hold(c, false, false);
}

static void ck_modes(struct sim_caller *c)
{
	static const enum monitor_mode modes[] = {
		MONITOR_LISTEN, MONITOR_WHISPER, MONITOR_BARGE, MONITOR_OFF};
	struct callid id = caller_id(c);
	ck_holds(c);
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		ck_assert_int_eq(call_monitor(sim_calls(), &id, "sue", modes[i]), 0);
		sim_run(300);
		ck_call(c);
		ck_holds(c);
	}
}

static void begin(bool several)
{
	sim_begin(&(struct sim_setup){.yaml = yaml, .several = several, .record = several});
	phone_register("sue");
	phone_answers("sue", 100);
}

START_TEST(in_a_flow)
{
	begin(false);
	struct sim_caller *c = dial("ann", "1");
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "ask");
	ck_holds(c); // a prompt stands still, it is not another
	ck_assert_str_eq(caller_hears(c), "ask");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

START_TEST(in_a_queue_and_a_conversation)
{
	static const char *const numbers[] = {"2", "3"}, *const music[] = {"music", ""};
	for (unsigned i = 0; i < 2; i++) {
		begin(false);
		struct sim_caller *c = dial("ann", numbers[i]);
		sim_run(100);
		ck_holds(c);
		ck_assert_str_eq(caller_hears(c), music[i]);
		phone_register("alice");
		sim_run(100);
		ck_holds(c); // it rings
		ck_assert_str_eq(caller_hears(c), music[i]);
		phone_pick_up("alice");
		sim_run(20);
		ck_assert_str_eq(phone_hears("alice"), "who");
		ck_assert_str_eq(caller_hears(c), music[i]);
		ck_holds(c);
		sim_run(10000);
		ck_assert_str_eq(phone_hears("alice"), "ann");
		ck_modes(c);
		phone_hold("alice", true);
		sim_run(20);
		ck_assert_str_eq(caller_hears(c), music[i]);
		ck_assert_str_eq(phone_hears("alice"), "");
		phone_hold("alice", false);
		sim_run(20);
		caller_hangs_up(c);
		sim_run(100);
		sim_end();
	}
}
END_TEST

START_TEST(in_a_conference)
{
	static const char *const numbers[] = {"4", "5"}, *const alone[] = {"music", ""};
	for (unsigned i = 0; i < 2; i++) {
		begin(false);
		struct sim_caller *c = dial("ann", numbers[i]);
		sim_run(10000);
		ck_assert_str_eq(caller_hears(c), alone[i]);
		ck_modes(c);
		struct sim_caller *other = dial("ben", numbers[i]);
		sim_run(10000);
		ck_assert_str_eq(caller_hears(c), "ben");
		ck_modes(c);
		caller_holds(other, true);
		sim_run(20);
		ck_assert_str_eq(caller_hears(c), "");
		struct sim_caller *third = dial("cid", numbers[i]); // its prompt is not kept
		sim_run(10000);
		caller_holds(other, false);
		sim_run(20);
		ck_assert_str_eq(caller_hears(other), "ann+cid");
		ck_call(other);
		caller_hangs_up(other);
		caller_hangs_up(third);
		caller_hangs_up(c);
		sim_end();
	}
}
END_TEST

// --- a third party: nobody brings one yet but this test ---

static void third_leg(struct leg *leg, const struct leg_event *e, void *arg)
{
	struct call_party *p = arg;
	if (e->kind == LEG_GONE)
		p->leg = NULL;
}

START_TEST(three_are_mixed)
{
	static const enum party_role roles[] = {PARTY_CONSULTED, PARTY_OUTSIDE, PARTY_AGENT};
	for (unsigned i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		begin(true);
		phone_register("alice");
		phone_answers("alice", 10);
		struct sim_caller *who = dial("ann", "6");
		sim_run(10000);
		ck_assert_str_eq(caller_hears(who), "alice");
		struct call *c = call_of(who);
		struct call_party third = {0};
		struct leg_owner owner = {.timers = c->calls->timers,
			.media = c->calls->media,
			.h = third_leg,
			.arg = &third,
			.surprises = &c->calls->counts.surprises};
		ck_assert_int_eq(leg_new_outgoing(0, c->first.leg, &owner, &third.leg), 0);
		sim_run(100);
		ck_assert_int_eq(party_join(&c->parties, &third, roles[i]), 0);
		call_hear(c); // comes: the two go on
		recording_join(c, &third);
		ck_assert_str_eq(caller_hears(who), "alice");
		ck_assert_int_eq(media_mixer_new(party_voice(&c->first), 3, &c->mixer), 0);
		third.stage = PARTY_THERE;
		call_hear(c);
		ck_call(who);
		const struct call_party *agent = party_of(&c->parties, PARTY_AGENT);
		struct hearing h[] = {
			call_sound(c, &c->first), call_sound(c, agent), call_sound(c, &third)};
		for (unsigned a = 0; a < 3; a++)
			for (unsigned b = 0; b < 3; b++)
				ck_assert(a == b || h[a].party.hears & h[b].party.says);
		caller_holds(who, true); // the others go on
		sim_run(20);
		ck_assert_str_eq(caller_hears(who), "");
		ck_assert_ptr_nonnull(call_sound(c, &third).mixer);
		caller_holds(who, false);
		sim_run(20);
		struct media_mixer *mixer = c->mixer;
		c->mixer = NULL;
		third.stage = PARTY_GOING;
		call_hear(c);
		ck_assert_str_eq(caller_hears(who), "alice"); // bridged again
		ck_assert_str_eq(phone_hears("alice"), "ann");
		ck_assert(c->first.recorded && agent->recorded && third.recorded);
		recording_part(c, &third); // the conversation's goes on
		ck_assert(c->recording != NULL && agent->recorded && !third.recorded);
		party_leave(&third);
		leg_hangup(third.leg, "over");
		media_mixer_free(mixer);
		sim_run(100);
		ck_assert_ptr_null(third.leg);
		caller_hangs_up(who);
		ck_assert(sim_recordings_wait(1));
		sim_end();
	}
}
END_TEST

UNIT_MAIN("sound", in_a_flow, in_a_queue_and_a_conversation, in_a_conference, three_are_mixed)
