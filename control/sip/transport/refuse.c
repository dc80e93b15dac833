// Writes 400, 416, 505 and 513 without a decoded message.
#include "control/sip/transport/refuse.h"

#include <stdlib.h>
#include <string.h>

#include "control/base/rate.h"
#include "control/base/timer.h"
#include "control/sip/message/head.h"
#include "control/sip/message/text.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/base/rng.h"

#define ANSWER_MAX 8192 // an answer repeats what came, but no novels
#define LOG_PER_S  10

LOG_TOPIC("sip");

struct refusals {
	struct timers *timers; // the clock
	struct refuse_handlers handlers;
	char *software;
	uint64_t count, seed;
	struct rate noise;
};

struct refusals *refusals_new(
	struct timers *timers, const struct refuse_handlers *handlers, const char *software)
{
	struct refusals *rs = calloc(1, sizeof(*rs));

	if (!rs)
		return NULL;
	rs->timers = timers;
	rs->handlers = *handlers;
	rs->software = software ? strdup(software) : NULL; // without memory we have no name
	rs->seed = rng_seed_os();
	return rs;
}

void refusals_free(struct refusals *rs)
{
	if (!rs)
		return;
	free(rs->software);
	free(rs);
}

uint64_t refusals_count(const struct refusals *rs)
{
	return rs->count;
}

void refusals_unread(struct refusals *rs)
{
	rs->count++;
}

bool refusals_may_answer(const struct refusals *rs, const struct sa *source)
{
	return rs->handlers.may_answer(source, rs->handlers.arg);
}

// A value on one line: folds become blanks.
static int add_value(struct mbuf *mb, const struct pl *v)
{
	int err = 0;

	for (size_t i = 0; i < v->l && !err; i++) {
		bool fold = v->p[i] == '\r' || v->p[i] == '\n';
		err = mbuf_write_u8(mb, fold ? ' ' : (uint8_t)v->p[i]);
	}
	return err;
}

static bool wants_port(const struct pl *via, struct pl *found)
{
	struct pl params = *via;
	const char *semicolon = pl_strchr(via, ';');

	if (!semicolon)
		return false;
	pl_advance(&params, semicolon - via->p);
	return msg_param_exists(&params, "rport", found) == 0;
}

// The first of the values in the topmost line is whose way back we know.
static int add_via(struct mbuf *mb, const struct pl *value, const struct sa *source)
{
	const char *comma = pl_strchr(value, ',');
	struct pl first = {value->p, comma ? (size_t)(comma - value->p) : value->l};
	struct pl rest = {first.p + first.l, value->l - first.l}, rport;
	int err;

	if (wants_port(&first, &rport)) {
		struct pl before = {first.p, (size_t)(rport.p - first.p)};
		struct pl after = {
			rport.p + rport.l, (size_t)(first.p + first.l - rport.p - rport.l)};
		err = add_value(mb, &before);
		err |= add_value(mb, &after);
		err |= mbuf_printf(mb, ";rport=%u", sa_port(source));
	} else {
		err = add_value(mb, &first);
	}
	err |= mbuf_printf(mb, ";received=%j", source);
	return err | add_value(mb, &rest);
}

static bool has_tag(const struct pl *to)
{
	const char *bracket = pl_strrchr(to, '>');
	struct pl params = *to, tag;

	if (bracket)
		pl_advance(&params, bracket - to->p);
	return msg_param_decode(&params, "tag", &tag) == 0;
}

// The same for a request that comes again, as nothing is kept of it.
static unsigned long long tag_for(const struct refusals *rs, const struct refuse_request *r)
{
	return (unsigned long long)hash_bytes(r->text, r->size, rs->seed);
}

static int add_line(const struct refusals *rs, struct mbuf *mb, const struct head_line *l,
	const struct refuse_request *r)
{
	int err = mbuf_printf(mb, "%r: ", &l->name);

	err |= add_value(mb, &l->value);
	if (l->field == HEAD_TO && !has_tag(&l->value))
		err |= mbuf_printf(mb, ";tag=%016llx", tag_for(rs, r));
	return err | mbuf_write_str(mb, "\r\n");
}

// Of each single field the first; all Vias.
static int add_lines(const struct refusals *rs, struct mbuf *mb, const struct refuse_request *r)
{
	bool done[HEAD_OTHER + 1] = {false};
	struct head_line l;
	size_t at = 0;
	int err = 0;

	while (!err && head_next(r->text, r->size, &at, &l)) {
		if (l.field == HEAD_VIA && !done[HEAD_VIA]) {
			err = mbuf_printf(mb, "%r: ", &l.name);
			err |= add_via(mb, &l.value, r->source);
			err |= mbuf_write_str(mb, "\r\n");
		} else if (l.field == HEAD_VIA ||
			(!done[l.field] &&
				(l.field == HEAD_FROM || l.field == HEAD_TO ||
					l.field == HEAD_CALL_ID || l.field == HEAD_CSEQ))) {
			err = add_line(rs, mb, &l, r);
		}
		done[l.field] = true;
	}
	return done[HEAD_VIA] ? err : EBADMSG;
}

static struct mbuf *write_answer(
	const struct refusals *rs, const struct refuse_request *r, const struct strict_fault *why)
{
	struct mbuf *mb = mbuf_alloc(1024);
	int err;

	if (!mb)
		return NULL;
	err = mbuf_printf(mb, "SIP/2.0 %u %s\r\n", why->status, why->reason);
	err |= add_lines(rs, mb, r);
	if (rs->software)
		err |= mbuf_printf(mb, "Server: %s\r\n", rs->software);
	err |= mbuf_write_str(mb, "Content-Length: 0\r\n\r\n");
	mb->pos = 0;
	if (err || mb->end > ANSWER_MAX)
		mb = mem_deref(mb);
	return mb;
}

// A request that is answered at all: none of its kind would hear an answer to an ACK.
static bool is_answerable(const struct refuse_request *r)
{
	struct head_start s = head_start(r->text, r->size);

	return !s.response && !(s.line.l >= 4 && memcmp(s.line.p, "ACK ", 4) == 0) &&
		head_find(r->text, r->size, HEAD_VIA).l > 0;
}

static bool begins_call(const struct refuse_request *r)
{
	struct pl to = head_find(r->text, r->size, HEAD_TO);

	return r->size > 7 && memcmp(r->text, "INVITE ", 7) == 0 && !(to.p && has_tag(&to));
}

struct mbuf *refuse_answer(
	struct refusals *rs, const struct refuse_request *r, const struct strict_fault *why)
{
	struct addr source = addr_of_sa(r->source);
	char text[ADDR_TEXT_MAX];

	rs->count++;
	if (rate_take(&rs->noise, LOG_PER_S, timers_now_ms(rs->timers)))
		log_info("message refused source=%s status=%u: %s", addr_text(&source, text),
			why->status, why->reason);
	if (!is_answerable(r) || !refusals_may_answer(rs, r->source))
		return NULL;
	if (rs->handlers.invite && begins_call(r))
		rs->handlers.invite(r, why, rs->handlers.arg);
	return write_answer(rs, r, why);
}

void refuse_destination(const struct refuse_request *r, struct sa *to)
{
	struct pl via = head_find(r->text, r->size, HEAD_VIA), rport;
	struct sip_via decoded = {0};

	*to = *r->source;
	if (wants_port(&via, &rport) || sip_via_decode(&decoded, &via))
		return;
	sa_set_port(to, sip_transp_port(SIP_TRANSP_UDP, sa_port(&decoded.addr)));
}

void refuse_trace(
	struct refusals *rs, bool sent, const struct refuse_way *way, const struct pl *text)
{
	if (rs->handlers.trace)
		rs->handlers.trace(sent, way->transport, way->from, way->to,
			(const uint8_t *)text->p, text->l, rs->handlers.arg);
}
