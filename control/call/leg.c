// A leg: one party, as a SIP leg and a voice in the engine.
#include "control/call/leg.h"

#include <errno.h>
#include <stdlib.h>

#include "control/base/timer.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/machine.h"
#include "engine/base/str.h"

LOG_TOPIC("leg");

#define OPEN_LATE_MS	5000 // a voice that is not open by then will not be
#define CLOCKS_APART_MS 500  // ours and a worker's, at most

enum leg_state {
	STATE_NEW,	 // the voice is being opened
	STATE_OPEN,	 // it is; incoming: unanswered, outgoing: not called yet
	STATE_CALLING,	 // INVITE sent
	STATE_ANSWERING, // 200 sent, or refused: ACK or end will come
	STATE_UP,
	STATE_ENDING, // hang-up asked for
	STATES,
};

enum leg_input {
	IN_OPENED,
	IN_FAILED,
	IN_MEDIA_DIGIT,
	IN_PLAYED,
	IN_LOST,
	IN_FOUND,
	IN_SPEECH,
	IN_TRYING,
	IN_RINGING,
	IN_ANSWERED,
	IN_MEDIA,
	IN_ALIVE,
	IN_UA_DIGIT,
	IN_ENDED,
	IN_CALLED, // our INVITE went out
	IN_ANSWER, // our 200 goes out
	IN_MASK,   // its owner asks …
	IN_LEAVE,  // … and hangs up or refuses
	IN_LATE,   // the voice did not come
	IN_PROBE,  // silent for too long: is it there?
	IN_LEFT,   // there is no SIP leg whose end would come
	INPUTS,
};

struct leg {
	enum leg_state state;
	struct ua_leg *ua; // NULL: not called yet, or gone
	struct hearer ear; // and voice
	struct leg_owner owner;
	struct addr local; // RTP, as the far end shall see it
	struct media_params params;
	bool settled, holds;
	int untapped;	    // -errno: not recorded
	struct timer timer; // new: patience with the voice; ending: without a SIP leg
	struct timer probe; // silent, and none is due: asked again when it fires
	uint32_t silent_ms; // the time-out that it is over
	uint64_t turned_ms; // when its direction changed last
};

union leg_fact {
	const struct media_event *media;
	const struct ua_event *ua;
	struct {
		uint16_t status; // to refuse it with; 0: hung up
		const char *reason;
	} leave;
	bool mask;
};

static void leg_input(struct leg *l, enum leg_input in, union leg_fact f);

static void tell(struct leg *l, struct leg_event e)
{
	l->owner.h(l, &e, l->owner.arg);
}

// The last word. The voice is closed after it, so that the owner can still end its recording.
static void leg_gone(struct leg *l, enum ua_end end, uint16_t status, const char *text)
{
	l->ua = NULL;
	hear_end(&l->ear);
	tell(l, (struct leg_event){.kind = LEG_GONE, .end = end, .status = status, .text = text});
	media_close(l->ear.voice);
	timer_cancel(&l->timer);
	timer_cancel(&l->probe);
	free(l);
}

// It is there, whatever the answer to a question that is still on its way.
static void heard(struct leg *l)
{
	timer_cancel(&l->probe);
	if (l->ua != NULL)
		ua_probe_over(l->ua);
}

// True: the far end holds now, or no longer.
static bool params_set(struct leg *l, const struct media_params *p)
{
	bool held = l->settled && l->holds;
	if (l->settled && media_params_equal(&l->params, p)) {
		media_settle(l->ear.voice);
		return false; // setting them again would make the engine learn the source anew
	}
	if (l->settled && l->params.direction != p->direction)
		l->turned_ms = timers_now_ms(l->owner.timers);
	l->params = *p;
	l->holds = !(p->direction & MEDIA_SEND);
	l->settled = true;
	heard(l); // its silence is counted anew
	media_set(l->ear.voice, p);
	return held != l->holds;
}

// --- inputs ---

static void opened(struct leg *l, union leg_fact f)
{
	timer_cancel(&l->timer);
	l->local = f.media->local;
	tell(l, (struct leg_event){.kind = LEG_OPENED});
}

static void played(struct leg *l, union leg_fact f)
{
	hear_played(&l->ear);
	tell(l, (struct leg_event){.kind = LEG_PLAYED});
}

// A prompt that cannot be played is over; a recording or a digit that fails ends no call.
static void failed(struct leg *l, union leg_fact f)
{
	if (str_equal(f.media->failed, "play"))
		played(l, f);
	else if (str_equal(f.media->failed, "mask"))
		tell(l, (struct leg_event){.kind = LEG_UNMASKED});
	else if (str_equal(f.media->failed, "mix"))
		tell(l, (struct leg_event){.kind = LEG_UNMIXED});
	else if (str_equal(f.media->failed, "record"))
		l->untapped = f.media->error; // its recording will say so
	else if (str_equal(f.media->failed, "open") || str_equal(f.media->failed, "remote") ||
		str_equal(f.media->failed, "bridge"))
		tell(l,
			(struct leg_event){
				LEG_FAILED, .error = f.media->error, .text = f.media->failed});
	else
		log_warn("media: what=%s error=%d", f.media->failed, f.media->error);
}

static void media_digit(struct leg *l, union leg_fact f)
{
	tell(l, (struct leg_event){LEG_DIGIT, f.media->digit, f.media->sources});
}

// Of a party that holds, is held or only listens nothing need come: SIP says whether it lives.
static bool is_due(const struct leg *l)
{
	return l->params.direction == (MEDIA_SEND | MEDIA_RECV);
}

static void probe(struct leg *l, union leg_fact f)
{
	ua_probe(l->ua);
}

static void probe_fired(void *arg)
{
	leg_input(arg, IN_PROBE, (union leg_fact){0});
}

// Told while its direction was another, on its way here when that changed: it will be told again.
static bool is_past(const struct leg *l)
{
	return l->turned_ms &&
		timers_now_ms(l->owner.timers) - l->turned_ms + CLOCKS_APART_MS < l->silent_ms;
}

static void lost(struct leg *l, union leg_fact f)
{
	l->silent_ms = f.media->silent_ms;
	if (!is_due(l))
		timer_start(l->owner.timers, &l->probe, 0, probe_fired, l);
	else if (!is_past(l))
		tell(l, (struct leg_event){.kind = LEG_LOST});
}

static void alive(struct leg *l, union leg_fact f)
{
	if (!is_due(l))
		timer_start(l->owner.timers, &l->probe, l->silent_ms, probe_fired, l);
}

static void found(struct leg *l, union leg_fact f)
{
	heard(l);
	tell(l, (struct leg_event){.kind = LEG_FOUND});
}

static void ringing(struct leg *l, union leg_fact f)
{
	tell(l, (struct leg_event){.kind = LEG_RINGING});
}

static void answered(struct leg *l, union leg_fact f)
{
	(void)params_set(l, &f.ua->media);
	tell(l, (struct leg_event){.kind = LEG_UP});
}

static void media_changed(struct leg *l, union leg_fact f)
{
	if (params_set(l, &f.ua->media))
		tell(l, (struct leg_event){.kind = l->holds ? LEG_HELD : LEG_RESUMED});
}

// The arbiter in the engine decides whether it is a new one.
static void info_digit(struct leg *l, union leg_fact f)
{
	media_info_digit(l->ear.voice, f.ua->digit, f.ua->duration_ms);
}

static void ended(struct leg *l, union leg_fact f)
{
	leg_gone(l, f.ua->end, f.ua->status, f.ua->reason);
}

static void mask(struct leg *l, union leg_fact f)
{
	ua_mask(l->ua, f.mask);
	media_mask(l->ear.voice, f.mask);
}

static void late(struct leg *l, union leg_fact f)
{
	(*l->owner.surprises)++;
	tell(l, (struct leg_event){.kind = LEG_FAILED, .error = -ETIMEDOUT, .text = "open"});
}

static void left_fired(void *arg)
{
	leg_input(arg, IN_LEFT, (union leg_fact){0});
}

static void leave(struct leg *l, union leg_fact f)
{
	if (l->ua != NULL && f.leave.status)
		ua_reject(l->ua, f.leave.status, f.leave.reason);
	else if (l->ua != NULL)
		ua_hangup(l->ua, f.leave.reason);
	timer_cancel(&l->probe);
	hear_end(&l->ear);
	media_close(l->ear.voice);
	l->ear.voice = NULL;
	timer_cancel(&l->timer);
	if (l->ua == NULL)
		timer_start(l->owner.timers, &l->timer, 0, left_fired, l);
}

static void left(struct leg *l, union leg_fact f)
{
	leg_gone(l, UA_END_LOCAL, 0, "");
}

struct leg_cell {
	struct machine_cell cell;
	void (*act)(struct leg *l, union leg_fact f);
};

// Before UP no digits are listened for, and without its far end's address a session is deaf. Once
// left it hears nothing but the end; owners leave it once.
// clang-format off
static const struct leg_cell table[STATES][INPUTS] = {
	[STATE_NEW] = {
		[IN_OPENED] = GOES(STATE_OPEN, opened), [IN_FAILED] = ACTS(failed),
		[IN_ENDED] = ENDS(ended), [IN_LEAVE] = GOES(STATE_ENDING, leave),
		[IN_LATE] = ACTS(late),
	},
	[STATE_OPEN] = {
		[IN_FAILED] = ACTS(failed), [IN_ENDED] = ENDS(ended),
		[IN_CALLED] = PASSES(STATE_CALLING), [IN_ANSWER] = PASSES(STATE_ANSWERING),
		[IN_LEAVE] = GOES(STATE_ENDING, leave),
	},
	[STATE_CALLING] = {
		[IN_FAILED] = ACTS(failed), [IN_TRYING] = STAYS, [IN_RINGING] = ACTS(ringing),
		[IN_ANSWERED] = GOES(STATE_UP, answered), [IN_ENDED] = ENDS(ended),
		[IN_LEAVE] = GOES(STATE_ENDING, leave),
	},
	[STATE_ANSWERING] = {
		[IN_FAILED] = ACTS(failed), [IN_LOST] = STAYS, [IN_FOUND] = STAYS,
		[IN_SPEECH] = STAYS, [IN_ANSWERED] = GOES(STATE_UP, answered),
		[IN_UA_DIGIT] = STAYS, [IN_ENDED] = ENDS(ended),
		[IN_LEAVE] = GOES(STATE_ENDING, leave),
	},
	[STATE_UP] = {
		[IN_FAILED] = ACTS(failed), [IN_MEDIA_DIGIT] = ACTS(media_digit),
		[IN_PLAYED] = ACTS(played), [IN_LOST] = ACTS(lost), [IN_FOUND] = ACTS(found),
		[IN_SPEECH] = STAYS, [IN_MEDIA] = ACTS(media_changed), [IN_ALIVE] = ACTS(alive),
		[IN_UA_DIGIT] = ACTS(info_digit), [IN_ENDED] = ENDS(ended), [IN_MASK] = ACTS(mask),
		[IN_LEAVE] = GOES(STATE_ENDING, leave), [IN_PROBE] = ACTS(probe),
	},
	[STATE_ENDING] = {
		[IN_ENDED] = ENDS(ended), [IN_LEFT] = ENDS(left),
	},
};

static const char *const state_names[STATES] = {
	"new", "open", "calling", "answering", "up", "ending",
};
static const char *const input_names[INPUTS] = {
	[IN_OPENED] = "opened", [IN_FAILED] = "failed", [IN_MEDIA_DIGIT] = "digit",
	[IN_PLAYED] = "played", [IN_LOST] = "lost", [IN_FOUND] = "found", [IN_SPEECH] = "speech",
	[IN_TRYING] = "trying", [IN_RINGING] = "ringing", [IN_ANSWERED] = "answered",
	[IN_MEDIA] = "media", [IN_ALIVE] = "alive", [IN_UA_DIGIT] = "INFO digit",
	[IN_ENDED] = "ended", [IN_CALLED] = "called", [IN_ANSWER] = "answer", [IN_MASK] = "mask",
	[IN_LEAVE] = "leave", [IN_LATE] = "late", [IN_PROBE] = "probe", [IN_LEFT] = "left",
};
// clang-format on

const struct machine leg_machine = MACHINE("leg", table, state_names, input_names);

static void leg_input(struct leg *l, enum leg_input in, union leg_fact f)
{
	const struct leg_cell *c = &table[l->state][in];
	if (!machine_reach(&leg_machine, l->state, in)) {
		(*l->owner.surprises)++;
		log_debug("surprise: state=%d input=%d", l->state, in);
		return;
	}
	l->state = machine_next(&c->cell, l->state);
	if (c->act != NULL)
		c->act(l, f);
}

static void on_media(const struct media_event *e, void *arg)
{
	static const enum leg_input inputs[] = {
		[MEDIA_OPENED] = IN_OPENED,
		[MEDIA_DIGIT] = IN_MEDIA_DIGIT,
		[MEDIA_PLAYED] = IN_PLAYED,
		[MEDIA_LOST] = IN_LOST,
		[MEDIA_FOUND] = IN_FOUND,
		[MEDIA_FAILED] = IN_FAILED,
		[MEDIA_SPEECH] = IN_SPEECH,
		[MEDIA_SILENCE] = IN_SPEECH,
	};
	leg_input(arg, inputs[e->kind], (union leg_fact){.media = e});
}

static void on_ua(struct ua_leg *ua, const struct ua_event *e, void *arg)
{
	static const enum leg_input inputs[] = {
		[UA_TRYING] = IN_TRYING,
		[UA_RINGING] = IN_RINGING,
		[UA_ANSWERED] = IN_ANSWERED,
		[UA_MEDIA] = IN_MEDIA,
		[UA_ALIVE] = IN_ALIVE,
		[UA_DIGIT] = IN_UA_DIGIT,
		[UA_ENDED] = IN_ENDED,
	};
	if (e->kind == UA_KEPT) // of ua_reoffer, which nobody asks for here
		return;
	leg_input(arg, inputs[e->kind], (union leg_fact){.ua = e});
}

// --- what the owner asks for ---

static void open_late(void *arg)
{
	leg_input(arg, IN_LATE, (union leg_fact){0});
}

static int leg_new(const struct media_place *at, const struct leg_owner *owner, struct leg **out)
{
	struct leg *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	l->owner = *owner;
	int err = media_open(owner->media, at, on_media, l, &l->ear.voice);
	if (err) {
		free(l);
		return err;
	}
	timer_start(l->owner.timers, &l->timer, OPEN_LATE_MS, open_late, l);
	*out = l;
	return 0;
}

int leg_new_incoming(struct ua_leg *ua, const struct media_place *at, const struct leg_owner *owner,
	struct leg **out)
{
	int err = leg_new(at, owner, out);
	if (err)
		return err;
	(*out)->ua = ua;
	ua_accept(ua, on_ua, *out);
	return 0;
}

int leg_new_outgoing(
	unsigned media, const struct leg *near, const struct leg_owner *owner, struct leg **out)
{
	struct media_place at = {.media = media, .near = near ? near->ear.voice : NULL};
	return leg_new(&at, owner, out);
}

int leg_call(struct leg *l, struct ua *ua, const struct ua_target *target)
{
	check(l->state == STATE_OPEN && l->ua == NULL);
	struct ua_target t = *target;
	t.local = l->local;
	t.voice = l->ear.voice;
	int err = ua_invite(ua, &t, on_ua, l, &l->ua);
	if (err == 0)
		leg_input(l, IN_CALLED, (union leg_fact){0});
	return err;
}

void leg_ring(struct leg *l)
{
	if (l->state == STATE_OPEN && l->ua != NULL)
		ua_ring(l->ua);
}

int leg_answer(struct leg *l)
{
	check(l->state == STATE_OPEN && l->ua != NULL);
	struct media_params params = {0};
	leg_input(l, IN_ANSWER, (union leg_fact){0});
	ua_voice(l->ua, l->ear.voice);
	int err = ua_answer(l->ua, &l->local, &params);
	if (err == 0 && params.codec != CODEC_NONE)
		(void)params_set(l, &params); // a late offer is settled by the ACK
	return err;
}

void leg_mask(struct leg *l, bool on)
{
	leg_input(l, IN_MASK, (union leg_fact){.mask = on});
}

void leg_reject(struct leg *l, uint16_t status, const char *reason)
{
	leg_input(l, IN_LEAVE, (union leg_fact){.leave = {status, reason}});
}

void leg_hangup(struct leg *l, const char *reason)
{
	leg_reject(l, 0, reason);
}

bool leg_is_open(const struct leg *l)
{
	return l->state >= STATE_OPEN && l->state < STATE_ENDING;
}

bool leg_holds(const struct leg *l)
{
	return l->holds;
}

struct hearer *leg_ear(struct leg *l)
{
	return &l->ear;
}

struct media_voice *leg_voice(const struct leg *l)
{
	return l->ear.voice;
}

int leg_untapped(struct leg *l)
{
	int error = l->untapped;
	l->untapped = 0;
	return error;
}

const char *leg_sip_call_id(const struct leg *l)
{
	return l->ua ? ua_call_id(l->ua) : "";
}

const struct config_trunk *leg_trunk(const struct leg *l)
{
	return l->ua ? ua_trunk(l->ua) : NULL;
}

enum codec_id leg_codec(const struct leg *l)
{
	return l->settled ? l->params.codec : CODEC_NONE;
}
