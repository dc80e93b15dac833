// Sends a 200 and waits for its ACK.
#include "control/sip/dialog/answer.h"

#include <string.h>

#include "control/sip/shared.h"

void answer_warning(const struct sip_msg *msg, enum sdp_refusal why, char *headers, size_t size)
{
	if (re_snprintf(headers, size, "Warning: %u %j \"%s\"\r\n", sdp_warning(why), &msg->dst,
		    sdp_refusal_text(why)) < 0)
		*headers = '\0';
}

void answer_refusal(struct stack_end *end, const struct sip_msg *msg, struct sip_strans **st,
	enum sdp_refusal why)
{
	bool malformed = why == SDP_MALFORMED;
	char warning[256];

	answer_warning(msg, why, warning, sizeof(warning));
	(void)sip_treplyf(st, NULL, end->sip, msg, false, malformed ? 400 : 488,
		malformed ? "Bad Session Description" : "Not Acceptable Here",
		"%sContent-Length: 0\r\n\r\n", warning);
}

static void repeat(void *arg)
{
	struct answer *a = arg;

	if (timers_now_ms(a->end->ua->timers) >= a->deadline_ms) {
		answer_drop(a);
		a->lost(a->arg);
		return;
	}
	enum sip_transp tp = a->msg->tp;
	(void)sip_send(a->end->sip, a->msg->sock, tp, &a->dst, a->mb);
	a->interval_ms = a->interval_ms * 2 < ANSWER_T2_MS ? a->interval_ms * 2 : ANSWER_T2_MS;
	uint64_t left_ms = a->deadline_ms - timers_now_ms(a->end->ua->timers);
	timer_start(a->end->ua->timers, &a->timer,
		a->interval_ms < left_ms ? a->interval_ms : left_ms, repeat, a);
}

int answer_send(struct answer *a, struct sip_strans **st, const struct answer_text *text)
{
	struct pl rport;
	int err;

	a->mb = NULL;
	err = sip_treplyf(st, &a->mb, a->end->sip, a->msg, true, 200, "OK",
		"Contact: %s\r\n%s%sContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
		text->contact, a->end->ua->allow, text->session, strlen(text->sdp), text->sdp);
	if (err)
		return -err;
	mem_ref(a->msg);
	sip_reply_addr(
		&a->dst, a->msg, msg_param_exists(&a->msg->via.params, "rport", &rport) == 0);
	a->waiting = true;
	a->interval_ms = ANSWER_T1_MS;
	a->deadline_ms = timers_now_ms(a->end->ua->timers) + ANSWER_ECHO_MS;
	timer_start(a->end->ua->timers, &a->timer, a->interval_ms, repeat, a);
	return 0;
}

bool answer_acked(struct answer *a, const struct sip_msg *ack)
{
	if (!a->waiting || ack->cseq.num != a->msg->cseq.num)
		return false;
	answer_drop(a);
	return true;
}

void answer_drop(struct answer *a)
{
	if (!a->waiting)
		return;
	a->waiting = false;
	timer_cancel(&a->timer);
	a->mb = mem_deref(a->mb);
	a->msg = mem_deref(a->msg);
}
