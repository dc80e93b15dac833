// A call's beginning as its owner: the answer, once its first record is written.
#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

struct call_verdict call_try_answer(struct call *c, const struct call_fact *f)
{
	const struct call_desk *desk = call_desk(c);
	if (!c->written || !leg_is_open(c->first.leg))
		return CALL_STAYS;
	if (desk != NULL && !leg_is_open(desk->party.leg))
		return CALL_STAYS;
	if (desk != NULL && !desk->dialled)
		return (struct call_verdict){.move = CALL_FETCH};
	return (struct call_verdict){.move = c->out != NULL ? CALL_CALL : CALL_ANSWER};
}

struct call_verdict call_open_answer(struct call *c, const struct call_verdict *v)
{
	timer_cancel(&c->timer);
	if (leg_answer(c->first.leg) != 0)
		return CALL_STAYS; // 488, or the caller is gone: its leg will say so
	c->record.answered = call_time_ns(c);
	c->calls->counts.answered++;
	story_plain(c, EVENT_CALL_ANSWERED);
	if (c->record_whole)
		recording_start(c);
	return CALL_STAYS;
}

struct call_verdict call_written(struct call *c, const struct call_fact *f)
{
	c->written = true;
	return call_try_answer(c, f);
}

struct call_verdict call_patience_over(struct call *c, const struct call_fact *f)
{
	log_warn("event log is slow: answered before its record was written call=%s", c->id_text);
	c->calls->counts.answered_unwritten++;
	return call_written(c, f);
}
