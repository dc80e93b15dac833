// A supervisor on a conversation: a phone that is rung, and hears both (listen), is heard by the
// agent besides (whisper), or by both (barge). While it is there caller and agent are parties of a
// mixing bridge; whatever becomes of it, they go on with each other.
#include <errno.h>
#include <stdlib.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("call");

#define RING_MS 60000

enum monitor_state { STATE_OPENING, STATE_CALLING, STATE_UP, STATE_ENDING, STATES };

struct monitor {
	struct dlist link; // in calls->monitors, while it has a call
	enum monitor_state state;
	struct call_party party; // of no call: let go
	struct calls *calls;
	struct media_mixer *held; // for three; NULL: of a call in a conference
	enum monitor_mode mode;
	struct timer ringing;
	char agent[CONFIG_NAME_MAX];
};

static const char *const mode_names[] = {
	[MONITOR_OFF] = "off",
	[MONITOR_LISTEN] = "listen",
	[MONITOR_WHISPER] = "whisper",
	[MONITOR_BARGE] = "barge",
};

int monitor_mode_parse(const char *name, enum monitor_mode *out)
{
	for (unsigned i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++) {
		if (!str_equal(name, mode_names[i]))
			continue;
		*out = (enum monitor_mode)i;
		return 0;
	}
	return -EINVAL;
}

static struct monitor *monitor_of(const struct call *c)
{
	struct call_party *p = party_of(&c->parties, PARTY_SUPERVISOR);
	return p ? container_of(p, struct monitor, party) : NULL;
}

const char *call_monitor_agent(const struct call *c)
{
	const struct monitor *m = monitor_of(c);
	return m ? m->agent : "";
}

const char *call_monitor_mode(const struct call *c)
{
	const struct monitor *m = monitor_of(c);
	return m ? mode_names[m->mode] : "";
}

// --- sound ---

// Whom it speaks to, by its mode. It hears all.
static void tune(struct monitor *m)
{
	struct call *c = party_call(&m->party);
	if (c->state == CALL_CONFERENCE)
		m->party.says = call_conference_says(c, m->mode);
	else
		m->party.says = m->mode == MONITOR_WHISPER ? TALK_WHISPER
			: m->mode == MONITOR_BARGE	   ? TALK_BARGE
							   : 0;
	call_hear(c);
	story_monitored(c, m->agent, mode_names[m->mode]);
}

// Places are held before its phone is rung: whoever answers is heard and hears.
static int hold_places(struct monitor *m, struct call *c)
{
	int err = c->state == CALL_CONFERENCE
		? call_conference_place(c, true)
		: media_mixer_new(party_voice(&c->first), 3, &m->held);
	return err && err != -ENOMEM ? -ENOSR : err;
}

static void give_places(struct monitor *m, struct call *c)
{
	if (m->held != NULL)
		media_mixer_free(m->held);
	else
		(void)call_conference_place(c, false);
	m->held = NULL;
}

// --- life ---

// The call is free of it; the leg ends by itself.
static void let_go(struct monitor *m, const char *why)
{
	struct call *c = party_call(&m->party);
	timer_cancel(&m->ringing);
	m->state = STATE_ENDING;
	m->party.stage = PARTY_GOING;
	if (c == NULL)
		return;
	c->mixer = NULL;
	call_hear(c); // out of the bridge before that goes
	give_places(m, c);
	if (c->state == CALL_CONFERENCE)
		call_conference_whisper(c, false);
	story_monitor_ended(c, m->agent, why);
	dlist_remove(&m->link);
	party_leave(&m->party);
}

static void end(struct monitor *m, const char *why)
{
	if (m->state == STATE_ENDING)
		return;
	let_go(m, why);
	if (m->party.leg != NULL)
		leg_hangup(m->party.leg, why);
}

// By way of the call's table: of a call that it is on still.
static void over(struct monitor *m, const char *why)
{
	m->calls->entrance->supervisor(&m->party, CALL_SUPERVISOR_OVER, why);
}

static void ring_over(void *arg)
{
	over(arg, "no-answer");
}

static void ignore(struct monitor *m, const struct leg_event *e)
{
}

static void opened(struct monitor *m, const struct leg_event *e)
{
	struct call *c = party_call(&m->party);
	struct ua_target target = {
		.agent = config_find_agent(c->calls->config, m->agent),
		.caller = call_far_number(c),
		.caller_name = c->record.caller_name,
		.hidden = call_record_hides(&c->record),
		.call = c->id_text,
		.codec = leg_codec(c->first.leg),
	};
	if (target.agent == NULL || leg_call(m->party.leg, c->calls->ua, &target) != 0) {
		over(m, "unregistered");
		return;
	}
	m->state = STATE_CALLING;
	timer_start(m->calls->timers, &m->ringing, RING_MS, ring_over, m);
}

static void up(struct monitor *m, const struct leg_event *e)
{
	timer_cancel(&m->ringing);
	m->state = STATE_UP;
	m->calls->entrance->supervisor(&m->party, CALL_SUPERVISOR_UP, NULL);
}

static void unmixed(struct monitor *m, const struct leg_event *e)
{
	over(m, "bridges-full");
}

static void lost(struct monitor *m, const struct leg_event *e)
{
	over(m, "rtp-lost");
}

static void failed(struct monitor *m, const struct leg_event *e)
{
	over(m, "media-failed");
}

static void gone(struct monitor *m, const struct leg_event *e)
{
	const char *why = m->state == STATE_UP ? "hangup"
		: e->end == UA_END_TIMEOUT     ? "no-answer"
					       : "rejected";
	m->party.leg = NULL;
	if (m->party.of != NULL)
		over(m, why);
	let_go(m, why);
	free(m);
}

typedef void monitor_fn(struct monitor *m, const struct leg_event *e);

// clang-format off
static monitor_fn *const table[STATES][LEG_GONE + 1] = {
	[STATE_OPENING] = {
		[LEG_OPENED] = opened, [LEG_FAILED] = failed, [LEG_GONE] = gone,
	},
	[STATE_CALLING] = {
		[LEG_RINGING] = ignore, [LEG_UP] = up, [LEG_FAILED] = failed, [LEG_GONE] = gone,
	},
	[STATE_UP] = {
		[LEG_HELD] = ignore, [LEG_RESUMED] = ignore, [LEG_DIGIT] = ignore,
		[LEG_PLAYED] = ignore, [LEG_LOST] = lost, [LEG_FOUND] = ignore,
		[LEG_UNMIXED] = unmixed, [LEG_FAILED] = failed, [LEG_GONE] = gone,
	},
	[STATE_ENDING] = {
		[LEG_GONE] = gone,
	},
};
// clang-format on

static void on_leg(struct leg *leg, const struct leg_event *e, void *arg)
{
	struct monitor *m = arg;
	if (table[m->state][e->kind] != NULL)
		table[m->state][e->kind](m, e);
	else
		log_debug("surprise: monitor state=%d event=%d", m->state, e->kind);
}

// --- the call's actions ---

struct call_verdict call_monitor_up(struct call *c, const struct call_fact *f)
{
	struct monitor *m = container_of(f->party, struct monitor, party);
	m->party.stage = PARTY_THERE;
	c->mixer = m->held;
	tune(m);
	return CALL_STAYS;
}

struct call_verdict call_monitor_gone(struct call *c, const struct call_fact *f)
{
	end(container_of(f->party, struct monitor, party), f->why);
	return CALL_STAYS;
}

void call_monitor_over(struct call *c, const char *why)
{
	struct monitor *m = monitor_of(c);
	if (m != NULL)
		end(m, why);
}

// The engine has no room for caller or agent: without the supervisor it needs none.
struct call_verdict call_monitor_refused(struct call *c, const struct call_fact *f)
{
	call_monitor_over(c, "bridges-full");
	return CALL_STAYS;
}

// Its supervisor first, whose place it is too.
struct call_verdict call_monitor_unmixed(struct call *c, const struct call_fact *f)
{
	call_monitor_over(c, "call-ended");
	return call_conference_refused(c, f);
}

// --- its beginning ---

static int join(struct monitor *m, struct call *c, const struct config_agent *agent)
{
	struct leg_owner owner = {.timers = c->calls->timers,
		.media = c->calls->media,
		.h = on_leg,
		.arg = m,
		.surprises = &c->calls->counts.surprises};
	int err = party_join(&c->parties, &m->party, PARTY_SUPERVISOR);
	if (err)
		return err;
	err = hold_places(m, c);
	if (!err) {
		err = leg_new_outgoing(agent->media, c->first.leg, &owner, &m->party.leg);
		if (err)
			give_places(m, c);
	}
	if (err)
		party_leave(&m->party);
	return err;
}

static int begin(struct call *c, const struct config_agent *agent, enum monitor_mode mode)
{
	struct monitor *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -ENOMEM;
	int err = join(m, c, agent);
	if (err) {
		free(m);
		return err;
	}
	m->calls = c->calls;
	m->mode = mode;
	str_copy(m->agent, sizeof(m->agent), agent->name);
	dlist_push_back(&c->calls->monitors, &m->link);
	return 0;
}

static bool takes_calls(const struct config *config, const struct config_agent *agent)
{
	for (unsigned i = 0; i < config->queue_count; i++) {
		struct config_member m;
		for (unsigned k = 0; config_queue_member(&config->queues[i], k, &m); k++) {
			if (m.agent == agent)
				return true;
		}
	}
	return false;
}

static bool supervises(const struct calls *cs, const char *agent)
{
	dlist_for_each (it, &cs->monitors) {
		if (str_equal(container_of(it, const struct monitor, link)->agent, agent))
			return true;
	}
	return false;
}

// A phone that the router may ring is not rung beside it, nor one that is on another call.
static bool is_free(struct call *c, const struct config_agent *agent)
{
	struct floor_agent_info info;
	if (!floor_agent_find(c->calls->floor, agent->name, &info) || !info.registered)
		return false;
	if (supervises(c->calls, agent->name))
		return false;
	return info.state == AGENT_AWAY || !takes_calls(c->calls->config, agent);
}

int call_monitor(
	struct calls *cs, const struct callid *id, const char *agent_name, enum monitor_mode mode)
{
	struct call *c = call_by_id(cs, id);
	const struct config_agent *agent = config_find_agent(cs->config, agent_name);
	if (c == NULL || agent == NULL || !str_equal(agent->tenant->name, c->record.tenant))
		return -ENOENT;
	if (c->state != CALL_TALKING && c->state != CALL_CONFERENCE)
		return -EAGAIN;
	struct monitor *m = monitor_of(c);
	if (m != NULL && !str_equal(m->agent, agent_name))
		return -EBUSY;
	if (mode == MONITOR_OFF) {
		call_monitor_over(c, "operator");
		return m != NULL ? 0 : -ENOENT;
	}
	if (m == NULL && !is_free(c, agent))
		return -EBUSY;
	int err = c->state == CALL_CONFERENCE ? call_conference_whisper(c, mode == MONITOR_WHISPER)
					      : 0;
	if (err)
		return err;
	if (m == NULL) {
		err = begin(c, agent, mode);
		if (err && c->state == CALL_CONFERENCE)
			call_conference_whisper(c, false);
		return err;
	}
	m->mode = mode;
	if (m->party.stage == PARTY_THERE)
		tune(m);
	return 0;
}
