// The tables of counters and of figures. Who adds a line here adds it to the answer, to the schema
// and to docs/figures.md: `make docs` writes those anew.
#pragma once

// Of segments s. Times are ns.
#define WAITED	  "(s.ended-s.started)"
#define ANSWERED  "s.why='connected'"
#define ABANDONED "s.why='abandoned'"
#define WITHIN	  WAITED "<=:within*1000000000"
#define ABANDONED_IN(from, to) \
	"sum(" ABANDONED " AND " WAITED ">" #from "000000000 AND " WAITED "<=" #to "000000000)"
#define IN_STATE(states) "sum(CASE WHEN state IN (" states ") THEN ended-began ELSE 0 END)"
#define FIGURE_CALLS	 "coalesce(c.\"count\",1)"

// Whether the caller has tried it within an hour before: an index has those who got no agent. Who
// withholds the number is nobody's next try, and equal numbers of two tenants are two.
#define FIGURE_AGAIN                                                                       \
	"ltrim(coalesce(c.caller,''),'+') GLOB '[0-9]*' AND EXISTS (SELECT 1 FROM calls p" \
	" WHERE p.tenant IS c.tenant AND p.caller=c.caller AND p.called IS c.called AND"   \
	" p.started>=c.started-3600000000000 AND p.started<c.started AND"                  \
	" coalesce(p.connected,0)=0)"

// name, source, unit, SQL over the source's rows (of MS: ns), what it is. Each is a sum, that an
// interval's parts add up to.
#define FIGURES_COUNTERS(X)                                                                       \
	X(waits, WAITS, COUNT, "count(*)", "callers who joined a queue: offered calls")           \
	X(waits_answered, WAITS, COUNT, "sum(" ANSWERED ")", "of them those whom an agent took")  \
	X(waits_answered_within, WAITS, COUNT, "sum(" ANSWERED " AND " WITHIN ")",                \
		"of those whom an agent took those who waited no longer than the level")          \
	X(waits_abandoned, WAITS, COUNT, "sum(" ABANDONED ")",                                    \
		"callers who hung up while they "                                                 \
		"waited")                                                                         \
	X(waits_abandoned_within, WAITS, COUNT, "sum(" ABANDONED " AND " WITHIN ")",              \
		"of those who hung up those who waited no longer than the level")                 \
	X(waits_ended_otherwise, WAITS, COUNT, "sum(s.why NOT IN ('connected','abandoned'))",     \
		"neither: the queue was full or its limit over, the call was ended by others")    \
	X(waits_timed_out, WAITS, COUNT, "sum(s.why='timeout')",                                  \
		"ended otherwise: the limit of the wait was over")                                \
	X(waits_refused, WAITS, COUNT, "sum(s.why IN ('full','refused'))",                        \
		"ended otherwise: the queue was full, or could not take the caller")              \
	X(waits_answered_ms, WAITS, MS, "sum(CASE WHEN " ANSWERED " THEN " WAITED " ELSE 0 END)", \
		"waits of those whom an agent took, together")                                    \
	X(waits_abandoned_ms, WAITS, MS,                                                          \
		"sum(CASE WHEN " ABANDONED " THEN " WAITED " ELSE 0 END)",                        \
		"waits of those who hung up, together")                                           \
	X(waits_ended_otherwise_ms, WAITS, MS,                                                    \
		"sum(CASE WHEN s.why NOT IN ('connected','abandoned') THEN " WAITED               \
		" ELSE 0 END)",                                                                   \
		"waits that ended otherwise, together")                                           \
	X(abandoned_to_5s, WAITS, COUNT, ABANDONED_IN(-1, 5), "hung up within 5 s")               \
	X(abandoned_to_10s, WAITS, COUNT, ABANDONED_IN(5, 10), "hung up after 5 to 10 s")         \
	X(abandoned_to_20s, WAITS, COUNT, ABANDONED_IN(10, 20), "hung up after 10 to 20 s")       \
	X(abandoned_to_30s, WAITS, COUNT, ABANDONED_IN(20, 30), "hung up after 20 to 30 s")       \
	X(abandoned_to_60s, WAITS, COUNT, ABANDONED_IN(30, 60), "hung up after 30 to 60 s")       \
	X(abandoned_to_120s, WAITS, COUNT, ABANDONED_IN(60, 120), "hung up after 60 to 120 s")    \
	X(abandoned_later, WAITS, COUNT, "sum(" ABANDONED " AND " WAITED ">120000000000)",        \
		"hung up after more than 120 s")                                                  \
	X(conversations, TALKS, COUNT, "count(*)", "conversations with agents")                   \
	X(conversations_ms, TALKS, MS, "sum(s.ended-s.started)",                                  \
		"those together, with what was on hold")                                          \
	X(hold_ms, TALKS, MS, "coalesce(sum(s.hold_ms),0)*1000000",                               \
		"agents had their callers on hold")                                               \
	X(caller_hold_ms, TALKS, MS, "coalesce(sum(s.caller_hold_ms),0)*1000000",                 \
		"callers had their agents on hold")                                               \
	X(conversations_begun, WORK, COUNT, "sum(state='talking' AND changed)",                   \
		"times that an agent began to talk: calls that were handled")                     \
	X(ring_ms, WORK, MS, IN_STATE("'offered'"),                                               \
		"agents' phones rang, also for offers that they did not take")                    \
	X(talk_ms, WORK, MS, IN_STATE("'talking'"), "agents talked, or had the caller on hold")   \
	X(after_call_ms, WORK, MS, IN_STATE("'wrap-up'"), "agents' after-call work")              \
	X(idle_ms, STATES, MS, IN_STATE("'ready'"), "agents waited for a call")                   \
	X(signed_in_ms, STATES, MS,                                                               \
		"sum(CASE state WHEN 'signed-out' THEN 0 ELSE ended-began END)",                  \
		"agents were signed in, whatever they did")                                       \
	X(tries, TRIES, COUNT, "sum(" FIGURE_CALLS ")", "calls that came, refused ones too")      \
	X(tries_busy, TRIES, COUNT,                                                               \
		"sum(CASE WHEN c.status IN (486,503,600) THEN " FIGURE_CALLS " ELSE 0 END)",      \
		"of them those that found us busy: answered 486, 503 or 600")                     \
	X(tries_repeated, TRIES, COUNT, "sum(" FIGURE_AGAIN ")",                                  \
		"of them those whose caller had called the same number within an hour before, "   \
		"and had got no agent")

// name, Chinese, unit, source, dividend, divisor, what it is
#define FIGURES(X)                                                                           \
	X(answer_rate_percent, "接通率", PERCENT, WAITS, waits_answered, waits,              \
		"share of the offered calls that an agent took")                             \
	X(service_level_percent, "服務水準", PERCENT, WAITS, waits_answered_within, waits,   \
		"share of all offered calls that were answered within the level")            \
	X(service_level_stayed_percent, "服務水準（不計提早放棄）", PERCENT, WAITS,          \
		waits_answered_within, waits - waits_abandoned_within,                       \
		"the same of all but those who hung up before the level was over")           \
	X(answer_speed_ms, "平均應答速度", MS, WAITS, waits_answered_ms, waits_answered,     \
		"average speed of answer: mean wait of the answered")                        \
	X(abandon_rate_percent, "放棄率", PERCENT, WAITS, waits_abandoned, waits,            \
		"share of the offered calls whose caller hung up in the queue")              \
	X(abandon_wait_ms, "平均放棄等待", MS, WAITS, waits_abandoned_ms, waits_abandoned,   \
		"mean wait of those who hung up")                                            \
	X(ended_otherwise_wait_ms, "平均其他離開等待", MS, WAITS, waits_ended_otherwise_ms,  \
		waits_ended_otherwise,                                                       \
		"mean wait of those who were not answered and did not hang up")              \
	X(conversation_mean_ms, "平均通話時長", MS, TALKS, conversations_ms, conversations,  \
		"mean conversation, with what was on hold")                                  \
	X(hold_mean_ms, "平均保持時長", MS, TALKS, hold_ms, conversations,                   \
		"mean time that an agent had the caller on hold in a conversation")          \
	X(handling_ms, "通話均長", MS, WORK, ring_ms + talk_ms + after_call_ms,              \
		conversations_begun,                                                         \
		"average handling time: ring, talk with hold, and after-call work for a "    \
		"conversation")                                                              \
	X(occupancy_percent, "繁忙度", PERCENT, STATES, ring_ms + talk_ms + after_call_ms,   \
		ring_ms + talk_ms + after_call_ms + idle_ms,                                 \
		"share of the time with calls of the time with calls or free for them")      \
	X(utilisation_percent, "利用率", PERCENT, STATES, ring_ms + talk_ms + after_call_ms, \
		signed_in_ms, "share of the time with calls of the time signed in")          \
	X(tries_busy_percent, "忙線率", PERCENT, TRIES, tries_busy, tries,                   \
		"share of the calls that found us busy")                                     \
	X(tries_repeated_percent, "重撥率", PERCENT, TRIES, tries_repeated, tries,           \
		"share of the calls that were tried again")
