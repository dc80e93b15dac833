// Asks a far end whether it is still there: one that sends nothing, and one that somebody else says
// has hung up.
#include "control/sip/dialog/leg.h"
#include "control/sip/shared.h"

static void end(struct ua_leg *leg, const char *reason)
{
	struct leg_end end = {leg->doubted ? UA_END_BYE : UA_END_TIMEOUT, 0, reason};

	(void)dialog_bye(&leg->dialog, reason);
	leg_end_now(leg, &end);
}

// Whatever it answers it is there, unless it knows of no such dialog (RFC 3261 12.2.1.2).
static void on_answer(enum ask_end how, const struct sip_msg *msg, void *arg)
{
	struct ua_leg *leg = arg;
	bool asked = leg->asked;

	if (ua_leg_input(leg, LEG_IN_PROBED) != LEG_DOES)
		return;
	if (how == ASK_SILENT) {
		end(leg, leg->doubted ? "no answer after a BYE" : "no answer on hold");
		return;
	}
	if (how == ASK_GONE) {
		end(leg, "does not know of the call");
		return;
	}
	leg->asked = leg->doubted = false;
	if (asked)
		leg_tell_kind(leg, UA_ALIVE);
}

static int ask(struct ua_leg *leg)
{
	struct ask_what what = {
		"OPTIONS", "Accept: application/sdp\r\n", NULL, leg->path, on_answer, leg};

	return leg->probe ? 0 : ask_send(&leg->probe, &leg->dialog, &what);
}

void ua_probe(struct ua_leg *leg)
{
	if (ua_leg_input(leg, LEG_IN_PROBE) != LEG_DOES || leg->asked)
		return;
	leg->asked = true;
	// What cannot be sent is as good as not answered; the owner hears so from the loop.
	if (ask(leg)) {
		struct leg_end end = {UA_END_TIMEOUT, 0, "cannot be reached on hold"};
		leg_end_later(leg, &end);
	}
}

void ua_probe_over(struct ua_leg *leg)
{
	leg->asked = false;
	if (!leg->doubted)
		ask_drop(&leg->probe);
}

// What cannot be sent proves nothing here.
void probe_doubt(struct ua_leg *leg)
{
	leg->doubted = ask(leg) == 0;
}
