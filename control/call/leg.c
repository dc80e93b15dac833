// A leg: one party, as a SIP leg and a voice in the engine.
#include "control/call/leg.h"

#include <errno.h>
#include <stdlib.h>

#include "control/base/timer.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
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
};

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

static void params_set(struct leg *l, const struct media_params *p)
{
	bool held = l->settled && l->holds;
	if (l->settled && media_params_equal(&l->params, p)) {
		media_settle(l->ear.voice);
		return; // setting them again would make the engine learn the source anew
	}
	if (l->settled && l->params.direction != p->direction)
		l->turned_ms = timers_now_ms(l->owner.timers);
	l->params = *p;
	l->holds = !(p->direction & MEDIA_SEND);
	l->settled = true;
	heard(l); // its silence is counted anew
	media_set(l->ear.voice, p);
	if (l->state == STATE_UP && held != l->holds)
		tell(l, (struct leg_event){.kind = l->holds ? LEG_HELD : LEG_RESUMED});
}

// --- inputs ---

static void ignore(struct leg *l, union leg_fact f)
{
}

static void opened(struct leg *l, union leg_fact f)
{
	timer_cancel(&l->timer);
	l->state = STATE_OPEN;
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
			(struct leg_event){.kind = LEG_FAILED,
				.error = f.media->error,
				.text = f.media->failed});
	else
		log_warn("media: what=%s error=%d", f.media->failed, f.media->error);
}

static void media_digit(struct leg *l, union leg_fact f)
{
	tell(l,
		(struct leg_event){
			.kind = LEG_DIGIT, .digit = f.media->digit, .sources = f.media->sources});
}

// Of a party that holds, is held or only listens nothing need come: SIP says whether it lives.
static bool is_due(const struct leg *l)
{
	return l->params.direction == (MEDIA_SEND | MEDIA_RECV);
}

static void probe_fired(void *arg)
{
	struct leg *l = arg;
	ua_probe(l->ua);
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
	if (is_due(l) && is_past(l))
		return;
	if (is_due(l))
		tell(l, (struct leg_event){.kind = LEG_LOST});
	else
		timer_start(l->owner.timers, &l->probe, 0, probe_fired, l);
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
	params_set(l, &f.ua->media);
	l->state = STATE_UP;
	tell(l, (struct leg_event){.kind = LEG_UP});
}

static void media_changed(struct leg *l, union leg_fact f)
{
	params_set(l, &f.ua->media);
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

typedef void leg_input_fn(struct leg *l, union leg_fact f);

// clang-format off
static leg_input_fn *const table[STATES][INPUTS] = {
	[STATE_NEW] = {
		[IN_OPENED] = opened, [IN_FAILED] = failed, [IN_ENDED] = ended,
	},
	[STATE_OPEN] = {
		[IN_FAILED] = failed, [IN_ENDED] = ended,
	},
	[STATE_CALLING] = {
		[IN_FAILED] = failed, [IN_TRYING] = ignore, [IN_RINGING] = ringing,
		[IN_ANSWERED] = answered, [IN_ENDED] = ended,
	},
	[STATE_ANSWERING] = {
		[IN_FAILED] = failed, [IN_MEDIA_DIGIT] = ignore, [IN_LOST] = ignore,
		[IN_FOUND] = ignore, [IN_SPEECH] = ignore, [IN_ANSWERED] = answered,
		[IN_MEDIA] = media_changed, [IN_UA_DIGIT] = ignore, [IN_ENDED] = ended,
	},
	[STATE_UP] = {
		[IN_FAILED] = failed, [IN_MEDIA_DIGIT] = media_digit, [IN_PLAYED] = played,
		[IN_LOST] = lost, [IN_FOUND] = found, [IN_SPEECH] = ignore,
		[IN_MEDIA] = media_changed, [IN_ALIVE] = alive, [IN_UA_DIGIT] = info_digit,
		[IN_ENDED] = ended,
	},
	[STATE_ENDING] = {
		[IN_TRYING] = ignore, [IN_RINGING] = ignore, [IN_ANSWERED] = ignore,
		[IN_MEDIA] = ignore, [IN_ALIVE] = ignore, [IN_UA_DIGIT] = ignore,
		[IN_ENDED] = ended,
	},
};
// clang-format on

static void leg_input(struct leg *l, enum leg_input in, union leg_fact f)
{
	if (table[l->state][in] == NULL) {
		(*l->owner.surprises)++;
		log_debug("surprise: state=%d input=%d", l->state, in);
		return;
	}
	table[l->state][in](l, f);
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
	leg_input(arg, inputs[e->kind], (union leg_fact){.ua = e});
}

// --- what the owner asks for ---

static void open_late(void *arg)
{
	struct leg *l = arg;
	(*l->owner.surprises)++;
	tell(l, (struct leg_event){.kind = LEG_FAILED, .error = -ETIMEDOUT, .text = "open"});
}

static int leg_new(const struct media_place *at, const struct leg_owner *owner, struct leg **out)
{
	struct leg *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	l->owner = *owner;
	int err = media_open(at, on_media, l, &l->ear.voice);
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

int leg_call(struct leg *l, const struct ua_target *target)
{
	check(l->state == STATE_OPEN && l->ua == NULL);
	struct ua_target t = *target;
	t.local = l->local;
	t.voice = l->ear.voice;
	int err = ua_invite(&t, on_ua, l, &l->ua);
	if (err == 0)
		l->state = STATE_CALLING;
	return err;
}

int leg_answer(struct leg *l)
{
	check(l->state == STATE_OPEN && l->ua != NULL);
	struct media_params params = {0};
	l->state = STATE_ANSWERING;
	ua_voice(l->ua, l->ear.voice);
	int err = ua_answer(l->ua, &l->local, &params);
	if (err == 0 && params.codec != CODEC_NONE)
		params_set(l, &params); // a late offer is settled by the ACK
	return err;
}

void leg_mask(struct leg *l, bool on)
{
	if (l->state != STATE_UP)
		return;
	ua_mask(l->ua, on);
	media_mask(l->ear.voice, on);
}

static void gone_fired(void *arg)
{
	leg_gone(arg, UA_END_LOCAL, 0, "");
}

static void leg_leave(struct leg *l)
{
	l->state = STATE_ENDING;
	timer_cancel(&l->probe);
	hear_end(&l->ear);
	media_close(l->ear.voice);
	l->ear.voice = NULL;
	timer_cancel(&l->timer);
	if (l->ua == NULL)
		timer_start(l->owner.timers, &l->timer, 0, gone_fired, l);
}

void leg_reject(struct leg *l, uint16_t status, const char *reason)
{
	if (l->state == STATE_ENDING)
		return;
	if (l->ua != NULL)
		ua_reject(l->ua, status, reason);
	leg_leave(l);
}

void leg_hangup(struct leg *l, const char *reason)
{
	if (l->state == STATE_ENDING)
		return;
	if (l->ua != NULL)
		ua_hangup(l->ua, reason);
	leg_leave(l);
}

bool leg_is_open(const struct leg *l)
{
	return l->state >= STATE_OPEN && l->state < STATE_ENDING;
}

bool leg_is_up(const struct leg *l)
{
	return l->state == STATE_UP;
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

enum codec_id leg_codec(const struct leg *l)
{
	return l->settled ? l->params.codec : CODEC_NONE;
}
