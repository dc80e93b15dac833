// Tells and answers refused INVITEs.
#include "control/sip/dialog/rejection.h"

#include <stdlib.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/sip/message/head.h"
#include "control/sip/message/identity.h"
#include "control/sip/message/party.h"
#include "control/sip/message/text.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/shared.h"
#include "control/sip/transport/reply.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/hash.h"
#include "engine/base/str.h"

#define COUNTED_SLOTS 65536 // of counted ones: at 10,000 a second those of more than 6 s

static const struct {
	uint16_t status;
	const char *why, *reason, *headers;
} causes[REJECTION_CAUSES] = {
#define X(name, status, why, reason, headers) [REJECTION_##name] = {status, why, reason, headers},
	REJECTIONS(X)
#undef X
};

struct ua_refused { // told, and not yet written down
	struct dlist link;
	struct stack_end *end;
	struct sip_msg *msg;
	struct sip_strans *st;
	enum rejection_cause cause;
	char headers[560];
};

struct rejections {
	struct dlist waiting;
	bool any;			 // of those below
	uint64_t counted[COUNTED_SLOTS]; // hash of the request, its low bits the place; 0: none
	uint8_t cause[COUNTED_SLOTS];
};

struct rejections *rejections_new(void)
{
	struct rejections *r = calloc(1, sizeof(*r));

	if (r)
		dlist_init(&r->waiting);
	return r;
}

void rejections_free(struct rejections *r)
{
	if (!r)
		return;
	dlist_for_each_safe (it, &r->waiting)
		rejection_answer(container_of(it, struct ua_refused, link));
	free(r);
}

// --- who, and what ---

bool rejection_knows(const struct ua *ua, const struct sip_msg *msg, struct call_origin *out)
{
	struct addr source = addr_of_sa(&msg->src);
	const char *there = registrar_agent_at(ua->registrar, &source);
	char from[UA_TEXT_MAX];

	text_user(from, sizeof(from), &msg->from.uri.user);
	*out = (struct call_origin){.trunk = trunk_find(ua->trunks, &source)};
	if (out->trunk && (!there || !str_equal(there, from)))
		return true;
	out->trunk = NULL;
	out->agent = there ? config_find_agent(ua->config, there) : NULL;
	return out->agent != NULL;
}

static void describe(
	struct ua_incoming *in, const struct addr *source, const struct call_origin *from)
{
	*in = (struct ua_incoming){.agent = from->agent, .source = *source};
	in->trunk = from->trunk ? from->trunk->config : NULL;
}

// Counts it on its trunk, as begun if nobody has, and ended.
static void count(const struct call_origin *from, const struct addr *source)
{
	if (!from->trunk)
		return;
	if (!from->seen)
		trunk_seen(from->trunk, source);
	trunk_reject(from->trunk);
	if (from->begun)
		trunk_end(from->trunk, false);
}

static enum ua_refused_how tell(const struct ua *ua, const struct ua_incoming *in,
	const struct ua_refusal *what, struct ua_refused *held)
{
	if (!ua->handlers.refused)
		return UA_REFUSED_TOLD;
	return ua->handlers.refused(in, what, held, ua->handlers.arg);
}

// --- those that are counted alone ---

static uint64_t hash_of(const struct ua *ua, const struct sip_msg *msg)
{
	const struct pl *parts[] = {&msg->via.branch, &msg->callid, &msg->from.tag};
	struct addr source = addr_of_sa(&msg->src);
	uint64_t hash = hash_bytes(&source.ip, sizeof(source.ip), ua->seed + msg->cseq.num);

	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		hash = hash_bytes(parts[i]->p, parts[i]->l, hash);
	return hash ? hash : 1;
}

// True: it was there already.
static bool remember(struct rejections *r, uint64_t hash, enum rejection_cause cause)
{
	unsigned at = hash % COUNTED_SLOTS;
	bool there = r->counted[at] == hash;

	r->counted[at] = hash;
	r->cause[at] = (uint8_t)cause;
	r->any = true;
	return there;
}

static const char *headers_of(enum rejection_cause cause, const char *own)
{
	return *own ? own : causes[cause].headers;
}

bool rejection_again(struct stack_end *end, const struct sip_msg *msg)
{
	const struct rejections *r = end->ua->rejections;

	if (!r->any)
		return false;
	uint64_t hash = hash_of(end->ua, msg);
	unsigned at = hash % COUNTED_SLOTS;
	if (r->counted[at] != hash)
		return false;
	enum rejection_cause cause = r->cause[at];
	if (cause == REJECTION_NONE)
		return false;
	reply_once(end, msg, causes[cause].status, causes[cause].reason, causes[cause].headers);
	return true;
}

// --- those that are told ---

static void on_cancel(void *arg)
{
	(void)arg; // its final answer is on its way
}

static struct ua_refused *hold(
	struct stack_end *end, const struct sip_msg *msg, const struct rejection *r)
{
	struct ua_refused *held = calloc(1, sizeof(*held));

	if (!held)
		return NULL;
	held->end = end;
	held->cause = r->cause;
	(void)str_copy(held->headers, sizeof(held->headers), r->headers);
	held->msg = mem_ref((void *)(uintptr_t)msg);
	dlist_push_back(&end->ua->rejections->waiting, &held->link);
	return held;
}

static void drop(struct ua_refused *held)
{
	if (!held)
		return;
	dlist_remove(&held->link);
	mem_deref(held->msg);
	free(held);
}

void rejection_answer(struct ua_refused *held)
{
	enum rejection_cause cause = held->cause;

	(void)sip_treplyf(held->st ? &held->st : NULL, NULL, held->end->sip, held->msg, false,
		causes[cause].status, causes[cause].reason, "%sContent-Length: 0\r\n\r\n",
		headers_of(cause, held->headers));
	drop(held);
}

void rejection_send(struct stack_end *end, const struct sip_msg *msg,
	const struct call_origin *from, const struct rejection *r)
{
	struct addr source = addr_of_sa(&msg->src);
	struct ua_refusal what = {causes[r->cause].why, causes[r->cause].status};
	struct ua_refused *held = hold(end, msg, r);
	struct ua_incoming in;

	count(from, &source);
	describe(&in, &source, from);
	in.transport = transport_of_libre(msg->tp);
	text_copy(in.call_id, sizeof(in.call_id), &msg->callid);
	identity_read(msg, in.trunk != NULL, &in);
	enum ua_refused_how how = tell(end->ua, &in, &what, held);
	if (how == UA_REFUSED_HELD) {
		// From here on a repeated request is libre's. Refused memory: it is answered alone.
		(void)sip_strans_alloc(&held->st, end->sip, msg, on_cancel, NULL);
		return;
	}
	drop(held);
	const char *headers = headers_of(r->cause, r->headers);
	if (how == UA_REFUSED_TOLD) {
		reply_kept(end, msg, what.status, causes[r->cause].reason, headers);
		return;
	}
	(void)remember(end->ua->rejections, hash_of(end->ua, msg), r->cause);
	reply_once(end, msg, what.status, causes[r->cause].reason, headers);
}

// --- those that cannot be read ---

static const char *unread_why(uint16_t status)
{
	return status == 513	? "too-large"
		: status == 505 ? "bad-version"
		: status == 416 ? "bad-scheme"
				: "malformed";
}

static void unread_parties(const struct refuse_request *r, struct ua_incoming *in)
{
	struct head_start start = head_start(r->text, r->size);
	struct pl from = head_find(r->text, r->size, HEAD_FROM);
	struct pl call = head_find(r->text, r->size, HEAD_CALL_ID);
	struct party caller;

	if (!start.broken)
		(void)party_number(&start.word[1], in->called, sizeof(in->called));
	if (from.p && party_read(&from, &caller)) {
		(void)party_number(&caller.uri, in->caller, sizeof(in->caller));
		text_name(in->caller_name, sizeof(in->caller_name), &caller.name);
	}
	if (call.p)
		text_copy(in->call_id, sizeof(in->call_id), &call);
}

void rejection_unread(const struct refuse_request *r, const struct strict_fault *why, void *arg)
{
	const struct ua *ua = arg;
	struct addr source = addr_of_sa(r->source);
	struct call_origin from = {.trunk = trunk_find(ua->trunks, &source)};
	const char *there = registrar_agent_at(ua->registrar, &source);
	struct ua_refusal what = {unread_why(why->status), why->status};
	struct ua_incoming in;

	if (!from.trunk && there)
		from.agent = config_find_agent(ua->config, there);
	uint64_t hash = hash_bytes(r->text, r->size, ua->seed) | 1;
	if ((!from.trunk && !from.agent) || remember(ua->rejections, hash, REJECTION_NONE))
		return;
	count(&from, &source);
	describe(&in, &source, &from);
	in.transport = r->stream ? UA_TCP : UA_UDP;
	unread_parties(r, &in);
	(void)tell(ua, &in, &what, NULL);
}
