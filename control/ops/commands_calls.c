// calls list, show, hangup; live calls from control, ended ones from the store.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/media/media.h"
#include "control/store/store.h"
#include "control/call/call.h"
#include "control/contract/cause.h"
#include "control/ops/asked.h"
#include "control/ops/filter.h"
#include "control/ops/names.h"
#include "control/ops/ops_private.h"
#include "control/ops/rows.h"
#include "dsp/codec.h"
#include "engine/base/str.h"

#define LIST_LIMIT 100 // of ended calls and recordings, where none is named

static json_t *voice_row(const struct media_voice *voice)
{
	struct media_quality q;
	if (voice == NULL || !media_quality(voice, &q))
		return json_null();
	const struct codec *codec = codec_get(q.codec);
	char id[24];
	str_format(id, sizeof(id), "%016llx", (unsigned long long)q.session);
	return json_pack("{s:s,s:o,s:o,s:s?,s:I,s:I,s:I,s:I,s:I,s:o,s:I,s:I}", "session", id,
		"local", row_addr(&q.local), "remote", row_addr(&q.remote), "codec",
		codec ? codec->name : NULL, "rx_packets", (json_int_t)q.rx_packets, "tx_packets",
		(json_int_t)q.tx_packets, "rx_lost", (json_int_t)q.rx_lost, "far_lost",
		(json_int_t)q.far_lost, "jitter_us", (json_int_t)q.jitter_us, "round_trip_us",
		row_count(q.round_trip_us), "jitter_buffer_ms", (json_int_t)q.jitter_delay_ms,
		"digits_heard", (json_int_t)q.digits);
}

// What an ended call's row in the records has too, under the same privacy as there.
static json_t *call_record_row(const struct call_record *r)
{
	bool hidden = call_record_hides(r);
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "direction",
		row_text(r->direction), "number", row_text(r->number), "digits",
		row_text(r->digits), "status", row_count(r->status), "caller_sent",
		row_text(hidden ? "" : r->caller_sent), "called_sent", row_text(r->called_sent),
		"privacy", row_text(r->privacy), "original_called",
		row_text(*r->privacy ? "" : r->original_called), "redirected_by",
		row_text(*r->privacy ? "" : r->redirected_by), "redirect_reason",
		row_text(r->redirect_reason), "region", row_text(r->region));
}

static json_t *call_row(const struct call_info *i)
{
	char id[CALLID_TEXT_MAX];
	json_t *row = json_pack(
		"{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o}",
		"call", callid_text(&i->id, id), "state", i->where, "tenant", row_text(i->tenant),
		"trunk", row_text(i->trunk), "caller", row_text(i->caller), "caller_name",
		row_text(i->caller_name), "called", row_text(i->called), "flow", row_text(i->flow),
		"step", row_text(i->step), "queue", row_text(i->queue), "agent", row_text(i->agent),
		"position", row_count(i->position), "waited_ms", (json_int_t)i->waited_ms,
		"talked_ms", (json_int_t)i->talked_ms, "total_ms", (json_int_t)i->total_ms,
		"started", row_time(i->started_wall_ns), "answered", row_time(i->answered_wall_ns),
		"connected", row_time(i->connected_wall_ns), "recording", row_text(i->recording),
		"sip_call_id", row_text(i->sip_call_id));
	json_object_update_new(row, call_record_row(i->record));
	return row;
}

// The one that is open; those that have ended are in the records when the call has.
static json_t *segment_rows(const struct call_info *i)
{
	json_t *rows = json_array();
	const struct floor_unit *u = i->unit;
	if (i->segment_wall_ns)
		json_array_append_new(rows,
			json_pack("{s:o,s:o,s:o,s:n,s:n,s:o,s:o,s:o,s:o}", "queue",
				row_text(i->queue), "agent", row_text(i->record->agent), "started",
				row_time(i->segment_wall_ns), "ended", "why", "site",
				row_text(u ? u->site : NULL), "shift",
				row_text(u ? u->shift : NULL), "team", row_text(u ? u->team : NULL),
				"group", row_text(u ? u->group : NULL)));
	return rows;
}

// Whoever asks for one call is told what its record keeps.
static json_t *call_details(const struct request *req, const struct call_info *i)
{
	const struct call_record *r = i->record;
	json_t *row = call_row(i);
	json_object_update_new(row,
		json_pack("{s:b,s:b,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
			"caller_holds", i->caller_holds, "agent_holds", i->agent_holds, "masked",
			i->masked, "conference", row_text(i->conference), "monitor_agent",
			row_text(i->monitor_agent), "monitor_mode", row_text(i->monitor_mode),
			"agent_sip_call_id", row_text(i->agent_sip_call_id), "caller_media",
			voice_row(i->caller_voice), "agent_media", voice_row(i->agent_voice),
			"caller", row_text(r->caller), "caller_sent", row_text(r->caller_sent),
			"caller_name", row_text(r->caller_name), "original_called",
			row_text(r->original_called), "redirected_by", row_text(r->redirected_by),
			"segments", segment_rows(i)));
	json_object_update_new(row, row_wants(request_env(req)->calls, i->key));
	return row;
}

struct list_place {
	struct call_place at;
	struct store_filter filter;
};

static bool list_is_full(const struct request *r)
{
	const struct list_place *p = r->place;
	return p->filter.limit > 0 && r->rows >= p->filter.limit;
}

static void list_each(const struct call_info *i, void *arg)
{
	struct request *r = arg;
	const struct list_place *p = r->place;
	if (!list_is_full(r) && filter_takes(&p->filter, i))
		request_row(r, call_row(i));
}

static bool list_page(struct request *r)
{
	struct list_place *p = r->place;
	p->at.most = REQUEST_PAGE;
	return call_page(request_env(r)->calls, &p->at, list_each, r) && !list_is_full(r);
}

// --- what the store answers; the request is its arg ---
struct query_place {
	unsigned limit; // 0: none, as one call is asked for
	bool more;	// beyond it
	enum name_kind kind;
	struct near near;
};

static void query_row(const char *json, void *arg)
{
	struct request *r = arg;
	struct query_place *p = r->place;
	if (p != NULL && p->limit > 0 && r->rows >= p->limit) {
		p->more = true;
		return;
	}
	json_t *row = json_loads(json, 0, NULL);
	if (r->command == COMMAND_CALLS_LIST || r->command == COMMAND_CALLS_SHOW)
		json_object_set_new(row, "state", json_string("ended"));
	request_row(r, row);
}

static bool query_has_room(void *arg)
{
	return request_has_room(arg);
}

static void query_done(struct request *r)
{
	const struct query_place *p = r->place;
	if (p != NULL && p->more && p->limit < STORE_ROWS_MAX)
		request_note(r, "the newest %u of more; --limit N for more", p->limit);
	else if (p != NULL && p->more)
		request_note(r,
			"the newest %u of more: for older ones narrow it down, by --until, "
			"--tenant, "
			"--queue, --agent or --party",
			p->limit);
	request_done(r);
}

// --- nothing was found: is there such a name at all, in the records or now? ---
static void ask_name(struct request *r);

static void name_row(const char *name, void *arg)
{
	struct request *r = arg;
	near_try(&((struct query_place *)r->place)->near, name);
}

// What never came to pass is no mistake: on a good day nobody was refused by an overload.
static void why_note(struct request *r)
{
	const struct near *n = &((struct query_place *)r->place)->near;
	if (!n->known && n->name[0] != '\0')
		request_note(r, "no call has ended by %s; did you mean %s?", n->wanted, n->name);
}

static void name_end(int error, void *arg)
{
	struct request *r = arg;
	struct query_place *p = r->place;
	if (error) {
		request_fail_for(r, CAUSE_STORE, strerror(-error));
	} else if (!p->near.known && p->kind != NAME_WHY) {
		request_no(r, name_kind_option(p->kind), &p->near);
	} else {
		why_note(r);
		p->kind++;
		ask_name(r);
	}
}

static void ask_name(struct request *r)
{
	const struct store_answer answer = {name_row, name_end, r, NULL};
	struct query_place *p = r->place;
	for (; p->kind < NAME_KINDS; p->kind++) {
		p->near = (struct near){.wanted = request_option(r, name_kind_option(p->kind))};
		if (p->near.wanted == NULL)
			continue;
		names_live(request_env(r), p->kind, &p->near);
		if (p->near.known)
			continue;
		if (store_query_names(request_env(r)->store, name_kind_option(p->kind), &answer) !=
			0)
			break;
		return;
	}
	query_done(r);
}

static void query_end(int error, void *arg)
{
	struct request *r = arg;
	if (error)
		request_fail_for(r, CAUSE_STORE, strerror(-error));
	else if (r->rows == 0 && r->arg_count > 0)
		request_fail_for(r,
			r->command == COMMAND_CALLS_SHOW ? CAUSE_NO_CALL : CAUSE_NO_RECORDING,
			r->args[0]);
	else if (r->rows == 0 && r->place != NULL)
		ask_name(r);
	else
		query_done(r);
}

static void query_started(struct request *r, int err)
{
	if (err)
		request_fail_for(r, CAUSE_STORE_BUSY, "");
}

// The newest ones, and whether there are more.
static void query_newest(struct request *r, struct store_filter *f,
	int (*ask)(struct store *s, const struct store_filter *f, const struct store_answer *a))
{
	const struct store_answer answer = {query_row, query_end, r, query_has_room};
	struct query_place *p = calloc(1, sizeof(*p));
	if (p == NULL) {
		request_fail_for(r, CAUSE_MEMORY, "");
		return;
	}
	r->place = p;
	p->limit = f->limit ? f->limit : LIST_LIMIT;
	f->limit = p->limit + 1;
	request_waits_for_store(r);
	query_started(r, ask(request_env(r)->store, f, &answer));
}

void command_run_CALLS_LIST(struct request *r)
{
	struct store_filter filter = {0};
	if (!request_filter(r, &filter))
		return;
	if (request_option(r, "history") != NULL) {
		query_newest(r, &filter, store_query_calls);
	} else if (filter.why[0] != '\0') {
		request_fail(r, EXIT_USAGE, "--why is about ended calls: add --history");
	} else if (request_names(r)) {
		struct list_place *p = request_pages(r, list_page, sizeof(*p), NULL);
		if (p != NULL)
			p->filter = filter;
	}
}

void command_run_RECORDINGS_LIST(struct request *r)
{
	struct store_filter filter = {0};
	if (request_filter(r, &filter))
		query_newest(r, &filter, store_query_recordings);
}

static void recordings_of_call(struct request *r)
{
	struct store_filter filter = {0};
	const struct store_answer answer = {query_row, query_end, r, query_has_room};
	if (r->arg_count > 0 && str_copy(filter.call, sizeof(filter.call), r->args[0]) != 0)
		request_fail_for(r, CAUSE_NO_RECORDING, r->args[0]);
	else if (request_limit(r, &filter.limit)) {
		request_waits_for_store(r);
		query_started(r, store_query_recordings(request_env(r)->store, &filter, &answer));
	}
}

void command_run_RECORDINGS_SHOW(struct request *r)
{
	recordings_of_call(r);
}

// The rows carry what the ledger promises; ringctl reads the files, so that no disk can hold up
// the control thread.
void command_run_RECORDINGS_CHECK(struct request *r)
{
	recordings_of_call(r);
}

void command_run_CALLS_SHOW(struct request *r)
{
	struct call_info info;
	const struct store_answer answer = {query_row, query_end, r, query_has_room};
	int err = call_find(request_env(r)->calls, r->args[0], &info);
	if (err == 0) {
		request_row(r, call_details(r, &info));
		request_done(r);
	} else if (err == -EEXIST) {
		request_fail_for(r, CAUSE_MANY_CALLS, r->args[0]);
	} else {
		request_waits_for_store(r);
		query_started(r, store_query_call(request_env(r)->store, r->args[0], &answer));
	}
}

void command_run_CALLS_HANGUP(struct request *r)
{
	char id[CALLID_TEXT_MAX];
	struct call_info info;
	if (!request_call(r, &info))
		return;
	if (call_hangup(request_env(r)->calls, &info.id, "operator") != 0)
		request_fail_for(r, CAUSE_NO_LIVE_CALL, r->args[0]);
	else
		request_acted(r, "call %s is being ended", callid_text(&info.id, id));
}

static bool connect_kind(const char *text, enum call_connect *out)
{
	static const char *const kinds[] = {[CALL_CONNECT_FLOW] = "flow",
		[CALL_CONNECT_QUEUE] = "queue",
		[CALL_CONNECT_AGENT] = "agent"};
	for (unsigned i = 0; text != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		*out = i;
		if (str_equal(text, kinds[i]))
			return true;
	}
	return false;
}

void command_run_CALLS_ORIGINATE(struct request *r)
{
	struct call_originate q = {.tenant = request_option(r, "tenant"),
		.trunk = request_option(r, "trunk"),
		.to = request_option(r, "to"),
		.from = request_option(r, "from"),
		.name = r->args[0]};
	char text[CALLID_TEXT_MAX];
	struct callid id;
	if (q.trunk == NULL || q.to == NULL ||
		!connect_kind(request_option(r, "connect"), &q.connect)) {
		request_fail(r, EXIT_USAGE,
			"--trunk TRUNK, --to NUMBER and --connect flow, queue or agent are needed");
		return;
	}
	const char *why = call_originate(request_env(r)->calls, &q, &id);
	if (why != NULL)
		request_fail(r, EXIT_FAILED, "%s is not called: %s", q.to, why);
	else
		request_acted(r, "call %s calls %s", callid_text(&id, text), q.to);
}

void command_run_CALLS_MASK(struct request *r)
{
	char id[CALLID_TEXT_MAX];
	struct call_info info;
	bool on;
	if (!request_on_off(r, &on) || !request_call(r, &info))
		return;
	callid_text(&info.id, id);
	if (call_mask(request_env(r)->calls, &info.id, on) != 0)
		request_fail_for(r, CAUSE_NOT_ANSWERED, id);
	else
		request_acted(r,
			on ? "the digits of call %s are masked"
			   : "the digits of call %s are no longer masked by an operator",
			id);
}

static void monitor_failed(struct request *r, int err)
{
	const char *agent = r->args[1];
	if (err == -ENOENT)
		request_fail(
			r, EXIT_MISSING, "no agent %s of the call's tenant, or not on it", agent);
	else if (err == -EAGAIN)
		request_fail(
			r, EXIT_FAILED, "nobody talks in this call, and it is in no conference");
	else if (err == -EBUSY)
		request_fail(r, EXIT_FAILED,
			"another supervisor is on this call, or agent %s is not registered, on "
			"another call, or takes calls: set it away first",
			agent);
	else if (err == -ENOSPC)
		request_fail(r, EXIT_FAILED,
			"seven supervisors whisper in this conference already: agent %s may listen "
			"or barge",
			agent);
	else if (err == -ENOSR)
		request_fail(r, EXIT_FAILED,
			"no place is free in a mixing bridge: as many as engine.sessions allow are "
			"in conferences or supervised");
	else
		request_fail(r, EXIT_FAILED, "no voice for agent %s: %s", agent, strerror(-err));
}

void command_run_CALLS_MONITOR(struct request *r)
{
	char id[CALLID_TEXT_MAX];
	struct call_info info;
	enum monitor_mode mode;
	if (monitor_mode_parse(r->args[2], &mode) != 0) {
		request_fail(r, EXIT_USAGE, "expected listen, whisper, barge or off, got %s",
			r->args[2]);
		return;
	}
	if (!request_call(r, &info))
		return;
	callid_text(&info.id, id);
	int err = call_monitor(request_env(r)->calls, &info.id, r->args[1], mode);
	if (err)
		monitor_failed(r, err);
	else if (mode == MONITOR_OFF)
		request_acted(r, "agent %s is taken off call %s", r->args[1], id);
	else
		request_acted(r, "agent %s will %s on call %s", r->args[1], r->args[2], id);
}
