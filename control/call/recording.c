// Recordings of conversations: the recorder's numbers with the calls' names, until their results.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/body.h"
#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "control/record/recorder.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("recording");

struct recording {
	struct dlist link;     // in calls->recordings
	struct hash_node node; // by file
	uint32_t number;
	enum codec_id law;
	uint64_t start_ns; // of the time line
	struct callid call;
	char tenant[RECORD_TEXT_MAX];
	char id[64], file[512];
	bool closed;  // recorder_close was called
	bool settled; // its result has come
	int untapped; // -errno: the engine refused a side, which is silent in it
};

static void recording_free(struct calls *cs, struct recording *r)
{
	if (cs->restated == &r->link) // a snapshot is to go on with it
		cs->restated = r->link.next;
	dlist_remove(&r->link);
	hash_remove(&cs->recordings_by_file, &r->node);
	free(r);
}

static void recording_add(struct calls *cs, struct recording *r)
{
	dlist_push_back(&cs->recordings, &r->link);
	hash_insert(&cs->recordings_by_file, &r->node, hash_str(r->file, 0));
}

static void append_started(const struct recording *r, struct eventlog *log)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "id", r->id);
	body_text(&body, "file", r->file);
	eventlog_append(log, EVENT_RECORDING_STARTED, r->tenant, &r->call, body_end(&body));
}

// A call without its recording goes on, but nobody shall learn of it only later.
static void start_failed(struct call *c, int err)
{
	const char *why = err == -ENOSPC ? "disk full"
		: err == -ENODEV	 ? "no recorder runs"
		: err == -EMFILE	 ? "recordings at their limit"
					 : strerror(-err);
	log_error("not recorded: call=%s why=%s", c->id_text, why);
	struct body body;
	body_begin(&body);
	body_text(&body, "id", "");
	body_text(&body, "why", why);
	eventlog_append(c->calls->log, EVENT_RECORDING_FAILED, c->record.tenant, &c->record.id,
		body_end(&body));
}

static void id_from_file(struct recording *r)
{
	const char *slash = strrchr(r->file, '/'), *name = slash ? slash + 1 : r->file;
	size_t len = strcspn(name, ".");
	str_copy_n(r->id, sizeof(r->id), name, len);
}

static enum codec_id law_of(const struct call *c)
{
	return leg_codec(c->first.leg) == CODEC_PCMA ? CODEC_PCMA : CODEC_PCMU;
}

static void side_start(const struct recording *r, struct call_party *p, enum media_side side)
{
	media_record(party_voice(p), r->number, side, r->law, r->start_ns);
	p->recorded = true;
}

void recording_start(struct call *c)
{
	struct calls *cs = c->calls;
	struct recording_request q = {
		.call = c->record.id,
		.tenant = c->record.tenant,
		.queue = c->queue ? c->queue->name : "",
		.caller = call_record_hides(&c->record) ? RECORD_HIDDEN : c->record.caller,
		.law = law_of(c),
		.wall_ns = timers_wall_ns(cs->timers),
	};
	struct recording *r = calloc(1, sizeof(*r));
	if (cs->recorder == NULL || r == NULL) {
		free(r);
		start_failed(c, cs->recorder == NULL ? -ENODEV : -ENOMEM);
		return;
	}
	int err = recorder_open(cs->recorder, &q, &r->number, &r->start_ns, r->file);
	if (err) {
		free(r);
		start_failed(c, err);
		return;
	}
	r->call = c->record.id;
	str_copy(r->tenant, sizeof(r->tenant), c->record.tenant);
	id_from_file(r);
	str_copy(c->record.recording, sizeof(c->record.recording), r->id);
	recording_add(cs, r);
	c->recording = r;
	cs->counts.recording++;
	r->law = q.law;
	side_start(r, &c->first, MEDIA_LEFT);
	append_started(r, cs->log);
}

void recording_join(struct call *c, struct call_party *p)
{
	if (c->recording != NULL)
		side_start(c->recording, p, MEDIA_RIGHT);
}

static void untapped(struct recording *r, int error)
{
	r->untapped = r->untapped ? r->untapped : error;
}

static void side_stop(struct recording *r, struct call_party *p)
{
	if (p->recorded && party_voice(p) != NULL) {
		media_record_stop(party_voice(p), r->number);
		untapped(r, leg_untapped(p->leg));
	}
	p->recorded = false;
}

void recording_stop(struct call *c)
{
	struct recording *r = c->recording;
	if (r == NULL)
		return;
	dlist_for_each (it, &c->parties.list)
		side_stop(r, container_of(it, struct call_party, link));
	c->recording = NULL;
	c->calls->counts.recording--;
	r->closed = true;
	recorder_close(c->calls->recorder, r->number);
	if (r->settled)
		recording_free(c->calls, r);
}

static bool ours_are_recorded(const struct call *c)
{
	dlist_for_each (it, &c->parties.list) {
		const struct call_party *p = container_of(it, const struct call_party, link);
		if (p != &c->first && p->recorded)
			return true;
	}
	return false;
}

void recording_part(struct call *c, struct call_party *p)
{
	if (c->recording == NULL)
		return;
	side_stop(c->recording, p);
	if (!c->record_whole && !ours_are_recorded(c))
		recording_stop(c);
}

static struct recording *recording_find(struct calls *cs, const struct recording_result *result)
{
	uint64_t hash = hash_str(result->file, 0);
	struct hash_node *n = hash_first(&cs->recordings_by_file, hash);
	for (; n != NULL; n = hash_next(n)) {
		struct recording *r = container_of(n, struct recording, node);
		if (str_equal(r->file, result->file))
			return r;
	}
	return NULL;
}

static void result_body(const struct recording_result *r, int untapped, struct body *body)
{
	static const char *const sides[2] = {"left", "right"};
	char name[32];
	body_begin(body);
	body_text(body, "id", r->id);
	body_text(body, "file", r->file);
	if (r->error)
		body_text(body, "why", r->error == -ENOSPC ? "disk full" : strerror(-r->error));
	else if (untapped)
		body_format(body, "why", "the engine refused a side: %s", strerror(-untapped));
	body_bool(body, "recovered", r->recovered);
	body_text(body, "law", r->law == CODEC_PCMA ? "alaw" : "ulaw");
	body_u64(body, "start", r->start_wall_ns);
	body_u64(body, "samples", r->samples);
	body_u64(body, "crc32c", r->crc32c);
	for (unsigned i = 0; i < 2; i++) {
		const struct recording_ledger *l = &r->side[i];
		str_format(name, sizeof(name), "%s_seen", sides[i]);
		body_u64(body, name, l->seen);
		str_format(name, sizeof(name), "%s_written", sides[i]);
		body_u64(body, name, l->written);
		str_format(name, sizeof(name), "%s_lost", sides[i]);
		body_u64(body, name, l->lost);
		str_format(name, sizeof(name), "%s_late", sides[i]);
		body_u64(body, name, l->late);
	}
}

void calls_recording_result(const struct recording_result *result, void *arg)
{
	struct calls *cs = arg;
	struct recording *r = recording_find(cs, result);
	struct body body;
	int untapped = r ? r->untapped : 0, error = result->error ? result->error : untapped;
	result_body(result, untapped, &body);
	eventlog_append(cs->log, error ? EVENT_RECORDING_FAILED : EVENT_RECORDING_ENDED,
		r ? r->tenant : "", &result->call, body_end(&body));
	if (error)
		log_error("recording failed: file=%s error=%s", result->file, strerror(-error));
	if (r == NULL)
		return;
	r->settled = true;
	if (r->closed)
		recording_free(cs, r);
}

int calls_expect_recording(
	struct calls *cs, const struct callid *call, const char *tenant, const char *file)
{
	struct recording *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	r->call = *call;
	r->closed = true;
	str_copy(r->tenant, sizeof(r->tenant), tenant);
	str_copy(r->file, sizeof(r->file), file);
	id_from_file(r);
	recording_add(cs, r);
	return 0;
}

bool recordings_restate(struct calls *cs, struct eventlog *log, bool begin)
{
	if (begin)
		cs->restated = cs->recordings.next;
	while (cs->restated != &cs->recordings && eventlog_piece_goes_on(log)) {
		const struct recording *r = container_of(cs->restated, struct recording, link);
		cs->restated = cs->restated->next;
		if (!r->settled)
			append_started(r, log);
	}
	return cs->restated != &cs->recordings;
}

void recordings_free(struct calls *cs)
{
	dlist_for_each_safe (it, &cs->recordings)
		recording_free(cs, container_of(it, struct recording, link));
}
