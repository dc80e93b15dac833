// The shapes of what commands answer, but for status and version.
#include "control/contract/member.h"

// --- calls ---
static const struct shape_member call_list[] = {
	IS(call),
	IS(state),
	OR(tenant),
	OR(trunk),
	OR(caller),
	OR(caller_name),
	OR(called),
	OR(number),
	OR(flow),
	OR(step),
	OR(queue),
	OR(position),
	OR(agent),
	IS(started),
	OR(answered),
	OR(connected),
	OR(ended),
	OR_ZERO(waited_ms),
	OR_ZERO(talked_ms),
	OR_ZERO(total_ms),
	OR(why),
	OR(by),
	OR(where),
	OR(status),
	OR(digits),
	OR(recording),
	OR(sip_call_id),
	OR(caller_sent),
	OR(called_sent),
	OR(privacy),
	OR(original_called),
	OR(redirected_by),
	OR(redirect_reason),
	OR(sequence),
	OR_ONE(count),
	OR(direction),
	OR(region),
};
SHAPE(call, call_list, NULL);

static const struct shape_member voice_list[] = {
	IS(session),
	OR(local),
	OR(remote),
	OR(codec),
	IS(rx_packets),
	IS(tx_packets),
	IS(rx_lost),
	IS(far_lost),
	IS(jitter_us),
	OR(round_trip_us),
	IS(jitter_buffer_ms),
	IS(digits_heard),
};
static SHAPE(voice, voice_list, NULL);

static const struct shape_member segment_list[] = {
	OR(queue),
	OR(agent),
	IS(started),
	OR(ended),
	OR(why),
	OR(site),
	OR(shift),
	OR(team),
	OR(group),
	OR(region),  // of the call
	OR(hold_ms), // of a conversation
	OR(caller_hold_ms),
};
static SHAPE(segment, segment_list, NULL);

static const struct shape_member call_details_list[] = {
	OR(caller_holds),
	OR(agent_holds),
	OR(masked),
	OR(conference),
	OR(monitor_agent),
	OR(monitor_mode),
	OR(agent_sip_call_id),
	OR(skills),
	OR(ring),
	OR(priority),
	OR(lacks),
	OR_OBJECT(caller_media, voice),
	OR_OBJECT(agent_media, voice),
	ROWS(segments, segment),
};
SHAPE(call_details, call_details_list, &shape_call);

static const struct shape_member recording_list[] = {
	OR(id),
	OR(call),
	OR(tenant),
	OR(file),
	IS(state),
	IS(started),
	OR(law),
	OR(samples),
	OR(bytes),
	OR(crc32c),
	OR(why),
	OR(recovered),
	OR(left_seen),
	OR(left_written),
	OR(left_lost),
	OR(left_late),
	OR(right_seen),
	OR(right_written),
	OR(right_lost),
	OR(right_late),
	OR(sequence),
};
SHAPE(recording, recording_list, NULL);

static const struct shape_member stats_list[] = {
	IS(started), IS(ended), IS(local_time), OR(tenant), OR(name),
#define X(name, ...) OR(name),
	FIGURES(X) FIGURES_COUNTERS(X)
#undef X
};
SHAPE(stats, stats_list, NULL);

static const struct shape_member verdict_list[] = {
	IS(result),
	OR(call),
	OR(file),
	OR(samples),
	OR(problem),
};
SHAPE(verdict, verdict_list, NULL);

static const struct shape_member message_list[] = {
	IS(time),
	OR(from),
	OR(to),
	IS(transport),
	IS(sent),
	IS(latin1),
	IS(text),
};
SHAPE(message, message_list, NULL);

static const struct shape_member candidate_list[] = {IS(agent), IS(score)};
SHAPE(candidate, candidate_list, NULL);
static const struct shape_member handout_list[] = {
	IS(time),
	OR(queue),
	IS(agent),
	IS(text),
	OR(policy),
	OR(decision),
	OR(seed),
	OR(waited_ms),
	OR(waiting),
	OR(ready),
	OR(ring),
	ROWS(candidates, candidate),
	OR(ended),
	OR(outcome),
	OR(status),
};
SHAPE(handout, handout_list, NULL);

static const struct shape_member states_list[] = {IS(state), IS(how_many), IS(agent), OR(until)};
static SHAPE(states, states_list, NULL);
static const struct shape_member reason_list[] = {
	IS(why),
	IS(text),
	OR(until),
	OR(agent),
	OR(queue),
	OR(call),
	OR(how_many),
	ROWS(states, states),
};
SHAPE(reason, reason_list, NULL);

// --- conferences, queues, agents, trunks ---
static const struct shape_member conference_list[] = {
	IS(conference),
	IS(tenant),
	IS(parties),
	IS(parties_max),
};
SHAPE(conference, conference_list, NULL);

static const struct shape_member party_list[] = {
	IS(call),
	OR(caller),
	IS(for_ms),
	IS(muted),
	IS(gain_db),
	IS(holds),
	OR(monitor_agent),
	OR(monitor_mode),
};
static SHAPE(party, party_list, NULL);
static const struct shape_member conference_details_list[] = {ROWS(callers, party)};
SHAPE(conference_details, conference_details_list, &shape_conference);

static const struct shape_member queue_list[] = {
	IS(queue),
	OR(tenant),
	IS(policy),
	IS(waiting),
	OR(longest_wait_ms),
	IS(agents),
	IS(ready),
	IS(talking),
	IS(joined),
	IS(offered),
	IS(answered_calls),
	IS(abandoned),
	IS(timed_out),
	IS(refused),
	OR(service_level_ms),
	OR(in_level_percent),
	OR(waited_mean_ms),
	OR(since),
	IS(leaving),
	OR(answer_rate_percent), // of the last 15 minutes
	OR(service_level_percent),
	OR(answer_speed_ms),
};
SHAPE(queue, queue_list, NULL);

static const struct shape_member waiting_list[] = {
	IS(position),
	IS(call),
	OR(caller),
	IS(state),
	IS(waited_ms),
	OR(skills),
	OR(ring),
	OR(priority),
	OR(lacks),
};
static SHAPE(waiting, waiting_list, NULL);
static const struct shape_member member_list[] = {
	IS(agent),
	IS(state),
	IS(for_ms),
	OR(ring),
	OR(reserve),
};
static SHAPE(queue_member, member_list, NULL);
static const struct shape_member ring_list[] = {
	IS(ring),
	IS(after_ms),
	OR(skills),
	OR(priority),
	IS(agents),
};
static SHAPE(ring, ring_list, NULL);
static const struct shape_member queue_details_list[] = {
	OR(weight),
	IS(serve_within_ms),
	OR(reserve),
	OR(reserve_from),
	OR(reserve_to),
	OR(reserve_wait_ms),
	OR(reserve_why),
	ROWS(rings, ring),
	ROWS(callers, waiting),
	ROWS(members, queue_member),
};
SHAPE(queue_details, queue_details_list, &shape_queue);

static const struct shape_member agent_list[] = {
	IS(agent),
	OR(display),
	OR(tenant),
	IS(state),
	OR(why),
	OR(pause),
	OR(pause_code),
	IS(for_ms),
	OR(left_ms),
	IS(registered),
	IS(wants_calls),
	OR(call),
	IS(queues),
	OR(skills),
	IS(offered),
	IS(answered_calls),
	IS(missed),
	IS(talked_ms),
	OR(since),
	IS(leaving),
	OR(site),
	OR(shift),
	OR(team),
	OR(group),
	OR(region),
};
SHAPE(agent, agent_list, NULL);

static const struct shape_member registration_list[] = {
	IS(agent),
	OR(tenant),
	OR(contact),
	OR(source),
	IS(transport),
	IS(expires),
	OR(user_agent),
};
SHAPE(registration, registration_list, NULL);

static const struct shape_member lockout_list[] = {
	OR(account),
	OR(address),
	IS(failures),
	IS(for_ms),
	IS(left_ms),
};
SHAPE(lockout, lockout_list, NULL);

static const struct shape_member trunk_list[] = {
	IS(trunk),
	IS(tenant),
	IS(in_progress),
	OR(calls_max),
	IS(taken_calls),
	IS(rejected),
	IS(calls_out),
	IS(out_in_progress),
	IS(failed_out),
	OR(last),
	OR(last_source),
	OR(since),
	IS(leaving),
};
SHAPE(trunk, trunk_list, NULL);
static const struct shape_member trunk_details_list[] = {IS(peers)};
SHAPE(trunk_details, trunk_details_list, &shape_trunk);

// --- the engine ---
static const struct shape_member session_list[] = {
	IS(worker),
	IS(rx_late),
	IS(rx_duplicate),
	IS(rx_reordered),
	IS(rx_dropped),
	IS(rx_moves),
	IS(concealed_ms),
	IS(locked),
	IS(speaks),
	OR(level_dbm0),
};
SHAPE(session, session_list, &shape_voice);

static const struct shape_member worker_list[] = {
	IS(worker),
	IS(cpu),
	IS(sessions),
	IS(busy_percent),
	IS(load_percent),
	IS(late_p99_us),
	IS(stolen_percent),
	IS(rx_packets),
	IS(tx_packets),
	IS(ticks),
	IS(ticks_late),
	IS(host_gaps),
	IS(host_gap_max_us),
	IS(tap_lost),
	IS(notices_lost),
};
SHAPE(worker, worker_list, NULL);

static const struct shape_member drop_list[] = {IS(reason), IS(packets), IS(meaning)};
SHAPE(drop, drop_list, NULL);

static const struct shape_member port_list[] = {
	IS(port),
	IS(kind),
	IS(mac),
	IS(up),
	IS(rx_packets),
	IS(tx_packets),
	IS(rx_bytes),
	IS(tx_bytes),
	IS(rx_missed),
	IS(rx_nombuf),
	IS(rx_errors),
	IS(tx_errors),
};
SHAPE(port, port_list, NULL);

static const struct shape_member address_list[] = {
	IS(name),
	OR(address),
	OR(external),
	OR(gateway),
	OR(gateway_known),
	IS(neighbours),
};
SHAPE(address, address_list, NULL);

static const struct shape_member name_list[] = {IS(name)};
SHAPE(a_name, name_list, NULL);

// --- what is done ---
static const struct shape_member deed_list[] = {IS(done)};
SHAPE(deed, deed_list, NULL);
