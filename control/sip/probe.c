// Asks a far end that sends nothing whether it is still there.
#include "control/sip/core.h"
#include "control/sip/leg.h"

static void end(struct ua_leg *leg, const char *reason)
{
	struct leg_end end = {UA_END_TIMEOUT, 0, reason};

	(void)dialog_bye(&leg->dialog, reason);
	leg_end_now(leg, &end);
}

// Whatever it answers it is there, unless it knows of no such dialog (RFC 3261 12.2.1.2).
static void on_answer(int err, const struct sip_msg *msg, void *arg)
{
	struct ua_leg *leg = arg;

	if (core.stopping || leg->state != LEG_UP || (msg && msg->scode < 200))
		return;
	if (!msg)
		end(leg, "no answer on hold");
	else if (msg->scode == 408 || msg->scode == 481)
		end(leg, "does not know of the call");
	else
		leg_tell_kind(leg, UA_ALIVE);
}

void ua_probe(struct ua_leg *leg)
{
	if (leg->state != LEG_UP || leg->probe)
		return;
	// What cannot be sent is as good as not answered; the owner hears so from the loop.
	if (dialog_options(&leg->dialog, &leg->probe, on_answer, leg)) {
		struct leg_end end = {UA_END_TIMEOUT, 0, "cannot be reached on hold"};
		leg_end_later(leg, &end);
	}
}

void ua_probe_over(struct ua_leg *leg)
{
	leg->probe = mem_deref(leg->probe);
}
