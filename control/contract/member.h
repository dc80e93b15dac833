// What JSON consists of: every member of every row and event, in one const table, and the shapes
// that are made of them. A name has one type, one unit and one meaning wherever it stands; in
// `status` the section belongs to the name.
//
// Who adds a member: its line into MEMBERS_* below, unless the name is there already, and its place
// in the shape of the row or event (shapes.c, shapes_events.c): IS where it is always there, OR
// where it may be null. Handlers hand over what they have, with json_pack; what goes out is made of
// it by shape_fit, in the order of the shape: unset members become null, ns become RFC 3339. The
// schemas of docs/schema, the header of --csv and the judges of the tests come from the same lines:
// `make docs` writes the first anew.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/eventlog/eventlog.h"
#include "control/contract/command.h"
#include "control/figures/table.h"

#define SHAPE_TIME_MAX 40

enum member_kind {
	MEMBER_TEXT,  // never "": then it is null
	MEMBER_CALL,  // 32 hex digits; "": null
	MEMBER_TIME,  // RFC 3339 in UTC with milliseconds or better; ns since 1970 from the handler
	MEMBER_COUNT, // an integer from 0
	MEMBER_STATUS,	// of SIP: 100 to 699; 0 from the handler: none
	MEMBER_INTEGER, // may be negative
	MEMBER_MS,	// a duration in whole milliseconds
	MEMBER_US,	// one that is finer, in microseconds
	MEMBER_PERCENT, // a number with a fraction
	MEMBER_FLAG,
	MEMBER_TEXTS,  // an array of texts
	MEMBER_OBJECT, // of a shape
	MEMBER_ROWS,   // an array of objects of a shape
	MEMBER_KINDS,
};

struct contract_member {
	const char *name; // "calls.started": in the section "calls" of `status`
	enum member_kind kind;
	const char *help; // what it says, without a full stop
};

// id, name, kind, help
#define MEMBERS(X)        \
	MEMBERS_CALL(X)   \
	MEMBERS_EVENT(X)  \
	MEMBERS_FIGURES   \
	MEMBERS_FLOOR(X)  \
	MEMBERS_MEDIA(X)  \
	MEMBERS_RECORD(X) \
	MEMBERS_STATUS(X)

#define MEMBERS_CALL(X)                                                                          \
	X(agent, "agent", TEXT, "name of the agent")                                             \
	X(agent_holds, "agent_holds", FLAG, "the agent has put the caller on hold")              \
	X(agent_media, "agent_media", OBJECT, "RTP figures of the agent's leg")                  \
	X(agent_sip_call_id, "agent_sip_call_id", TEXT, "SIP Call-ID of the agent's leg")        \
	X(answered, "answered", TIME, "when we answered the caller")                             \
	X(by, "by", TEXT, "who did it: caller, agent, system, operator, flow or signal")         \
	X(call, "call", CALL, "number of the call")                                              \
	X(called, "called", TEXT, "number that was called")                                      \
	X(called_sent, "called_sent", TEXT, "the called number as it came, if it was changed")   \
	X(caller, "caller", TEXT, "number of the caller")                                        \
	X(caller_holds, "caller_holds", FLAG, "the caller has put us on hold")                   \
	X(caller_media, "caller_media", OBJECT, "RTP figures of the caller's leg")               \
	X(caller_name, "caller_name", TEXT, "name that the caller gave")                         \
	X(caller_sent, "caller_sent", TEXT, "the caller's number as it came, if it was changed") \
	X(conference, "conference", TEXT, "name of the conference")                              \
	X(connected, "connected", TIME, "when an agent and the caller were connected")           \
	X(count, "count", COUNT,                                                                 \
		"calls that this stands for: more than one of those refused together")           \
	X(digits, "digits", TEXT, "what the caller pressed; x for what was masked")              \
	X(direction, "direction", TEXT, "in; out: called by us")                                 \
	X(ended, "ended", TIME, "when it ended")                                                 \
	X(flow, "flow", TEXT, "name of the flow")                                                \
	X(masked, "masked", FLAG, "the caller's digits are hidden now")                          \
	X(monitor_agent, "monitor_agent", TEXT, "agent who supervises it")                       \
	X(monitor_mode, "monitor_mode", TEXT, "how the supervisor is on it")                     \
	X(number, "number", TEXT, "the number of the configuration that took the call")          \
	X(original_called, "original_called", TEXT, "whom the caller called at first")           \
	X(position, "position", COUNT, "place in the queue, from 1")                             \
	X(privacy, "privacy", TEXT, "privacy that the caller asked for")                         \
	X(queue, "queue", TEXT, "name of the queue")                                             \
	X(recording, "recording", TEXT, "id of the recording")                                   \
	X(redirect_reason, "redirect_reason", TEXT, "why the call was sent on to us")            \
	X(redirected_by, "redirected_by", TEXT, "who sent the call on to us")                    \
	X(region, "region", TEXT, "name of its region; null: of none")                           \
	X(ring, "ring", COUNT, "ring that the caller has come to; of an agent: that takes it")   \
	X(sip_call_id, "sip_call_id", TEXT, "SIP Call-ID of the caller's leg")                   \
	X(segments, "segments", ROWS,                                                            \
		"its waits in queues and conversations, one after the other")                    \
	X(skills, "skills", TEXT,                                                                \
		"skills with levels: of the agent, or least ones that are asked for")            \
	X(started, "started", TIME, "when it began")                                             \
	X(state, "state", TEXT, "what it does now")                                              \
	X(status, "status", STATUS, "SIP status")                                                \
	X(step, "step", TEXT, "step of the flow")                                                \
	X(talked_ms, "talked_ms", MS, "in conversation")                                         \
	X(tenant, "tenant", TEXT, "name of the tenant")                                          \
	X(total_ms, "total_ms", MS, "from its beginning to its end, or to now")                  \
	X(trunk, "trunk", TEXT, "name of the trunk")                                             \
	X(waited_ms, "waited_ms", MS, "in queues")                                               \
	X(where, "where", TEXT, "where it was when it ended")                                    \
	X(why, "why", TEXT, "the reason")

#define MEMBERS_EVENT(X)                                                                        \
	X(added, "added", COUNT, "entries of the configuration that are new")                   \
	X(body, "body", OBJECT, "what the event tells")                                         \
	X(by_agent, "by_agent", TEXT, "the agent whose phone calls")                            \
	X(call_id, "call_id", TEXT, "SIP Call-ID of the registration")                          \
	X(changed, "changed", COUNT, "entries of the configuration that are other than before") \
	X(cseq, "cseq", COUNT, "SIP CSeq of the registration")                                  \
	X(decision, "decision", COUNT, "number of the router's decision")                       \
	X(candidates, "candidates", ROWS, "the best eight that were ready, best first")         \
	X(digit, "digit", TEXT, "digit that was pressed; x: masked")                            \
	X(dropped, "dropped", COUNT, "records that were lost")                                  \
	X(dropped_by, "dropped_by", TEXT, "agents who answered and hung up at once")            \
	X(event, "event", TEXT, "type of the event")                                            \
	X(from, "from", TEXT, "what it was before, or who sent")                                \
	X(instance, "instance", TEXT, "+sip.instance of the phone")                             \
	X(lifted, "lifted", COUNT, "lockouts that were lifted")                                 \
	X(limit_ms, "limit_ms", MS, "calls that are left then are ended")                       \
	X(mode, "mode", TEXT, "listen, whisper or barge")                                       \
	X(name, "name", TEXT, "which one, where there are several")                             \
	X(cancelled, "cancelled", FLAG, "the drain was taken back")                             \
	X(of, "of", TEXT, "whose it was, or all")                                               \
	X(open_calls, "open_calls", COUNT, "calls that are open")                               \
	X(over, "over", FLAG, "the trouble has passed")                                         \
	X(outcome, "outcome", TEXT, "how the offer ended; null: it has not yet")                \
	X(pid, "pid", COUNT, "process that asked for it")                                       \
	X(previous, "previous", TEXT, "how the process before ended")                           \
	X(removed, "removed", COUNT, "entries of the configuration that are gone")              \
	X(score, "score", COUNT, "what the policy goes by; a time in ms")                       \
	X(seed, "seed", TEXT, "seed of the router's decision")                                  \
	X(sequence, "sequence", COUNT, "number of the event")                                   \
	X(side, "side", TEXT, "caller or agent")                                                \
	X(sources, "sources", TEXT, "how it came: i in-band, e telephone-event, s SIP INFO")    \
	X(text, "text", TEXT, "in words, or as it was sent")                                    \
	X(time, "time", TIME, "when it happened")                                               \
	X(to, "to", TEXT, "what it is now, or who was sent to")                                 \
	X(topic, "topic", TEXT, "kind of the trouble")                                          \
	X(uid, "uid", COUNT, "user who asked for it")                                           \
	X(until, "until", TIME, "when the state ends by itself")                                \
	X(value, "value", TEXT, "text of the variable; x: masked digits")                       \
	X(variable, "variable", TEXT, "what a flow has noted")                                  \
	X(waiting_ms, "waiting_ms", MS, "since it joined the queue")

#define MEMBERS_OF_COUNTER(name, source, unit, sql, help) X(name, #name, unit, help)
#define MEMBERS_OF_FIGURE(name, chinese, unit, source, above, below, help) \
	X(name, #name, unit, help)
#define MEMBERS_FIGURES                                                                   \
	X(local_time, "local_time", TEXT, "when the interval begins, in the node's zone") \
	FIGURES_COUNTERS(MEMBERS_OF_COUNTER)                                              \
	FIGURES(MEMBERS_OF_FIGURE)

#define MEMBERS_FLOOR(X)                                                                          \
	X(abandoned, "abandoned", COUNT, "callers who hung up in the queue")                      \
	X(account, "account", TEXT, "name that is locked out")                                    \
	X(after_ms, "after_ms", MS, "once a caller has waited for so long")                       \
	X(agents, "agents", COUNT, "agents of the queue")                                         \
	X(answered_calls, "answered_calls", COUNT, "calls that were answered")                    \
	X(callers, "callers", ROWS, "who is in it")                                               \
	X(calls_max, "calls_max", COUNT, "calls at a time; null: as many as come")                \
	X(calls_out, "calls_out", COUNT, "calls that went out through the trunk")                 \
	X(contact, "contact", TEXT, "SIP Contact of the phone")                                   \
	X(display, "display", TEXT, "name for people")                                            \
	X(expires, "expires", TIME, "when the registration ends unless it is refreshed")          \
	X(failed_out, "failed_out", COUNT, "calls out that nobody answered")                      \
	X(failures, "failures", COUNT, "wrong passwords")                                         \
	X(for_ms, "for_ms", MS, "since it is so")                                                 \
	X(gain_db, "gain_db", INTEGER, "how loud the others hear the caller, in dB")              \
	X(group, "group", TEXT, "group of agents that it counts for")                             \
	X(holds, "holds", FLAG, "has put the conference on hold")                                 \
	X(how_many, "how_many", COUNT, "agents or callers that it is said of")                    \
	X(in_level_percent, "in_level_percent", PERCENT, "answered within the service level")     \
	X(in_progress, "in_progress", COUNT, "calls now")                                         \
	X(joined, "joined", COUNT, "callers who came into the queue")                             \
	X(leaving, "leaving", FLAG, "not configured any more, and in use still")                  \
	X(lacks, "lacks", TEXT, "why nobody can take the caller, or who alone may")               \
	X(last, "last", TIME, "when the last call came")                                          \
	X(last_source, "last_source", TEXT, "address from which it came")                         \
	X(left_ms, "left_ms", MS, "until the state ends by itself")                               \
	X(longest_wait_ms, "longest_wait_ms", MS, "wait of the first in the queue")               \
	X(members, "members", ROWS, "agents of the queue")                                        \
	X(missed, "missed", COUNT, "calls offered and not answered")                              \
	X(muted, "muted", FLAG, "is not heard")                                                   \
	X(offered, "offered", COUNT, "offers of a call to an agent")                              \
	X(out_in_progress, "out_in_progress", COUNT, "of the calls now those that went out")      \
	X(pause, "pause", TEXT, "what the agent is away for")                                     \
	X(pause_code, "pause_code", TEXT, "its code in the configuration")                        \
	X(parties, "parties", COUNT, "callers in the conference")                                 \
	X(parties_max, "parties_max", COUNT, "callers that may be in it")                         \
	X(peers, "peers", TEXTS, "networks of the trunk")                                         \
	X(policy, "policy", TEXT, "how the queue chooses")                                        \
	X(priority, "priority", COUNT, "of the caller, from 0: served first")                     \
	X(queues, "queues", TEXTS, "queues of the agent")                                         \
	X(ready, "ready", COUNT, "agents who take calls")                                         \
	X(refused, "refused", COUNT, "calls that were refused")                                   \
	X(registered, "registered", FLAG, "a phone of the agent is registered")                   \
	X(rejected, "rejected", COUNT, "calls of the trunk that were rejected")                   \
	X(reserve, "reserve", TEXT, "called, held back; of an agent: of the reserve")             \
	X(reserve_from, "reserve_from", COUNT, "callers from which on the reserve is called")     \
	X(reserve_to, "reserve_to", COUNT, "callers at which it is sent back")                    \
	X(reserve_wait_ms, "reserve_wait_ms", MS, "wait of a caller that calls the reserve")      \
	X(reserve_why, "reserve_why", TEXT, "what the reserve is called by, or held until")       \
	X(rings, "rings", ROWS, "how the queue widens for who has waited")                        \
	X(service_level_ms, "service_level_ms", MS, "wait within which calls are to be answered") \
	X(serve_within_ms, "serve_within_ms", MS, "until the time of its callers is up")          \
	X(shift, "shift", TEXT, "shift that it counts for")                                       \
	X(since, "since", TIME, "when its figures began; they go on over restarts")               \
	X(site, "site", TEXT, "site that it counts for")                                          \
	X(source, "source", TEXT, "address from which it came")                                   \
	X(taken_calls, "taken_calls", COUNT, "calls that the trunk brought")                      \
	X(states, "states", ROWS, "agents that could take a call, by what they do")               \
	X(talking, "talking", COUNT, "agents in conversation")                                    \
	X(team, "team", TEXT, "team that it counts for")                                          \
	X(timed_out, "timed_out", COUNT, "callers who waited too long")                           \
	X(transport, "transport", TEXT, "udp or tcp")                                             \
	X(user_agent, "user_agent", TEXT, "what the phone calls itself")                          \
	X(waited_mean_ms, "waited_mean_ms", MS, "mean wait of the answered")                      \
	X(waiting, "waiting", COUNT, "callers who wait")                                          \
	X(wants_calls, "wants_calls", FLAG, "the agent wants calls when the state is over")       \
	X(weight, "weight", COUNT, "against other queues of the same agents")

#define MEMBERS_MEDIA(X)                                                                \
	X(address, "address", TEXT, "IP address")                                       \
	X(busy_percent, "busy_percent", PERCENT, "share of the time at work")           \
	X(codec, "codec", TEXT, "codec of the session")                                 \
	X(concealed_ms, "concealed_ms", MS, "sound that was made up for what was lost") \
	X(cpu, "cpu", COUNT, "CPU of the worker")                                       \
	X(digits_heard, "digits_heard", COUNT, "digits that were heard")                \
	X(external, "external", TEXT, "address that is told to the far end")            \
	X(far_lost, "far_lost", COUNT, "packets that the far end missed")               \
	X(gateway, "gateway", TEXT, "next hop")                                         \
	X(gateway_known, "gateway_known", FLAG, "the gateway answers")                  \
	X(host_gap_max_us, "host_gap_max_us", US, "longest standstill of the host")     \
	X(host_gaps, "host_gaps", COUNT, "standstills of the host")                     \
	X(jitter_buffer_ms, "jitter_buffer_ms", MS, "delay of the jitter buffer")       \
	X(jitter_us, "jitter_us", US, "jitter of what is received (RFC 3550)")          \
	X(kind, "kind", TEXT, "kind of the port")                                       \
	X(late_p99_us, "late_p99_us", US, "lateness that 99 % of ticks are below")      \
	X(legs_alone, "legs_alone", COUNT, "of agents' phones, that no state knew of")  \
	X(level_dbm0, "level_dbm0", INTEGER, "level of what is received, in dBm0")      \
	X(late_answers, "late_answers", COUNT, "to flows that wait no more")            \
	X(load_percent, "load_percent", PERCENT, "of what can be borne")                \
	X(local, "local", TEXT, "our address")                                          \
	X(locked, "locked", FLAG, "the far end's address is held")                      \
	X(mac, "mac", TEXT, "MAC address")                                              \
	X(meaning, "meaning", TEXT, "what the reason means")                            \
	X(neighbours, "neighbours", COUNT, "hosts known on the link")                   \
	X(notices_lost, "notices_lost", COUNT, "notices to control that were lost")     \
	X(packets, "packets", COUNT, "packets")                                         \
	X(port, "port", TEXT, "name of the port")                                       \
	X(reason, "reason", TEXT, "why packets were dropped")                           \
	X(remote, "remote", TEXT, "the far end's address")                              \
	X(round_trip_us, "round_trip_us", US, "there and back (RTCP)")                  \
	X(rx_bytes, "rx_bytes", COUNT, "octets received")                               \
	X(rx_dropped, "rx_dropped", COUNT, "packets received and not used")             \
	X(rx_duplicate, "rx_duplicate", COUNT, "packets received twice")                \
	X(rx_errors, "rx_errors", COUNT, "packets received damaged")                    \
	X(rx_late, "rx_late", COUNT, "packets that came too late")                      \
	X(rx_lost, "rx_lost", COUNT, "packets that did not come")                       \
	X(rx_missed, "rx_missed", COUNT, "packets lost before the engine saw them")     \
	X(rx_moves, "rx_moves", COUNT, "changes of the far end's address")              \
	X(rx_nombuf, "rx_nombuf", COUNT, "packets lost for want of a buffer")           \
	X(rx_packets, "rx_packets", COUNT, "packets received")                          \
	X(rx_reordered, "rx_reordered", COUNT, "packets that came out of order")        \
	X(session, "session", TEXT, "number of the session")                            \
	X(sessions, "sessions", COUNT, "sessions that are open")                        \
	X(speaks, "speaks", FLAG, "somebody speaks")                                    \
	X(stolen_percent, "stolen_percent", PERCENT, "time that the host took away")    \
	X(tap_lost, "tap_lost", COUNT, "frames that were not recorded")                 \
	X(ticks, "ticks", COUNT, "ticks of 20 ms")                                      \
	X(ticks_late, "ticks_late", COUNT, "ticks that came late")                      \
	X(tx_bytes, "tx_bytes", COUNT, "octets sent")                                   \
	X(tx_errors, "tx_errors", COUNT, "packets that could not be sent")              \
	X(tx_packets, "tx_packets", COUNT, "packets sent")                              \
	X(up, "up", FLAG, "the port has a link")                                        \
	X(worker, "worker", COUNT, "number of the worker")

#define MEMBERS_RECORD(X)                                                                  \
	X(bytes, "bytes", COUNT, "that the file takes on the disk")                        \
	X(crc32c, "crc32c", COUNT, "CRC-32C of the sound")                                 \
	X(file, "file", TEXT, "path of the file")                                          \
	X(id, "id", TEXT, "id of the recording")                                           \
	X(latin1, "latin1", FLAG, "the text has a character for each octet")               \
	X(law, "law", TEXT, "ulaw or alaw")                                                \
	X(left_late, "left_late", COUNT, "frames of the caller's side that came too late") \
	X(left_lost, "left_lost", COUNT, "frames of the caller's side that were lost")     \
	X(left_seen, "left_seen", COUNT, "frames of the caller's side that came")          \
	X(left_written, "left_written", COUNT, "frames of the caller's side in the file")  \
	X(problem, "problem", TEXT, "what is wrong with it")                               \
	X(recovered, "recovered", FLAG, "it was closed by the start after a kill")         \
	X(result, "result", TEXT, "ok, bad or open")                                       \
	X(right_late, "right_late", COUNT, "frames of our side that came too late")        \
	X(right_lost, "right_lost", COUNT, "frames of our side that were lost")            \
	X(right_seen, "right_seen", COUNT, "frames of our side that came")                 \
	X(right_written, "right_written", COUNT, "frames of our side in the file")         \
	X(samples, "samples", COUNT, "samples of each side, 8000 a second")                \
	X(sent, "sent", FLAG, "by us")

#define MEMBERS_STATUS(X)                                                                         \
	X(accept_failed, "accept_failed", COUNT, "connections that could not be taken")           \
	X(auth_failed, "auth_failed", COUNT, "wrong passwords")                                   \
	X(backlog, "backlog", COUNT, "commands to the engine that wait")                          \
	X(calls, "calls", OBJECT, "calls")                                                        \
	X(calls_alive, "calls.alive", COUNT, "calls now")                                         \
	X(calls_answered, "calls.answered", COUNT, "calls answered since the start")              \
	X(calls_connected, "calls.connected", COUNT, "calls connected since the start")           \
	X(calls_ended, "calls.ended", COUNT, "calls ended since the start")                       \
	X(calls_recording, "calls.recording", COUNT, "calls that are recorded now")               \
	X(calls_started, "calls.started", COUNT, "calls begun since the start")                   \
	X(compiler, "compiler", TEXT, "compiler of this build")                                   \
	X(configuration, "configuration", TEXT, "file of the configuration")                      \
	X(connections, "connections", OBJECT, "SIP over TCP")                                     \
	X(descriptors_allowed, "descriptors_allowed", COUNT, "file descriptors that it may have") \
	X(descriptors_needed, "descriptors_needed", COUNT, "and may need")                        \
	X(dialog_refused, "dialog_refused", COUNT, "requests in a dialog from a stranger")        \
	X(disk_full, "disk_full", FLAG, "the recording disk is full")                             \
	X(done, "done", TEXT, "what was done, in a sentence")                                     \
	X(dpdk, "dpdk", TEXT, "version of DPDK")                                                  \
	X(events, "events", COUNT, "events appended")                                             \
	X(events_stored, "events_stored", COUNT, "events that the store has taken in")            \
	X(events_written, "events_written", COUNT, "events in the file")                          \
	X(forks_ended, "forks_ended", COUNT, "second answers to one INVITE that were ended")      \
	X(frames_lost, "frames_lost", COUNT, "frames that were not recorded")                     \
	X(jansson, "jansson", TEXT, "version of jansson")                                         \
	X(kernel, "kernel", TEXT, "version of the kernel")                                        \
	X(known, "known", COUNT, "connections of known peers")                                    \
	X(late_200, "late_200", COUNT, "answers that came after the CANCEL")                      \
	X(legs, "legs", COUNT, "SIP legs now")                                                    \
	X(libraries, "libraries", OBJECT, "libraries of this build")                              \
	X(libre, "libre", TEXT, "version of libre")                                               \
	X(liburing, "liburing", TEXT, "version of liburing")                                      \
	X(libyaml, "libyaml", TEXT, "version of libyaml")                                         \
	X(load, "load", OBJECT, "load and what is refused for it")                                \
	X(locked_out, "locked_out", COUNT, "tries while locked out")                              \
	X(lockouts, "lockouts", COUNT, "lockouts that stand")                                     \
	X(log_damaged, "log_damaged", COUNT, "places of the event log that cannot be read")       \
	X(log_error, "log_error", TEXT, "why the event log cannot be written")                    \
	X(malformed, "malformed", COUNT, "SIP messages that are none")                            \
	X(media, "media", OBJECT, "the engine")                                                   \
	X(missed_percent, "missed_percent", PERCENT, "packets lost before the engine saw them")   \
	X(g722_coders, "g722_coders", COUNT, "coders of G.722 in use")                            \
	X(g722_coders_max, "g722_coders_max", COUNT, "coders of G.722 that there are")            \
	X(opus_coders, "opus_coders", COUNT, "coders of Opus in use")                             \
	X(opus_coders_max, "opus_coders_max", COUNT, "coders of Opus that there are")             \
	X(mixed_parties, "mixed_parties", COUNT, "places taken in mixing bridges")                \
	X(mixed_parties_max, "mixed_parties_max", COUNT, "places that there are in them")         \
	X(mixers, "mixers", COUNT, "mixing bridges in use")                                       \
	X(mixers_max, "mixers_max", COUNT, "mixing bridges that there are")                       \
	X(nearest, "nearest", TEXT, "which sign of load is nearest to its limit")                 \
	X(not_ready_why, "not_ready_why", TEXT, "why no new calls are taken")                     \
	X(takes_calls, "takes_calls", FLAG, "new calls are taken: `ringctl status --ready`")      \
	X(node, "node", TEXT, "name of the node")                                                 \
	X(over_rate, "over_rate", COUNT, "calls above the rate of their trunk")                   \
	X(overload, "overload", FLAG, "new calls are refused")                                    \
	X(rate_limited, "rate_limited", COUNT, "requests of strangers above their rate")          \
	X(recorded_bytes, "recorded_bytes", COUNT, "octets recorded since the start")             \
	X(recordings_max, "recordings_max", COUNT, "recordings that may be open at once")         \
	X(recordings_open, "recordings_open", COUNT, "recordings that are written now")           \
	X(refusing_percent, "refusing_percent", PERCENT, "share of new calls that is refused")    \
	X(ringhall, "ringhall", TEXT, "version of ringhall")                                      \
	X(sip, "sip", OBJECT, "SIP")                                                              \
	X(spandsp, "spandsp", TEXT, "version of SpanDSP")                                         \
	X(sqlite3, "sqlite3", TEXT, "version of SQLite")                                          \
	X(states_mended, "states_mended", COUNT, "of agents, that did not fit their legs")        \
	X(storage, "storage", OBJECT, "event log, store and recorder")                            \
	X(store_error, "store_error", TEXT, "why the store cannot commit")                        \
	X(store_trouble, "store_trouble", TEXT, "what stands of the store's troubles")            \
	X(strangers, "strangers", COUNT, "connections of strangers")                              \
	X(strangers_closed, "strangers_closed", COUNT, "of them closed for others")               \
	X(strangers_max, "strangers_max", COUNT, "of them allowed")                               \
	X(strangers_refused, "strangers_refused", COUNT, "of them refused")                       \
	X(surprises, "surprises", COUNT, "things that should not happen")                         \
	X(tap_ring_percent, "tap_ring_percent", PERCENT, "how full the recorder's ring was")      \
	X(unknown_source, "unknown_source", COUNT, "requests from no peer")                       \
	X(up_ms, "up_ms", MS, "since the start")                                                  \
	X(version, "version", TEXT, "version of ringhall")                                        \
	X(workers, "workers", COUNT, "workers of the engine")

enum member_id {
#define X(id, name, kind, help) MEMBER_##id,
	MEMBERS(X)
#undef X
		MEMBER_COUNT_ALL,
};

extern const struct contract_member members[MEMBER_COUNT_ALL];

struct shape;

struct shape_member {
	const struct contract_member *is;
	enum { SHAPE_ALWAYS, SHAPE_OR_NULL, SHAPE_OR_ZERO, SHAPE_OR_ONE } missing;
	const struct shape *of; // of an object, and of each of rows
	const char *raw;	// its name in the event log and the store; NULL: the same
};

#define IS(id)                                      \
	{                                           \
		&members[MEMBER_##id], SHAPE_ALWAYS \
	}
#define OR(id)                                       \
	{                                            \
		&members[MEMBER_##id], SHAPE_OR_NULL \
	} // null where it is unset
#define OR_ZERO(id)                                  \
	{                                            \
		&members[MEMBER_##id], SHAPE_OR_ZERO \
	} // 0 where nothing was told
#define OR_ONE(id)                                  \
	{                                           \
		&members[MEMBER_##id], SHAPE_OR_ONE \
	}
#define RAW(id, raw)                                            \
	{                                                       \
		&members[MEMBER_##id], SHAPE_OR_NULL, NULL, raw \
	}
#define OBJECT(id, of)                                           \
	{                                                        \
		&members[MEMBER_##id], SHAPE_ALWAYS, &shape_##of \
	}
#define OR_OBJECT(id, of)                                         \
	{                                                         \
		&members[MEMBER_##id], SHAPE_OR_NULL, &shape_##of \
	}
#define ROWS(id, of)                                             \
	{                                                        \
		&members[MEMBER_##id], SHAPE_ALWAYS, &shape_##of \
	}

struct shape {
	const char *name; // in the schema
	const struct shape_member *members;
	size_t count;
	const struct shape *base; // whose members come first; NULL: none
};

#define SHAPE(id, list, base) \
	const struct shape shape_##id = {#id, list, sizeof(list) / sizeof((list)[0]), base}

// Those that commands answer in, by the names in their rows.
#define X(id, words, args, help, least, most, options, flags, of) \
	extern const struct shape shape_##of;
COMMANDS(X)
#undef X

extern const struct shape shape_candidate; // of rows and of an event

// Of a row of the command's answer; NULL: it is ringctl's own. shape_event is what all events
// share.
const struct shape *shape_of_command(enum command_id command);
const struct shape *shape_of_event(enum event_type type); // of its body; NULL: no such type
size_t shape_count(const struct shape *s);
const struct shape_member *shape_member(const struct shape *s, size_t i); // its base's first
// Its text member of that name; "": it has none.
const char *member_text(const json_t *row, const char *name);
const char *member_name(const struct contract_member *m); // as it stands in JSON
// The row in the form of its shape; takes the reference, returns another one. Members that the
// shape does not know stay, for a test to find; arrays of rows that it lacks come later, in parts.
// NULL: it was NULL, or no memory.
json_t *shape_fit(const struct shape *s, json_t *raw);
// Of the rows of an array of that name; NULL: it has none.
const struct shape *shape_rows(const struct shape *s, const char *name);
char *shape_time(uint64_t wall_ns, unsigned digits, char out[SHAPE_TIME_MAX]); // of the second
