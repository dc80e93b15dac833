// What everybody hears, judged from outside at every moment: who talks hears the other and nothing
// else, who waits hears what the queue plays and no voice, who holds hears nothing.
#include <string.h>

#include "control/config/config.h"
#include "dsp/tone.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"

struct judged {
	const struct call_info *i;
	const char *side, *hears;
	bool talks; // is bridged or mixed
};

// As it dialled: its name among the voices.
static const char *caller_of(const struct call_info *i)
{
	if (str_equal(i->record->direction, "out"))
		return i->record->called;
	return *i->record->caller_sent ? i->record->caller_sent : i->record->caller;
}

static void wrong(const struct judged *j, const char *expected)
{
	sim_violation("%s's %s hears \"%s\"%s in state %s, and should hear \"%s\"", caller_of(j->i),
		j->side, j->hears, j->talks ? " besides voices" : "", j->i->where, expected);
}

static void ck_plays(const struct judged *j, const char *expected)
{
	if (j->talks || !str_equal(j->hears, expected))
		wrong(j, expected);
}

// Among the names of a mixing bridge: "sue+alice".
static bool is_heard(const char *names, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = strstr(names, name); at != NULL; at = strstr(at + 1, name)) {
		bool begins = at == names || at[-1] == '+',
		     ends = at[len] == '\0' || at[len] == '+';
		if (begins && ends)
			return true;
	}
	return false;
}

static void ck_voice(const struct judged *j, const char *other)
{
	bool more = j->i->monitor_agent[0] || sim_parts()->setup->several;
	bool mixed = more && is_heard(j->hears, other);
	if (!j->talks || !(mixed || str_equal(j->hears, other)))
		wrong(j, other);
}

static const char *music_of(const struct call_info *i)
{
	const struct config *c = sim_config();
	for (unsigned k = 0; k < c->queue_count; k++) {
		const struct config_queue *q = &c->queues[k];
		if (!str_equal(q->name, i->queue) || !str_equal(q->tenant->name, i->tenant))
			continue;
		return q->music == UINT32_MAX ? NULL : c->prompts[q->music].name;
	}
	return NULL;
}

static const char *ringback_of(const struct call_info *i)
{
	static const enum tone_id tones[] = {[RINGBACK_E180] = TONE_E180_RINGBACK,
		[RINGBACK_CN] = TONE_CN_RINGBACK,
		[RINGBACK_US] = TONE_US_RINGBACK};
	const struct config *c = sim_config();
	for (unsigned k = 0; k < c->queue_count; k++) {
		const struct config_queue *q = &c->queues[k];
		if (str_equal(q->name, i->queue) && str_equal(q->tenant->name, i->tenant))
			return q->ringback ? tone_name(tones[q->ringback]) : "";
	}
	return "";
}

static void judge_waiting(const struct judged *caller)
{
	const char *music = music_of(caller->i);
	if (!sim_reloaded()) // else its own configuration says, and that is not seen here
		ck_plays(caller, music ? music : ringback_of(caller->i));
	else if (caller->talks)
		wrong(caller, "no voice");
}

static void judge_held(const struct judged *caller, const struct judged *agent)
{
	const struct call_info *i = caller->i;
	const char *music = music_of(i);
	if (sim_parts()->setup->several) // who is not on hold may have a third to talk to
		return;
	if (sim_reloaded())
		music = i->agent_holds ? caller->hears : agent->hears;
	ck_plays(caller, i->caller_holds || !music ? "" : music);
	ck_plays(agent, i->agent_holds || !music ? "" : music);
}

static void judge_call(const struct call_info *i, void *arg)
{
	struct judged caller = {
		i, "caller", sim_voice_hears(i->caller_voice), sim_voice_talks(i->caller_voice)};
	char heard[256]; // the text of a mixing bridge is overwritten by the next
	str_copy(heard, sizeof(heard), caller.hears);
	caller.hears = heard;
	struct judged agent = {
		i, "agent", sim_voice_hears(i->agent_voice), sim_voice_talks(i->agent_voice)};
	if (i->state == CALL_FLOW && caller.talks)
		wrong(&caller, "no voice");
	else if (i->state == CALL_WAITING)
		judge_waiting(&caller);
	else if (i->state == CALL_TALKING && str_equal(i->where, "held"))
		judge_held(&caller, &agent);
	else if (i->state == CALL_TALKING) {
		ck_voice(&caller, i->agent);
		ck_voice(&agent, caller_of(i));
	} else if (i->state == CALL_CONFERENCE && caller.talks == i->caller_holds) {
		wrong(&caller, i->caller_holds ? "" : "the others");
	}
}

// Four moments of five change nothing that is heard.
void sim_judge_hearing(void)
{
	if (sim_parts()->stirred)
		call_each(sim_calls(), judge_call, NULL);
	sim_parts()->stirred = false;
}
