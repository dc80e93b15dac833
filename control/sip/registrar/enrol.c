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
#include "engine/base/log.h"

LOG_TOPIC("sip");

#define EXPIRES_S     600
#define EXPIRES_MAX_S 86400 // whatever a carrier says
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
	bool stands;
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

// What the Contact says of ours, else the whole answer; else what we have asked for.
static uint32_t granted(const struct enrol *e, const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	uint32_t seconds = e->expires_s;
	struct sip_addr a;
	struct pl value;

	(void)number_of(msg, SIP_HDR_EXPIRES, &seconds);
	if (hdr && sip_addr_decode(&a, &hdr->val) == 0 &&
		msg_param_decode(&a.params, "expires", &value) == 0)
		(void)text_number(&value, &seconds);
	return seconds == 0 ? 1 : seconds < EXPIRES_MAX_S ? seconds : EXPIRES_MAX_S;
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

static void on_answer(int err, const struct sip_msg *msg, void *arg)
{
	struct enrol *e = arg;
	uint32_t least;

	if (e->ua->stopping || !e->trunk->config)
		return;
	if (!msg) {
		failed(e, 0, err == ETIMEDOUT ? "no answer" : "it cannot be reached");
	} else if (msg->scode >= 300) {
		enum challenge_verdict v = CHALLENGE_ANSWERED;
		bool asked = msg->scode == 401 || msg->scode == 407;
		if (asked)
			v = credentials_take(&e->credentials, msg);
		else if (msg->scode == 423 && number_of(msg, SIP_HDR_MIN_EXPIRES, &least) &&
			least > e->expires_s && least < EXPIRES_MAX_S)
			e->expires_s = least;
		else
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

static void add(struct ua *ua, struct trunk *t)
{
	struct enrol *e = t ? calloc(1, sizeof(*e)) : NULL;

	if (!e)
		return;
	e->ua = ua;
	e->trunk = t;
	e->expires_s = EXPIRES_S;
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

void enrols_configure(struct ua *ua)
{
	const struct config *c = ua->config;

	dlist_for_each_safe (it, &ua->enrols->all) {
		struct enrol *e = container_of(it, struct enrol, link);
		if (!e->trunk->config || !e->trunk->config->out.registers)
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
