// What a start makes of the process before it.
#include "control/node/rebuild.h"

#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/rebuild/rebuild.h"
#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/node/watch.h"
#include "control/queue/floor.h"
#include "control/record/recorder.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("node");

// What the reader could not read is lost, and whoever looks at events shall know.
static void node_log_damage(struct watch *w, uint64_t places)
{
	char text[256], count[STR_COUNT_MAX];
	str_format(text, sizeof(text),
		"%s of the log cannot be read, what stood there is lost; the daemon's messages "
		"say where",
		str_count(count, places, "place"));
	watch_past(w, "eventlog", text);
}

void node_log_restart(struct eventlog *log, struct watch *w, const struct rebuild *rebuild)
{
	static const char *const ends[] = {
		[REBUILD_FIRST_START] = "first-start",
		[REBUILD_STOPPED] = "stopped",
		[REBUILD_KILLED] = "killed",
	};
	char body[256];
	str_format(body, sizeof(body),
		"{\"version\":\"%s\",\"previous\":\"%s\",\"open_calls\":%zu}", RINGHALL_VERSION,
		ends[rebuild->previous], rebuild->call_count);
	eventlog_append(log, EVENT_NODE_STARTED, "", NULL, body);
	for (size_t i = 0; i < rebuild->call_count; i++) {
		const struct rebuild_call *c = &rebuild->calls[i];
		if (c->segment != NULL)
			eventlog_append(log, EVENT_CALL_SEGMENT, c->tenant, &c->call, c->segment);
		eventlog_append(log, EVENT_CALL_ENDED, c->tenant, &c->call, c->record);
	}
	if (rebuild->damaged > 0)
		node_log_damage(w, rebuild->damaged);
	if (rebuild->previous == REBUILD_KILLED)
		log_warn("the process before did not stop in order: calls closed=%zu recordings "
			 "open=%zu",
			rebuild->call_count, rebuild->recording_count);
}

void node_restore_agents(struct floor *floor, const struct rebuild *rebuild, uint64_t now_ns)
{
	for (size_t i = 0; i < rebuild->agent_count; i++) {
		const struct rebuild_agent *a = &rebuild->agents[i];
		enum agent_state state;
		if (agent_state_parse(a->state, &state) != 0) {
			log_warn("agent not restored: agent=%s state=%s", a->agent, a->state);
			continue;
		}
		// Had the wall clock been set back since, the rest would be more than the whole.
		uint64_t from_ns = a->since_ns > now_ns ? a->since_ns : now_ns;
		uint64_t left_ms = a->until_ns > from_ns ? (a->until_ns - from_ns) / NS_PER_MS : 0;
		floor_agent_restore(floor, a->agent, state, a->ready, left_ms);
		floor_agent_restore_pause(floor, a->agent, a->pause, a->pause_code);
		floor_agent_restore_queue(floor, a->agent, a->queue);
	}
}

void node_absent_agents(struct floor *floor, const struct rebuild *rebuild)
{
	for (size_t i = 0; i < rebuild->agent_count; i++) {
		const struct rebuild_agent *a = &rebuild->agents[i];
		enum agent_state state;
		if (agent_state_parse(a->state, &state) == 0)
			floor_agent_absent(floor, a->tenant, a->agent, state);
	}
}

void node_restore_recordings(
	struct calls *calls, const struct recorder *recorder, const struct rebuild *rebuild)
{
	for (size_t i = 0; i < rebuild->recording_count; i++) {
		const struct rebuild_recording *r = &rebuild->recordings[i];
		struct recording_result result;
		if (calls_expect_recording(calls, &r->call, r->tenant, r->file) != 0)
			continue;
		if (recorder != NULL && recorder_recovers(recorder, r->file))
			continue; // told by the first recorder_poll
		recording_repair(&r->call, r->file, &result);
		calls_recording_result(&result, calls);
	}
}
