// The store's tables: calls, recordings, states of agents, segments of calls, offers to agents.
#include "control/store/tables.h"

static const struct store_column call_columns[] = {
	{"call", "call", COLUMN_CALL, true},
	{"tenant", "tenant", COLUMN_TENANT},
	{"started", "started", COLUMN_START},
	{"answered", "answered", COLUMN_NUMBER},
	{"connected", "connected", COLUMN_NUMBER},
	{"ended", "ended", COLUMN_NUMBER},
	{"why", "why", COLUMN_TEXT},
	{"by", "by", COLUMN_TEXT},
	{"where", "where", COLUMN_TEXT},
	{"status", "status", COLUMN_NUMBER},
	{"trunk", "trunk", COLUMN_TEXT},
	{"caller", "caller", COLUMN_TEXT, .private = true},
	{"called", "called", COLUMN_TEXT},
	{"number", "number", COLUMN_TEXT},
	{"flow", "flow", COLUMN_TEXT},
	{"queue", "queue", COLUMN_TEXT},
	{"agent", "agent", COLUMN_TEXT},
	{"waited_ms", "waited_ms", COLUMN_NUMBER},
	{"talked_ms", "talked_ms", COLUMN_NUMBER},
	{"digits", "digits", COLUMN_TEXT},
	{"recording", "recording", COLUMN_TEXT},
	{"sip_call_id", "sip_call_id", COLUMN_TEXT},
	{"sequence", "sequence", COLUMN_SEQUENCE},
	// Behind what was there: a table that an older version made gets them so.
	{"total_ms", "total_ms", COLUMN_NUMBER, .added = true},
	{"caller_name", "caller_name", COLUMN_TEXT, .added = true, .private = true},
	{"caller_sent", "caller_sent", COLUMN_TEXT, .added = true, .private = true},
	{"called_sent", "called_sent", COLUMN_TEXT, .added = true},
	{"privacy", "privacy", COLUMN_TEXT, .added = true},
	{"original_called", "original_called", COLUMN_TEXT, .added = true, .private = true},
	{"redirected_by", "redirected_by", COLUMN_TEXT, .added = true, .private = true},
	{"redirect_reason", "redirect_reason", COLUMN_TEXT, .added = true},
	{"direction", "direction", COLUMN_TEXT, .added = true},
	{"count", "count", COLUMN_NUMBER, .added = true}, // refused calls of this row; NULL: one
	{"region", "region", COLUMN_TEXT, .added = true},
};

static const struct store_column recording_columns[] = {
	{"id", "id", COLUMN_TEXT, true}, {"call", "call", COLUMN_CALL},
	{"tenant", "tenant", COLUMN_TENANT}, {"file", "file", COLUMN_TEXT},
	{"state", "state", COLUMN_STATE}, {"started", "start", COLUMN_START},
	{"law", "law", COLUMN_TEXT}, {"samples", "samples", COLUMN_NUMBER},
	{"crc32c", "crc32c", COLUMN_NUMBER}, {"why", "why", COLUMN_REASON}, // it failed
	{"recovered", "recovered", COLUMN_BOOL}, {"left_seen", "left_seen", COLUMN_NUMBER},
	{"left_written", "left_written", COLUMN_NUMBER}, {"left_lost", "left_lost", COLUMN_NUMBER},
	{"left_late", "left_late", COLUMN_NUMBER}, {"right_seen", "right_seen", COLUMN_NUMBER},
	{"right_written", "right_written", COLUMN_NUMBER},
	{"right_lost", "right_lost", COLUMN_NUMBER}, {"right_late", "right_late", COLUMN_NUMBER},
	{"sequence", "sequence", COLUMN_SEQUENCE},
	{"bytes", "bytes", COLUMN_LATER,
		.added = true}, // that its file takes on the disk, when it has ended
};

static const struct store_column agent_columns[] = {
	{"sequence", "sequence", COLUMN_SEQUENCE}, {"time", "time", COLUMN_TIME},
	{"tenant", "tenant", COLUMN_TENANT}, {"agent", "agent", COLUMN_TEXT},
	{"from", "from", COLUMN_TEXT}, {"to", "to", COLUMN_TEXT}, {"why", "why", COLUMN_TEXT},
	{"pause", "pause", COLUMN_TEXT, .added = true},
	// Where the agent belonged then.
	{"site", "site", COLUMN_TEXT, .added = true},
	{"shift", "shift", COLUMN_TEXT, .added = true},
	{"team", "team", COLUMN_TEXT, .added = true},
	{"group", "group", COLUMN_TEXT, .added = true},
	{"region", "region", COLUMN_TEXT, .added = true},
	{"queue", "queue", COLUMN_TEXT, .added = true}, // of the call that it is of
};

static const struct store_column segment_columns[] = {
	{"call", "call", COLUMN_CALL},
	{"queue", "queue", COLUMN_TEXT},
	{"agent", "agent", COLUMN_TEXT},
	{"started", "started", COLUMN_START},
	{"ended", "ended", COLUMN_NUMBER},
	{"why", "why", COLUMN_TEXT},
	{"sequence", "sequence", COLUMN_SEQUENCE},
	// Of the agent, where there is one: also of a wait, whom an agent took.
	{"site", "site", COLUMN_TEXT, .added = true},
	{"shift", "shift", COLUMN_TEXT, .added = true},
	{"team", "team", COLUMN_TEXT, .added = true},
	{"group", "group", COLUMN_TEXT, .added = true},
	// Of the call, whose own row comes later; NULL in an older version's rows.
	{"tenant", "tenant", COLUMN_TENANT, .added = true},
	{"called", "called", COLUMN_TEXT, .added = true},
	{"region", "region", COLUMN_TEXT, .added = true},
	{"hold_ms", "hold_ms", COLUMN_NUMBER, .added = true},
	{"caller_hold_ms", "caller_hold_ms", COLUMN_NUMBER, .added = true},
};

// What began an offer and what ended it, a row each.
static const struct store_column offer_columns[] = {
	{"call", "call", COLUMN_CALL},
	{"sequence", "sequence", COLUMN_SEQUENCE},
	{"time", "time", COLUMN_TIME},
	{"event", "event", COLUMN_EVENT},
	{"queue", "queue", COLUMN_TEXT},
	{"agent", "agent", COLUMN_TEXT},
	{"why", "why", COLUMN_TEXT},
	{"status", "status", COLUMN_NUMBER},
	{"policy", "policy", COLUMN_TEXT},
	{"decision", "decision", COLUMN_NUMBER},
	{"seed", "seed", COLUMN_TEXT},
	{"waited_ms", "waited_ms", COLUMN_NUMBER},
	{"waiting", "waiting", COLUMN_NUMBER},
	{"ready", "ready", COLUMN_NUMBER},
	{"ring", "ring", COLUMN_NUMBER},
	{"candidates", "candidates", COLUMN_ROWS},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct store_table store_calls = {
	"calls",
	call_columns,
	COUNT(call_columns),
	CONFLICT_KEEP,
	"CREATE INDEX IF NOT EXISTS calls_started ON calls(started);"
	"CREATE INDEX IF NOT EXISTS calls_agent ON calls(agent, started);"
	"CREATE INDEX IF NOT EXISTS calls_queue ON calls(queue, started);"
	"CREATE INDEX IF NOT EXISTS calls_tenant ON calls(tenant, started);"
	"CREATE INDEX IF NOT EXISTS calls_trunk ON calls(trunk, started);"
	"CREATE INDEX IF NOT EXISTS calls_why ON calls(why, started);"
	"CREATE INDEX IF NOT EXISTS calls_caller ON calls(caller);"
	"CREATE INDEX IF NOT EXISTS calls_called ON calls(called);"
	// Tries that got no agent: whether another one is a repeated one (control/figures).
	"CREATE INDEX IF NOT EXISTS calls_tried ON calls(tenant, caller, called, started)"
	" WHERE coalesce(connected,0)=0;",
};

const struct store_table store_recordings = {
	"recordings",
	recording_columns,
	COUNT(recording_columns),
	CONFLICT_MERGE,
	"CREATE INDEX IF NOT EXISTS recordings_call ON recordings(call);"
	"CREATE INDEX IF NOT EXISTS recordings_started ON recordings(started);"
	"CREATE INDEX IF NOT EXISTS recordings_tenant ON recordings(tenant, started);"
	"CREATE INDEX IF NOT EXISTS recordings_open ON recordings(started) WHERE state='open';"
	"CREATE INDEX IF NOT EXISTS recordings_new ON recordings(state) WHERE bytes IS NULL;"
	// Of those that were never begun, which have no id.
	"CREATE UNIQUE INDEX IF NOT EXISTS recordings_once ON recordings(call, sequence)"
	" WHERE id IS NULL;",
};

const struct store_table store_agent_states = {
	"agent_states",
	agent_columns,
	COUNT(agent_columns),
	CONFLICT_KEEP,
	// A sequence alone is not enough: a log that lost its end uses some again.
	"CREATE UNIQUE INDEX IF NOT EXISTS agent_states_once ON agent_states(sequence, time);"
	"CREATE INDEX IF NOT EXISTS agent_states_time ON agent_states(time);"
	"CREATE INDEX IF NOT EXISTS agent_states_agent ON agent_states(agent, time);",
};

const struct store_table store_segments = {
	"segments",
	segment_columns,
	COUNT(segment_columns),
	CONFLICT_KEEP,
	// A log that lost its end tells a segment again, with another sequence and another end.
	"CREATE UNIQUE INDEX IF NOT EXISTS segments_once ON segments(call, started,"
	" coalesce(queue, ''), coalesce(agent, ''));"
	"CREATE INDEX IF NOT EXISTS segments_started ON segments(started);"
	// They go with their call, and by themselves where it never comes (retain.c).
	"CREATE TRIGGER IF NOT EXISTS segments_go AFTER DELETE ON calls BEGIN"
	" DELETE FROM segments WHERE call=old.call; END;",
};

const struct store_table store_offers = {
	"offers",
	offer_columns,
	COUNT(offer_columns),
	CONFLICT_KEEP,
	"CREATE UNIQUE INDEX IF NOT EXISTS offers_once ON offers(call, sequence, time);"
	"CREATE INDEX IF NOT EXISTS offers_time ON offers(time);"
	// As segments go.
	"CREATE TRIGGER IF NOT EXISTS offers_go AFTER DELETE ON calls BEGIN"
	" DELETE FROM offers WHERE call=old.call; END;",
};
