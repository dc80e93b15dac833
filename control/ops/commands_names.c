// names: what the shell may complete, some of each kind, in no more than the time of a key.
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "control/media/gate.h"
#include "control/store/store.h"
#include "control/call/call.h"
#include "control/ops/asked.h"
#include "control/ops/ops_private.h"
#include "control/sip/ua.h"
#include "engine/base/addr.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

#define NAMES_MAX   200	 // of one kind: more help nobody who types
#define WHYS_LOOKED 1000 // newest calls of which the reasons are told

static bool names_full(const struct request *r)
{
	return r->rows >= NAMES_MAX;
}

static void name_row(struct request *r, const char *name)
{
	const char *begin = r->arg_count > 1 ? r->args[1] : "";
	if (!names_full(r) && str_starts(name, begin))
		request_row(r, json_pack("{s:s}", "name", name));
}

static void name_once(struct request *r, const char *name)
{
	if (r->kept == NULL)
		r->kept = json_object();
	if (name == NULL || json_object_get(r->kept, name) != NULL)
		return;
	json_object_set_new(r->kept, name, json_true());
	name_row(r, name);
}

// --- things of the configuration: their names stand first in them ---
struct names_things {
	const void *list;
	unsigned count;
	size_t size;
};

static void names_of(struct request *r, struct names_things t)
{
	for (unsigned i = 0; i < t.count && !names_full(r); i++)
		name_row(r, (const char *)t.list + i * t.size);
	request_done(r);
}

#define THINGS(list, count)                         \
	(struct names_things)                       \
	{                                           \
		c->list, c->count, sizeof(*c->list) \
	}

static bool names_configured(struct request *r, const char *kind)
{
	const struct config *c = request_env(r)->config;
	if (str_equal(kind, "tenants"))
		names_of(r, THINGS(tenants, tenant_count));
	else if (str_equal(kind, "queues"))
		names_of(r, THINGS(queues, queue_count));
	else if (str_equal(kind, "agents"))
		names_of(r, THINGS(agents, agent_count));
	else if (str_equal(kind, "trunks"))
		names_of(r, THINGS(trunks, trunk_count));
	else if (str_equal(kind, "conferences"))
		names_of(r, THINGS(conferences, conference_count));
	else
		return false;
	return true;
}

// --- what lives ---
static void session_name(const struct media_quality *q, void *arg)
{
	char id[24];
	str_format(id, sizeof(id), "%016llx", (unsigned long long)q->session);
	name_row(arg, id);
}

static bool sessions_page(struct request *r)
{
	return media_sessions_page(
		       request_env(r)->media, r->place, REQUEST_PAGE, session_name, r) &&
		!names_full(r);
}

static void lockout_name(const struct ua_lockout *l, void *arg)
{
	char address[ADDR_TEXT_MAX];
	name_once(arg, l->account[0] ? l->account : addr_text(&l->address, address));
}

static bool lockouts_page(struct request *r)
{
	return ua_lockouts_page(request_env(r)->ua, r->place, lockout_name, r) && !names_full(r);
}

static void call_name(const struct call_info *i, void *arg)
{
	char id[CALLID_TEXT_MAX];
	name_row(arg, callid_text(&i->id, id));
}

static bool calls_page(struct request *r)
{
	struct call_place *at = r->place;
	at->most = REQUEST_PAGE;
	return call_page(request_env(r)->calls, at, call_name, r) && !names_full(r);
}

static void topic_name(const char *topic, void *arg)
{
	name_row(arg, topic);
}

// --- what the records have ---
static void record_row(const char *json, void *arg)
{
	struct request *r = arg;
	bool whys = str_equal(r->args[0], "whys");
	json_t *record = json_loads(json, 0, NULL);
	name_once(r, json_string_value(json_object_get(record, whys ? "why" : "call")));
	json_decref(record);
}

static void record_end(int error, void *arg)
{
	struct request *r = arg;
	if (!error && str_equal(r->args[0], "calls")) // ended ones, then those that live
		request_pages(r, calls_page, sizeof(struct call_place), NULL);
	else
		request_done(r);
}

static bool names_recorded(struct request *r, const char *kind)
{
	struct store_filter filter = {.limit = NAMES_MAX / 2};
	const struct store_answer answer = {record_row, record_end, r, NULL};
	struct store *s = request_env(r)->store;
	bool whys = str_equal(kind, "whys"), recordings = str_equal(kind, "recordings");
	if (!whys && !recordings && !str_equal(kind, "calls"))
		return false;
	if (whys)
		filter.limit = WHYS_LOOKED;
	else if (r->arg_count > 1 && str_copy(filter.call, sizeof(filter.call), r->args[1]) != 0)
		filter.limit = 0; // no call begins so
	request_waits_for_store(r);
	int err = recordings ? store_query_recordings(s, &filter, &answer)
			     : store_query_calls(s, &filter, &answer);
	if (err)
		request_done(r);
	return true;
}

void command_run_NAMES(struct request *r)
{
	const char *kind = r->args[0];
	if (names_configured(r, kind) || names_recorded(r, kind))
		return;
	if (str_equal(kind, "live")) {
		request_pages(r, calls_page, sizeof(struct call_place), NULL);
	} else if (str_equal(kind, "sessions")) {
		request_pages(r, sessions_page, sizeof(uint64_t), NULL);
	} else if (str_equal(kind, "lockouts")) {
		request_pages(r, lockouts_page, sizeof(uint32_t), NULL);
	} else if (str_equal(kind, "topics")) {
		log_topics_each(topic_name, r);
		request_done(r);
	} else {
		request_fail(r, EXIT_USAGE, "no names of kind %s", kind);
	}
}
