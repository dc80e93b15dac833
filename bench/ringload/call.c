// What happens to a caller's dialog: answers, refusals, silence, the end.
#include "bench/ringload/call.h"

#include <math.h>
#include <string.h>

#include "bench/ringload/agent.h"
#include "bench/ringload/pair.h"
#include "bench/ringload/send.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define T1_MS	   500u
#define T2_MS	   4000u
#define GIVE_UP_MS 32000u   // 64 * T1
#define RING_MS	   120000u  // a caller's patience
#define AGENT_MS   3600000u // an agent stays until the caller goes, with a bound

static uint32_t hold_ms(struct load *l, const struct hold *h)
{
	double dice = (rng_below(&l->rng, 1000000) + 1) / 1e6;

	if (h->kind == HOLD_UNIFORM)
		return h->low_ms + rng_below(&l->rng, h->high_ms - h->low_ms + 1);
	if (h->kind == HOLD_EXPONENTIAL) // cut at ten times the mean, so that a run ends
		return (uint32_t)(h->low_ms * fmin(-log(dice), 10));
	return h->low_ms;
}

static void call_resend_start(struct load *l, struct call *c)
{
	c->interval_ms = T1_MS;
	c->resend_until_ms = (uint32_t)load_now_ms() + GIVE_UP_MS;
	wheel_start(&l->wheel, &c->resend, load_now_ms() + T1_MS);
}

// Whether a number is one of those, between commas, whose callers press digits.
static bool call_presses(const struct profile *p, const char *dialled)
{
	size_t len = strlen(dialled);

	if (p->digits_numbers[0] == '\0')
		return p->digits[0] != '\0';
	for (const char *at = p->digits_numbers; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, dialled, len) == 0 && (at[len] == ',' || at[len] == '\0'))
			return p->digits[0] != '\0';
	}
	return false;
}

static enum digit_way call_digits(struct load *l, const char *dialled)
{
	const struct profile *p = l->profile;

	if (!call_presses(p, dialled) || rng_below(&l->rng, 1000000) >= p->digits_share * 1e6)
		return DIGITS_NONE;
	return rng_below(&l->rng, 1000000) < p->inband_share * 1e6 ? DIGITS_INBAND : DIGITS_EVENT;
}

void call_place(struct load *l, struct call *c, uint64_t now_ns)
{
	const struct profile *p = l->profile;
	bool six = l->local.family == ADDR_IP6;

	c->count = (uint32_t)l->counts.tried++;
	c->number = c->count % p->number.count;
	c->state = CALL_INVITING;
	c->incoming = false;
	c->began_ns = now_ns;
	c->answered_ns = 0;
	c->cseq = 1;
	c->stream.call = c->count;
	c->stream.digits = call_digits(l, p->number.item[c->number]);
	str_format(c->call_id, sizeof(c->call_id), "%u-%u-%llx@ringload", c->index, c->count,
		(unsigned long long)l->tag);
	str_format(c->target, sizeof(c->target), "sip:%s@%s", p->number.item[c->number],
		l->target_text);
	str_format(c->local, sizeof(c->local), "<sip:%s%u@%s%s%s>;tag=c%u", p->from, c->count,
		six ? "[" : "", l->local_ip, six ? "]" : "", c->count);
	str_format(c->remote, sizeof(c->remote), "<%s>", c->target);
	send_request(l, c, "INVITE");
	call_resend_start(l, c);
	wheel_start(&l->wheel, &c->life, load_now_ms() + RING_MS);
}

void call_up(struct load *l, struct call *c)
{
	wheel_cancel(&l->wheel, &c->resend);
	c->state = CALL_UP;
	const struct profile *p = l->profile;
	uint32_t ms = hold_ms(l, c->incoming ? &p->agent_talk : &p->hold);

	if (c->incoming && p->agent_talk.high_ms == 0)
		ms = AGENT_MS;
	if (c->incoming)
		pair_answered(l, c);
	else
		pair_waits(l, c);
	wheel_start(&l->wheel, &c->life, load_now_ms() + ms);
}

// Its place is free.
static void call_release(struct load *l, struct call *c)
{
	if (c->incoming) {
		agent_release(l, c);
		return;
	}
	pair_ended(l, c);
	l->alive--;
	l->free_places[l->free_count++] = c->index;
}

static void call_hush(struct load *l, struct call *c)
{
	if (c->stream.open)
		pair_hushed(l, c);
	load_hush(l, c);
}

static void call_end(struct load *l, struct call *c)
{
	call_hush(l, c);
	wheel_cancel(&l->wheel, &c->resend);
	wheel_cancel(&l->wheel, &c->life);
	c->state = CALL_FREE;
	call_release(l, c);
}

// The media must stay where the load may go, whatever an answer says.
static bool call_media(struct load *l, struct call *c, struct text body)
{
	struct message_media media;

	if (message_media_parse(body, &media) || media.remote.family != l->local.family ||
		!load_allows(l, &media.remote))
		return false;
	media_path_init(&c->stream.path, &media.remote);
	c->stream.event_pt = media.event_pt;
	return true;
}

static void call_accepted(struct load *l, struct call *c, const struct message *m, uint64_t now_ns)
{
	text_copy(c->remote, sizeof(c->remote), m->to);
	if (m->contact.p)
		text_copy(c->target, sizeof(c->target), text_uri(m->contact));
	send_ack(l, c, false);
	if (c->state == CALL_UP)
		return; // its 200 again
	c->answered_ns = now_ns;
	histogram_record(&l->counts.setup, now_ns - c->began_ns);
	l->counts.answered++;
	if (c->state == CALL_CANCELLED || !call_media(l, c, m->body)) {
		l->counts.bad_sdp += c->state != CALL_CANCELLED;
		c->state = CALL_UP;
		call_hang_up(l, c);
		return;
	}
	l->notes[c->count].answered = true;
	c->stream.prompt = &l->sounds.prompt[c->number];
	if (c->stream.prompt->len == 0)
		c->stream.prompt = NULL;
	load_listen(l, c);
	call_up(l, c);
}

static void call_refused(struct load *l, struct call *c, const struct message *m)
{
	struct load_counts *n = &l->counts;

	text_copy(c->remote, sizeof(c->remote), m->to);
	send_ack(l, c, true);
	n->status[m->status < STATUS_MAX ? m->status : STATUS_MAX - 1]++;
	if (m->retry_after) {
		n->retry_after++;
		if (m->retry_after > n->retry_after_max_s)
			n->retry_after_max_s = m->retry_after;
	}
	if (c->state == CALL_CANCELLED)
		n->cancelled++;
	else
		n->refused++;
	call_end(l, c);
}

void call_response(struct load *l, struct call *c, const struct message *m, uint64_t now_ns)
{
	if (text_is(m->cseq_method, "BYE") && c->state == CALL_ENDING && m->status >= 200) {
		l->counts.ended++;
		call_end(l, c);
		if (c->incoming)
			pair_freed(l, &l->agents[c->agent], now_ns);
		return;
	}
	if (!text_is(m->cseq_method, "INVITE") || c->incoming || c->state == CALL_ENDING)
		return;
	if (m->status < 200) {
		if (c->state == CALL_INVITING) {
			wheel_cancel(&l->wheel, &c->resend);
			c->state = CALL_RINGING;
		}
	} else if (m->status < 300) {
		call_accepted(l, c, m, now_ns);
	} else if (c->state != CALL_UP) {
		call_refused(l, c, m);
	}
}

void call_hang_up(struct load *l, struct call *c)
{
	if (c->state == CALL_RINGING || c->state == CALL_INVITING) {
		send_request(l, c, "CANCEL");
		c->state = CALL_CANCELLED;
		wheel_cancel(&l->wheel, &c->resend);
		wheel_start(&l->wheel, &c->life, load_now_ms() + GIVE_UP_MS);
	} else if (c->state == CALL_UP || c->state == CALL_ANSWERED) {
		call_hush(l, c);
		c->cseq++;
		c->state = CALL_ENDING;
		if (c->incoming)
			l->agents[c->agent].bye_ns = clock_mono_ns();
		send_request(l, c, "BYE");
		call_resend_start(l, c);
		wheel_cancel(&l->wheel, &c->life);
	}
}

void call_request(struct load *l, struct call *c, const struct message *m)
{
	if (text_is(m->method, "BYE")) {
		send_reply(l, m, 200, &l->target);
		l->counts.by_server += c->state == CALL_UP && !c->incoming;
		l->counts.ended++;
		call_end(l, c);
	} else if (text_is(m->method, "ACK")) {
		if (c->state == CALL_ANSWERED)
			call_up(l, c);
	} else if (text_is(m->method, "CANCEL")) {
		send_reply(l, m, 200, &l->target);
		if (c->state == CALL_OFFERED) {
			send_answer(l, c, 487);
			call_end(l, c);
		}
	} else {
		send_reply(l, m, text_is(m->method, "INVITE") ? 488 : 200, &l->target);
	}
}

// Nothing came back for 32 s.
static void call_lost(struct load *l, struct call *c)
{
	if (c->state == CALL_ENDING)
		l->counts.bye_lost++;
	else
		l->counts.timeouts++;
	if (c->state == CALL_ANSWERED)
		call_hang_up(l, c);
	else
		call_end(l, c);
}

void call_resend(struct load *l, struct call *c)
{
	if ((int32_t)((uint32_t)load_now_ms() - c->resend_until_ms) >= 0) {
		call_lost(l, c);
		return;
	}
	l->counts.resent++;
	if (c->state == CALL_ANSWERED)
		send_answer(l, c, 200);
	else
		send_request(l, c, c->state == CALL_ENDING ? "BYE" : "INVITE");
	c->interval_ms *= 2; // an INVITE's without a limit (RFC 3261, 17.1.1.2)
	if (c->state != CALL_INVITING && c->interval_ms > T2_MS)
		c->interval_ms = T2_MS;
	wheel_start(&l->wheel, &c->resend, load_now_ms() + c->interval_ms);
}

void call_life(struct load *l, struct call *c)
{
	if (c->state == CALL_OFFERED) {
		send_answer(l, c, 200);
		c->state = CALL_ANSWERED;
		load_listen(l, c);
		call_resend_start(l, c);
	} else if (c->state == CALL_CANCELLED) {
		l->counts.timeouts++;
		call_end(l, c);
	} else if (c->state == CALL_UP && !c->incoming && l->profile->hang_up != HANG_UP_BYE &&
		!l->stopping) {
		if (l->profile->hang_up == HANG_UP_VANISH) {
			l->counts.ended++;
			call_end(l, c);
		} else { // it waits, but not for ever
			wheel_start(&l->wheel, &c->life, load_now_ms() + GIVE_UP_MS);
			c->state = CALL_UP;
		}
	} else {
		call_hang_up(l, c);
	}
}
