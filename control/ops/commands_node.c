// status, version, log level, reload and drain.
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/config/files.h"
#include "control/base/load.h"
#include "control/media/gate.h"
#include "control/store/store.h"
#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/ops/asked.h"
#include "control/ops/libraries.h"
#include "control/ops/ops_private.h"
#include "control/ops/rows.h"
#include "control/record/recorder.h"
#include "control/sip/ua.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

static json_t *status_calls(const struct ops_env *env)
{
	struct calls_counts c;
	calls_counts(env->calls, &c);
	return json_pack("{s:i,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "alive", (int)c.alive,
		"recording", (int)c.recording, "started", (json_int_t)c.started, "answered",
		(json_int_t)c.answered, "connected", (json_int_t)c.connected, "ended",
		(json_int_t)c.ended, "refused", (json_int_t)c.refused, "late_answers",
		(json_int_t)c.late_answers, "surprises", (json_int_t)c.surprises, "states_mended",
		(json_int_t)c.states_mended, "legs_alone", (json_int_t)c.legs_alone);
}

static json_t *status_sip(const struct ua *ua)
{
	struct ua_counts u;
	ua_counts(ua, &u);
	return json_pack("{s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:i}", "legs", (int)ua_legs(ua),
		"unknown_source", (json_int_t)u.unknown_source, "rate_limited",
		(json_int_t)u.rate_limited, "over_rate", (json_int_t)u.over_rate, "auth_failed",
		(json_int_t)u.auth_failed, "locked_out", (json_int_t)u.locked_out, "malformed",
		(json_int_t)u.malformed, "late_200", (json_int_t)u.late_200, "forks_ended",
		(json_int_t)u.forks_ended, "dialog_refused", (json_int_t)u.dialog_refused,
		"lockouts", (int)ua_lockouts(ua));
}

static json_t *status_connections(const struct ops_env *env)
{
	const struct files *f = env->files;
	struct ua_connections c;
	ua_connections(env->ua, &c);
	return json_pack("{s:I,s:I,s:i,s:i,s:i,s:I,s:I,s:I}", "descriptors_allowed",
		(json_int_t)f->limit, "descriptors_needed", (json_int_t)f->needed, "known",
		(int)c.known, "strangers", (int)c.strangers, "strangers_max", (int)c.strangers_max,
		"strangers_refused", (json_int_t)c.refused, "strangers_closed",
		(json_int_t)c.closed, "accept_failed", (json_int_t)c.accept_failed);
}

static json_t *status_media(const struct ops_env *env)
{
	struct media_counts m;
	json_int_t sessions = 0, busiest = 0, gaps = 0;
	media_counts(env->media, &m);
	for (unsigned i = 0; i < media_workers(env->media); i++) {
		struct media_worker_status w;
		media_worker_status(env->media, i, &w);
		sessions += w.sessions;
		gaps += (json_int_t)w.host_gaps;
		if (w.busy_permille > busiest)
			busiest = w.busy_permille;
	}
	return json_pack("{s:i,s:I,s:f,s:I,s:i,s:I,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "workers",
		(int)media_workers(env->media), "sessions", sessions, "busy_percent",
		busiest / 10.0, "host_gaps", gaps, "backlog", (int)m.backlog, "surprises",
		(json_int_t)m.surprises, "mixers", (int)m.mixers, "mixers_max", (int)m.mixers_max,
		"mixed_parties", (int)m.mixed, "mixed_parties_max", (int)m.mixed_max, "g722_coders",
		(int)m.coders[CODEC_G722], "g722_coders_max", (int)m.coders_max[CODEC_G722],
		"opus_coders", (int)m.coders[CODEC_OPUS], "opus_coders_max",
		(int)m.coders_max[CODEC_OPUS]);
}

static json_t *status_load(const struct ops_env *env)
{
	const struct load *l = env->load;
	struct ua_counts u;
	unsigned late_us = 0, stolen_permille = 0;
	ua_counts(env->ua, &u);
	for (unsigned i = 0; i < l->workers; i++) {
		if (l->worker[i].late_us > late_us)
			late_us = l->worker[i].late_us;
		if (l->worker[i].stolen_permille > stolen_permille)
			stolen_permille = l->worker[i].stolen_permille;
	}
	return json_pack("{s:i,s:s,s:b,s:i,s:I,s:i,s:f,s:f}", "load_percent", (int)load_percent(l),
		"nearest", load_sign_name(l->sign), "overload", l->over, "refusing_percent",
		(int)l->refuse_percent, "refused", (json_int_t)u.overload, "late_p99_us",
		(int)late_us, "missed_percent", l->missed_permille / 10.0, "stolen_percent",
		stolen_permille / 10.0);
}

// What stands of the store's troubles, one sentence behind the other. NULL: nothing.
static const char *store_trouble(const struct store_status *s, char *out, size_t size)
{
	struct str_buf b;
	str_buf_init(&b, out, size);
	for (unsigned i = 0; i < STORE_TROUBLES; i++)
		if (s->trouble[i] != NULL)
			str_buf_add(&b, "%s%s", out[0] ? "; " : "", s->trouble[i]);
	return out[0] ? out : NULL;
}

static json_t *status_storage(const struct ops_env *env)
{
	struct eventlog_status log;
	struct store_status store;
	struct recorder_status recorder;
	char trouble[STORE_TROUBLES * STORE_TEXT_MAX];
	eventlog_status(env->log, &log);
	store_status(env->store, &store);
	recorder_status(env->recorder, &recorder);
	return json_pack("{s:I,s:I,s:I,s:s?,s:s?,s:s?,s:I,s:i,s:i,s:I,s:I,s:b,s:f}", "events",
		(json_int_t)log.appended, "events_written", (json_int_t)log.written,
		"events_stored", (json_int_t)store.passed, "log_error",
		log.error ? strerror(-log.error) : NULL, "store_error",
		store.error ? strerror(-store.error) : NULL, "store_trouble",
		store_trouble(&store, trouble, sizeof(trouble)), "log_damaged",
		(json_int_t)store.damaged, "recordings_open", (int)recorder.open, "recordings_max",
		(int)recorder.open_max, "recorded_bytes", (json_int_t)recorder.bytes_written,
		"frames_lost", (json_int_t)recorder.frames_lost, "disk_full", recorder.disk_full,
		"tap_ring_percent", recorder.ring_fill_permille / 10.0);
}

void command_run_STATUS(struct request *r)
{
	const struct ops_env *env = request_env(r);
	const char *why = env->not_ready(env->node);
	request_row(r,
		json_pack("{s:s,s:s,s:s,s:b,s:s?,s:o,s:I,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "node",
			env->config->node, "version", RINGHALL_VERSION, "state",
			env->draining(env->node) ? "draining" : "running", "takes_calls",
			why == NULL, "not_ready_why", why, "started",
			row_time(env->started_wall_ns), "up_ms",
			(json_int_t)(timers_now_ms(env->timers) - env->started_ms), "configuration",
			env->config->file, "calls", status_calls(env), "load", status_load(env),
			"sip", status_sip(env->ua), "connections", status_connections(env), "media",
			status_media(env), "storage", status_storage(env)));
	request_done(r);
}

void command_run_VERSION(struct request *r)
{
	struct utsname kernel = {0};
	json_t *libraries = json_object();
	for (unsigned i = 0; i < ops_library_count; i++)
		json_object_set_new(
			libraries, ops_libraries[i].name, json_string(ops_libraries[i].version));
	uname(&kernel);
	request_row(r,
		json_pack("{s:s,s:s,s:s,s:o}", "ringhall", RINGHALL_VERSION, "compiler",
			__VERSION__, "kernel", kernel.release, "libraries", libraries));
	request_done(r);
}

void command_run_LOG_LEVEL(struct request *r)
{
	enum log_level level;
	const char *topic = r->arg_count > 1 ? r->args[1] : NULL;
	if (log_level_parse(r->args[0], &level) != 0) {
		request_fail(
			r, EXIT_USAGE, "expected error, warn, info or debug, got %s", r->args[0]);
		return;
	}
	int err = log_set_level(topic, level);
	const char *name = log_level_name(level);
	if (err == -ENOENT)
		request_acted(
			r, "topic %s, which has logged nothing yet, will log at %s", topic, name);
	else if (err)
		request_fail(r, EXIT_FAILED, "cannot keep a level for topic %s: %s", topic,
			strerror(-err));
	else
		request_acted(r, "%s%s logs at %s", topic ? "topic " : "everything",
			topic ? topic : "", name);
}

static void on_reloaded(int error, const char *problems, void *arg)
{
	struct request *r = arg;
	if (error)
		request_fail(r, EXIT_FAILED, "the old configuration stays in force:\n%s", problems);
	else
		request_acted(
			r, "the configuration of %s is in force", request_env(r)->config->file);
}

// It goes on where the client leaves, and ends the request when it is done.
void command_run_RELOAD(struct request *r)
{
	const struct ops_env *env = request_env(r);
	struct ops_who who = request_who(r);
	if (env->reload(env->node, &who, on_reloaded, r) != 0)
		request_fail(r, EXIT_FAILED, "a reload is under way already");
}

static void drain_cancel(struct request *r, const struct ops_who *who)
{
	const struct ops_env *env = request_env(r);
	int err = env->drain_cancel(env->node, who);
	if (err == -EALREADY)
		request_fail(r, EXIT_FAILED, "the node does not drain: it takes new calls");
	else if (err == -EPERM)
		request_fail(r, EXIT_FAILED,
			"the service manager stops the node and would end it by force: start it "
			"again afterwards");
	else if (err)
		request_fail(r, EXIT_FAILED,
			"the drain is over, the node ends now: start it again afterwards");
	else
		request_acted(r, "new calls are taken again");
}

void command_run_DRAIN(struct request *r)
{
	const struct ops_env *env = request_env(r);
	struct ops_who who = request_who(r);
	if (request_option(r, "cancel") != NULL) {
		drain_cancel(r, &who);
		return;
	}
	env->drain(env->node, &who);
	unsigned calls = calls_count(env->calls);
	char count[STR_COUNT_MAX];
	if (calls == 0)
		request_acted(r, "no new calls from now on; none is in progress: the node ends");
	else
		request_acted(r, "no new calls from now on; the node ends when %s %s ended",
			str_count(count, calls, "call"), calls == 1 ? "has" : "have");
}
