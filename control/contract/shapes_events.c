// The shapes of events: what all share, and the body of each type.
#include "control/contract/member.h"

#define BODY(id, list, base) \
	static const struct shape body_##id = {#id, list, sizeof(list) / sizeof((list)[0]), base}

static const struct shape_member nothing_list[] = {IS(time)};
// Also of what is no news, and in the files alone.
static const struct shape body_nothing = {"nothing", nothing_list, 0, NULL};

static const struct shape_member node_started_list[] = {
	IS(version),
	IS(previous),
	IS(open_calls),
};
BODY(node_started, node_started_list, NULL);

// --- calls ---
// What is known from the beginning.
static const struct shape_member call_begin_list[] = {
	IS(started), OR(direction), OR(trunk), OR(caller), OR(caller_name), OR(called), OR(number),
	OR(flow), OR(sip_call_id), OR(caller_sent), OR(called_sent), OR(privacy),
	OR(original_called), OR(redirected_by), OR(redirect_reason), OR(region),
	OR(agent), // of an agent's own call
};
BODY(call_begin, call_begin_list, NULL);
static const struct shape_member call_started_list[] = {
	OR(source),
	OR(transport),
	OR(by_agent),
};
BODY(call_started, call_started_list, &body_call_begin);

static const struct shape_member call_ended_list[] = {
	OR(answered),
	OR(connected),
	IS(ended),
	IS(why),
	OR(by),
	OR(where),
	OR(status),
	OR(queue),
	OR(dropped_by),
	OR_ZERO(waited_ms),
	OR_ZERO(talked_ms),
	OR_ZERO(total_ms),
	OR(digits),
	OR(recording),
	OR(skills),
};
BODY(call_ended, call_ended_list, &body_call_begin);

static const struct shape_member call_refused_list[] = {
	OR(source),
	OR(transport),
	OR(by_agent),
	OR_ONE(count),
};
BODY(call_refused, call_refused_list, &body_call_ended);

static const struct shape_member call_step_list[] = {IS(flow), IS(step)};
BODY(call_step, call_step_list, NULL);

static const struct shape_member call_digit_list[] = {IS(digit), OR(sources), OR(step)};
BODY(call_digit, call_digit_list, NULL);

static const struct shape_member call_variable_list[] = {IS(variable), OR(value), OR(step)};
BODY(call_variable, call_variable_list, NULL);

static const struct shape_member call_masked_list[] = {IS(by), OR(why)};
BODY(call_masked, call_masked_list, NULL);

static const struct shape_member call_monitored_list[] = {IS(agent), IS(mode)};
BODY(call_monitored, call_monitored_list, NULL);

static const struct shape_member call_monitor_ended_list[] = {IS(agent), IS(why)};
BODY(call_monitor_ended, call_monitor_ended_list, NULL);

static const struct shape_member call_conference_list[] = {
	IS(conference),
	IS(parties),
	IS(muted),
	IS(gain_db),
	OR(why),
};
BODY(call_conference, call_conference_list, NULL);

static const struct shape_member call_queued_list[] = {
	IS(queue),
	OR(dropped_by),
	OR_ZERO(waited_ms),
	OR_ZERO(waiting_ms),
	OR(skills),
	OR(priority),
};
BODY(call_queued, call_queued_list, NULL);

static const struct shape_member call_dequeued_list[] = {
	IS(queue),
	IS(why),
	IS(waited_ms),
	OR(site), // of the agent who took the caller, as in the next two
	OR(shift),
	OR(team),
	OR(group),
};
BODY(call_dequeued, call_dequeued_list, NULL);

static const struct shape_member call_segment_list[] = {
	OR(queue), // an agent's own call has none
	OR(agent),
	OR(called),
	IS(started),
	IS(ended),
	IS(why),
	OR(site),
	OR(shift),
	OR(team),
	OR(group),
	OR(region),  // of the call
	OR(hold_ms), // of a conversation
	OR(caller_hold_ms),
};
BODY(call_segment, call_segment_list, NULL);

static const struct shape_member call_offered_list[] = {
	IS(queue),
	IS(agent),
	IS(why),
	IS(decision),
	IS(seed),
	IS(waited_ms),
	OR(ring),
	OR(policy),
	OR(waiting),
	OR(ready),
	ROWS(candidates, candidate),
};
BODY(call_offered, call_offered_list, NULL);

static const struct shape_member call_offer_ended_list[] = {
	IS(queue),
	IS(agent),
	IS(why),
	OR(status),
};
BODY(call_offer_ended, call_offer_ended_list, NULL);

static const struct shape_member call_connected_list[] = {
	OR(queue),
	IS(agent),
	IS(waited_ms),
	OR(agent_sip_call_id),
	OR(site),
	OR(shift),
	OR(team),
	OR(group),
};
BODY(call_connected, call_connected_list, NULL);

static const struct shape_member call_side_list[] = {IS(side)};
BODY(call_side, call_side_list, NULL);

// --- recordings ---
static const struct shape_member recording_started_list[] = {IS(id), IS(file)};
BODY(recording_started, recording_started_list, NULL);

static const struct shape_member recording_ended_list[] = {
	OR(id),
	OR(file),
	OR(why),
	RAW(started, "start"),
	OR(law),
	OR(samples),
	OR(crc32c),
	OR(recovered),
	OR(left_seen),
	OR(left_written),
	OR(left_lost),
	OR(left_late),
	OR(right_seen),
	OR(right_written),
	OR(right_lost),
	OR(right_late),
};
BODY(recording_ended, recording_ended_list, NULL);

static const struct shape_member recording_fetched_list[] = {IS(file), IS(by), OR(uid), OR(pid)};
BODY(recording_fetched, recording_fetched_list, NULL);

// --- agents ---
static const struct shape_member registration_list[] = {
	IS(agent),
	OR(contact),
	OR(instance),
	OR(source),
	IS(transport),
	OR(expires),
	OR(call_id),
	OR(cseq),
	OR(user_agent),
};
BODY(agent_registered, registration_list, NULL);
static const struct shape_member agent_unregistered_list[] = {IS(why)};
BODY(agent_unregistered, agent_unregistered_list, &body_agent_registered);

static const struct shape_member agent_state_list[] = {
	IS(agent),
	IS(from),
	IS(to),
	IS(why),
	OR(queue),
	{&members[MEMBER_wants_calls], SHAPE_OR_NULL, NULL, "ready"},
	OR(until),
	OR(pause),
	OR(pause_code),
	OR(site),
	OR(shift),
	OR(team),
	OR(group),
	OR(region),
};
BODY(agent_state, agent_state_list, NULL);

static const struct shape_member lockout_list[] = {OR(account), OR(address), IS(for_ms)};
BODY(lockout, lockout_list, NULL);

static const struct shape_member lockout_lifted_list[] = {IS(of), IS(lifted), IS(by), IS(uid)};
BODY(lockout_lifted, lockout_lifted_list, NULL);

// --- the node ---
static const struct shape_member config_loaded_list[] = {
	IS(by),
	OR(uid),
	OR(pid),
	OR(file),
	IS(added),
	IS(removed),
	IS(changed),
};
BODY(config_loaded, config_loaded_list, NULL);

static const struct shape_member drain_list[] = {
	IS(by),
	OR(uid),
	OR(pid),
	IS(open_calls),
	OR(limit_ms),
	OR(cancelled),
};
BODY(drain, drain_list, NULL);

static const struct shape_member trouble_list[] = {
	IS(topic),
	OR(name),
	IS(text),
	IS(over),
	OR(dropped),
};
BODY(trouble, trouble_list, NULL);

static const struct shape_member event_list[] = {
	IS(sequence), IS(time), IS(event), OR(tenant), OR(call),
	IS(body), // of the type's own shape
};
SHAPE(event, event_list, NULL);

const struct shape *shape_of_event(enum event_type type)
{
	switch (type) {
#define X(name, number, text, whose, body) \
	case EVENT_##name:                 \
		return &body_##body;
		EVENT_TYPES(X)
#undef X
	}
	return NULL; // of a later version
}
