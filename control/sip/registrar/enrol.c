// One registration for each trunk that wants it, each with a timer of its own.
#include "control/sip/registrar/enrol.h"

#include <errno.h>
#include <stdlib.h>

#include "control/base/timer.h"
#include "control/sip/message/text.h"
#include "control/sip/shared.h"
#include "control/sip/transport/stack.h"
#include "control/sip/trunk/credentials.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"

LOG_TOPIC("sip");

#define EXPIRES_S     600
#define EXPIRES_MAX_S 86400 // whatever a carrier says
#define EXPIRES_MIN_S 5	    // the same
#define RETRY_MS      30000 // doubled with each failure, up to
#define RETRY_MAX_MS  600000

struct enrol {
	struct dlist link;
	struct ua *ua;
	struct trunk *trunk; // held
	struct sip_request *req;
	struct timer timer;
	struct credentials *credentials;
	char call_id[40], tag[20];
	uint32_t cseq, expires_s;
	unsigned target, failures;
	uint64_t means; // hash of what it was configured with
	bool stands;
	bool raised; // by a 423, since it was begun
};

struct enrols {
	struct dlist all;
};

static void begin(void *arg);

static void again_in(struct enrol *e, uint64_t ms)
{
	timer_start(e->ua->timers, &e->timer, ms, begin, e);
}

static void failed(struct enrol *e, unsigned status, const char *why)
{
	uint64_t ms = RETRY_MS;

	log_warn("registration with a carrier failed trunk=%s status=%u: %s", e->trunk->name,
		status, why);
	e->stands = false;
	e->target++;
	for (unsigned i = 0; i < e->failures && ms < RETRY_MAX_MS; i++)
		ms *= 2;
	e->failures++;
	again_in(e, ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS);
}

static bool number_of(const struct sip_msg *msg, enum sip_hdrid id, uint32_t *out)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, id);

	return hdr && text_number(&hdr->val, out) && *out > 0;
}

struct bindings { // of an answer, which lists all that are registered as the user
	struct addr ours;
	enum ua_transport transport;
	unsigned count;
	uint32_t seconds; // of ours, or of the last one
	bool found;
};

static bool read_binding(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct bindings *b = arg;
	enum ua_transport transport;
	struct sip_addr a;
	struct pl value;
	struct addr at;

	(void)msg;
	if (sip_addr_decode(&a, &hdr->val))
		return false;
	b->count++;
	b->seconds = 0;
	if (msg_param_decode(&a.params, "expires", &value) == 0 &&
		text_number(&value, &b->seconds) && b->seconds == 0)
		b->seconds = EXPIRES_MIN_S;
	b->found = text_uri_addr(&a.auri, &at, &transport) && transport == b->transport &&
		addr_equal(&at, &b->ours);
	return b->found;
}

// What the Contact says that is ours, or that is alone (a NAT's), else the whole answer; else what
// we have asked for.
static uint32_t granted(const struct enrol *e, const struct sip_msg *msg)
{
	enum ua_transport transport = transport_of_libre(msg->tp);
	const struct config_out *o = &e->trunk->config->out;
	const struct config_listen *at = &o->targets[e->target % o->target_count];
	const struct stack_end *end = stack_route(e->ua->stack, &at->address, transport);
	struct bindings b = {.transport = transport};
	uint32_t seconds = e->expires_s;

	if (end)
		b.ours = *stack_address(end, transport);
	(void)number_of(msg, SIP_HDR_EXPIRES, &seconds);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, read_binding, &b);
	if (b.seconds && (b.found || b.count == 1))
		seconds = b.seconds;
	if (seconds < EXPIRES_MIN_S)
		return EXPIRES_MIN_S;
	return seconds < EXPIRES_MAX_S ? seconds : EXPIRES_MAX_S;
}

static void stands(struct enrol *e, const struct sip_msg *msg)
{
	uint32_t seconds = granted(e, msg);

	if (!e->stands)
		log_info("registered with a carrier trunk=%s for=%us", e->trunk->name, seconds);
	e->stands = true;
	e->failures = 0;
	credentials_free(e->credentials); // asked again, it is not about a wrong password
	e->credentials = NULL;
	again_in(e, seconds * 800ull);
}

static int send_register(struct enrol *e);

// True: it is sent again with a longer time, once.
static bool is_raised(struct enrol *e, const struct sip_msg *msg)
{
	uint32_t least;

	if (msg->scode != 423 || e->raised || !number_of(msg, SIP_HDR_MIN_EXPIRES, &least) ||
		least <= e->expires_s || least >= EXPIRES_MAX_S)
		return false;
	e->expires_s = least;
	e->raised = true;
	credentials_anew(e->credentials);
	return true;
}

static void on_answer(int err, const struct sip_msg *msg, void *arg)
{
	struct enrol *e = arg;

	if (e->ua->stopping || !e->trunk->config)
		return;
	if (!msg) {
		failed(e, 0, err == ETIMEDOUT ? "no answer" : "it cannot be reached");
	} else if (msg->scode >= 300) {
		enum challenge_verdict v = CHALLENGE_ANSWERED;
		bool asked = msg->scode == 401 || msg->scode == 407;
		if (asked)
			v = credentials_take(&e->credentials, msg);
		else if (!is_raised(e, msg))
			v = CHALLENGE_VERDICTS;
		if (v != CHALLENGE_ANSWERED || send_register(e) != 0)
			failed(e, msg->scode,
				v < CHALLENGE_VERDICTS ? challenge_text(v) : "refused");
	} else if (msg->scode >= 200) {
		stands(e, msg);
	}
}

static int send_register(struct enrol *e)
{
	const struct config_out *o = &e->trunk->config->out;
	const struct config_listen *at = &o->targets[e->target % o->target_count];
	char route_text[ADDR_TEXT_MAX + 32], uri[CONFIG_NAME_MAX + 16], ip[ADDR_TEXT_MAX];
	enum ua_transport transport = at->transport;
	struct flow flow = {.end = stack_route(e->ua->stack, &at->address, transport),
		.transport = transport,
		.peer = at->address};
	const char *host = *o->domain ? o->domain : addr_text(&at->address, ip);
	struct uri route;
	struct pl pl;

	(void)str_format(uri, sizeof(uri), "sip:%s", host);
	const struct challenge_request q = {o->user, o->password, "REGISTER", uri, ""};
	if (!flow.end || credentials_write(e->credentials, &q))
		return -EHOSTUNREACH;
	flow_uri(&flow, route_text, sizeof(route_text));
	pl_set_str(&pl, route_text);
	if (uri_decode(&route, &pl))
		return -EINVAL;
	char text[3 * CONFIG_NAME_MAX + 1] = "", ours[ADDR_TEXT_MAX];
	struct str_buf user;
	str_buf_init(&user, text, sizeof(text));
	text_add_user(&user, o->user);
	e->cseq++;
	return -sip_requestf(&e->req, flow.end->sip, true, "REGISTER", uri, &route, NULL, NULL,
		on_answer, e,
		"To: <sip:%s@%s>\r\nFrom: <sip:%s@%s>;tag=%s\r\nCall-ID: %s\r\nCSeq: %u "
		"REGISTER\r\n"
		"Contact: <sip:%s@%s%s>\r\nExpires: %u\r\n%sUser-Agent: %s\r\n"
		"Content-Length: 0\r\n\r\n",
		text, host, text, host, e->tag, e->call_id, e->cseq, text,
		addr_text(stack_address(flow.end, transport), ours),
		transport_of(transport)->contact, e->expires_s, credentials_lines(e->credentials),
		e->ua->config->sip.user_agent);
}

static void begin(void *arg)
{
	struct enrol *e = arg;

	credentials_free(e->credentials);
	e->credentials = NULL;
	e->raised = false;
	if (send_register(e) != 0)
		failed(e, 0, "it cannot be reached");
}

// --- which there are ---

static void drop(struct enrol *e)
{
	timer_cancel(&e->timer);
	e->req = mem_deref(e->req);
	credentials_free(e->credentials);
	trunk_release(e->trunk);
	dlist_remove(&e->link);
	free(e);
}

static bool is_there(const struct enrols *es, const struct trunk *t)
{
	dlist_for_each (it, &es->all)
		if (container_of(it, const struct enrol, link)->trunk == t)
			return true;
	return false;
}

static uint64_t hash_means(const struct config_out *o)
{
	uint64_t h = hash_bytes(o->targets, o->target_count * sizeof(o->targets[0]), 0);

	h = hash_str(o->user, h);
	h = hash_str(o->password, h);
	return hash_str(o->domain, h);
}

static void add(struct ua *ua, struct trunk *t)
{
	struct enrol *e = t ? calloc(1, sizeof(*e)) : NULL;

	if (!e)
		return;
	e->ua = ua;
	e->trunk = t;
	e->expires_s = EXPIRES_S;
	e->means = hash_means(&t->config->out);
	(void)str_format(e->call_id, sizeof(e->call_id), "%016llx%016llx",
		(unsigned long long)rand_u64(), (unsigned long long)rand_u64());
	(void)str_format(e->tag, sizeof(e->tag), "%016llx", (unsigned long long)rand_u64());
	trunk_hold(t);
	dlist_push_back(&ua->enrols->all, &e->link);
	again_in(e, 0);
}

int enrols_init(struct ua *ua)
{
	ua->enrols = calloc(1, sizeof(*ua->enrols));
	if (!ua->enrols)
		return -ENOMEM;
	dlist_init(&ua->enrols->all);
	return 0;
}

// What was mended is tried at once, and what failed, as a reload may be what it waits for.
static bool goes_on(const struct enrol *e)
{
	const struct config_trunk *c = e->trunk->config;

	return c && c->out.registers && !e->failures && e->means == hash_means(&c->out);
}

void enrols_configure(struct ua *ua)
{
	const struct config *c = ua->config;

	dlist_for_each_safe (it, &ua->enrols->all) {
		struct enrol *e = container_of(it, struct enrol, link);
		if (!goes_on(e))
			drop(e);
	}
	for (unsigned i = 0; i < c->trunk_count; i++) {
		struct trunk *t =
			c->trunks[i].out.registers ? trunk_of(ua->trunks, &c->trunks[i]) : NULL;
		if (t && !is_there(ua->enrols, t))
			add(ua, t);
	}
}

void enrols_fini(struct ua *ua)
{
	if (!ua->enrols)
		return;
	dlist_for_each_safe (it, &ua->enrols->all)
		drop(container_of(it, struct enrol, link));
	free(ua->enrols);
	ua->enrols = NULL;
}
