// The shapes of status and version.
#include "control/contract/member.h"

static const struct shape_member calls_list[] = {
	IS(calls_alive),
	IS(calls_recording),
	IS(calls_started),
	IS(calls_answered),
	IS(calls_connected),
	IS(calls_ended),
	IS(refused),
	IS(late_answers),
	IS(surprises),
	IS(states_mended),
	IS(legs_alone),
};
static SHAPE(status_calls, calls_list, NULL);

static const struct shape_member load_list[] = {
	IS(load_percent),
	OR(nearest),
	IS(overload),
	IS(refusing_percent),
	IS(refused),
	IS(late_p99_us),
	IS(missed_percent),
	IS(stolen_percent),
};
static SHAPE(status_load, load_list, NULL);

static const struct shape_member sip_list[] = {
	IS(legs),
	IS(unknown_source),
	IS(rate_limited),
	IS(over_rate),
	IS(auth_failed),
	IS(locked_out),
	IS(lockouts),
	IS(malformed),
	IS(late_200),
	IS(forks_ended),
	IS(dialog_refused),
};
static SHAPE(status_sip, sip_list, NULL);

static const struct shape_member connections_list[] = {
	IS(descriptors_allowed),
	IS(descriptors_needed),
	IS(known),
	IS(strangers),
	IS(strangers_max),
	IS(strangers_refused),
	IS(strangers_closed),
	IS(accept_failed),
};
static SHAPE(status_connections, connections_list, NULL);

static const struct shape_member media_list[] = {
	IS(workers),
	IS(sessions),
	IS(busy_percent),
	IS(host_gaps),
	IS(backlog),
	IS(surprises),
	IS(mixers),
	IS(mixers_max),
	IS(mixed_parties),
	IS(mixed_parties_max),
	IS(g722_coders),
	IS(g722_coders_max),
	IS(opus_coders),
	IS(opus_coders_max),
};
static SHAPE(status_media, media_list, NULL);

static const struct shape_member storage_list[] = {
	IS(events),
	IS(events_written),
	IS(events_stored),
	OR(log_error),
	OR(store_error),
	OR(store_trouble),
	IS(log_damaged),
	IS(recordings_open),
	IS(recordings_max),
	IS(recorded_bytes),
	IS(frames_lost),
	IS(disk_full),
	IS(tap_ring_percent),
};
static SHAPE(status_storage, storage_list, NULL);

static const struct shape_member status_list[] = {
	IS(node),
	IS(version),
	IS(state),
	IS(takes_calls),
	OR(not_ready_why),
	IS(started),
	IS(up_ms),
	OR(configuration),
	OBJECT(calls, status_calls),
	OBJECT(load, status_load),
	OBJECT(sip, status_sip),
	OBJECT(connections, status_connections),
	OBJECT(media, status_media),
	OBJECT(storage, status_storage),
};
SHAPE(status, status_list, NULL);

static const struct shape_member libraries_list[] = {
	IS(dpdk),
	IS(libre),
	IS(liburing),
	IS(spandsp),
	IS(sqlite3),
	IS(libyaml),
	IS(jansson),
};
static SHAPE(libraries, libraries_list, NULL);

static const struct shape_member version_list[] = {
	IS(ringhall),
	IS(compiler),
	OR(kernel),
	OBJECT(libraries, libraries),
};
SHAPE(version, version_list, NULL);
