// An agent's phone dials out: whether it may, and the call that comes of it. A phone that somebody
// stole, or a password that somebody guessed, shall not cost its owner more than the configuration
// says: without trunks and beginnings of numbers there is nothing that it may dial.
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/str.h"

bool call_dials(const struct call *c, const struct ua_incoming *in)
{
	return in->agent != NULL && in->agent->dials_count > 0 && c->ivr.flow == NULL;
}

// --- may it? ---

// How much of the number a beginning covers; 0: it is none of it. What the plan reads is E.164, and
// is compared as such, so that 0049 is no number of "0". What it leaves is a short code or nothing
// that a phone may dial: a carrier might read more into it than we do.
static unsigned covers(
	const struct config_beginning *b, const struct number_plan *plan, const char *number)
{
	char stem[NUMBER_TEXT_MAX], normal[NUMBER_TEXT_MAX];
	size_t len = strcspn(b->text, "*");
	(void)str_copy_n(stem, sizeof(stem), b->text, len == 0 ? 0 : len);
	if (*stem == '\0')
		return 1; // of all
	bool known = number_stem(plan, stem, normal);
	if (number_is(stem))
		number_strip(stem);
	const char *text = *number == '+' && known ? normal : stem;
	// "00" and "+" are what is abroad.
	if (str_equal(text, "+") && *plan->country && str_starts(number + 1, plan->country))
		return 0;
	return str_starts(number, text) ? 1 + (unsigned)strlen(text) : 0;
}

static unsigned longest(const struct config_beginning *list, unsigned count,
	const struct number_plan *plan, const char *number)
{
	unsigned most = 0;
	for (unsigned i = 0; i < count; i++) {
		unsigned n = covers(&list[i], plan, number);
		most = n > most ? n : most;
	}
	return most;
}

static bool listed(const struct config_agent *a, const char *number)
{
	const struct number_plan *plan = &a->tenant->plan;
	return longest(a->dials_to, a->dials_to_count, plan, number) >
		longest(a->dials_not, a->dials_not_count, plan, number);
}

// "+49(0)900…" is read by some networks as what is meant: without the prefix of national numbers
// that stands behind the country code. Elsewhere that digit is a part of the number. False: there
// is none.
static bool without_national(const struct number_plan *plan, const char *number, char *out)
{
	size_t code = strlen(plan->country), prefix = strlen(plan->national);
	if (*number != '+' || code == 0 || prefix == 0 || !str_starts(number + 1, plan->country) ||
		!str_starts(number + 1 + code, plan->national))
		return false;
	str_format(out, NUMBER_TEXT_MAX, "+%s%s", plan->country, number + 1 + code + prefix);
	return true;
}

static bool may_dial(const struct config_agent *a, const char *number)
{
	char meant[NUMBER_TEXT_MAX];
	const struct number_plan *plan = &a->tenant->plan;
	if (!number_is(number))
		return false;
	if (*plan->country && *number != '+' && strlen(number) > plan->short_digits)
		return false;
	return listed(a, number) &&
		(!without_national(plan, number, meant) || listed(a, meant)); // as either
}

// The one form of what it dialled; a number without a plan keeps no separators either.
static void one_form(struct call_record *r)
{
	char sent[RECORD_TEXT_MAX];
	str_copy(sent, sizeof(sent), r->called);
	if (!number_is(r->called))
		return;
	number_strip(r->called);
	if (*r->called_sent == '\0' && !str_equal(sent, r->called))
		str_copy(r->called_sent, sizeof(r->called_sent), sent);
}

static struct ua_refusal refusal(const struct call *c, const struct ua_incoming *in)
{
	const struct config_agent *a = in->agent;
	if (c->calls->draining)
		return (struct ua_refusal){"draining", 503};
	if (!in->registered)
		return (struct ua_refusal){"dial-not-registered", 403};
	if (!may_dial(a, c->record.called))
		return (struct ua_refusal){"dial-not-allowed", 403};
	if (floor_own_calls(c->calls->floor, a->name) >= a->dials_max)
		return (struct ua_refusal){"dial-full", 486};
	return (struct ua_refusal){"", 0};
}

// --- the call ---

static void fill(struct call *c, const struct config_agent *a, enum codec_id codec)
{
	static const struct config_flow none;
	struct call_record *r = &c->record;
	const struct config_trunk *trunk = a->dials[0];
	char from[NUMBER_TEXT_MAX];
	number_normal(&a->tenant->plan, *a->dials_as ? a->dials_as : trunk->out.caller, from);
	const struct config_number *own = config_find_number(c->config, a->tenant, from);
	str_copy(r->trunk, sizeof(r->trunk), trunk->name);
	str_copy(r->caller, sizeof(r->caller), from);
	call_region(r, c->config, a->tenant);
	r->caller_sent[0] = r->caller_name[0] = '\0';
	str_copy(r->number, sizeof(r->number), own ? own->number : "");
	c->record_whole = a->dials_record || (own && own->record);
	c->first.role = PARTY_OUTSIDE;
	c->out->trunk = trunk;
	c->out->step.next = STEP_NONE;
	c->out->desk.dialled = true;
	c->out->desk.next = 1;
	c->out->desk.codec = codec;
	call_take_trunk(c, trunk);
	call_flow_bind(c, &none);
}

// Both voices, the agent's beside that of who is outside.
static int legs(struct call *c, struct ua_leg *ua, const struct ua_incoming *in)
{
	struct leg_owner outside = c->calls->entrance->first_leg(c);
	struct leg_owner agent = c->calls->entrance->desk_leg(c);
	int err = leg_new_outgoing(c->out->trunk->media, NULL, &outside, &c->first.leg);
	if (err)
		return err;
	struct media_place at = {
		.media = in->agent->media, .codec = in->codec, .near = leg_voice(c->first.leg)};
	err = leg_new_incoming(ua, &at, &agent, &c->out->desk.party.leg);
	return err ? err : desk_join(c, in->agent);
}

struct ua_refusal call_dial(struct call *c, struct ua_leg *ua, const struct ua_incoming *in)
{
	static const struct ua_refusal no_memory = {"no-memory", 503}, no_media = {"no-media", 503};
	str_copy(c->record.direction, sizeof(c->record.direction), "out");
	str_copy(c->record.agent, sizeof(c->record.agent), in->agent->name);
	one_form(&c->record);
	call_region(&c->record, c->config, in->agent->tenant);
	struct ua_refusal why = refusal(c, in);
	if (why.status != 0)
		return why;
	c->out = calloc(1, sizeof(*c->out));
	if (c->out == NULL)
		return no_memory;
	fill(c, in->agent, in->codec);
	return legs(c, ua, in) == 0 ? why : no_media;
}
