// The registrar's messages.
#include "control/sip/registrar/register.h"

#include <errno.h>

#include "control/sip/message/text.h"
#include "control/sip/registrar/login.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/shared.h"
#include "control/sip/transport/reply.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/utf8.h"

#define CONTACTS_MAX 8
#define DEFAULT_S    3600 // when neither request nor configuration says

LOG_TOPIC("sip");

struct contacts_read {
	const struct config_sip *sip;
	struct registrar_contact contacts[CONTACTS_MAX];
	unsigned count;
	unsigned default_s;
	bool star, broken, too_brief;
	uint32_t most_s; // its transport bears no longer ones; 0: any
};

static void on_registered(const char *agent, bool registered, void *arg)
{
	const struct ua *ua = arg;
	const struct config_agent *a = config_find_agent(ua->config, agent);

	log_info("agent %s agent=%s", registered ? "registered" : "unregistered", agent);
	if (a && ua->handlers.registered)
		ua->handlers.registered(a, registered, ua->handlers.arg);
}

static void on_changed(const struct ua_registration *r, const char *gone, void *arg)
{
	const struct ua *ua = arg;

	if (ua->handlers.binding)
		ua->handlers.binding(r, gone, ua->handlers.told_arg);
}

int register_init(struct ua *ua)
{
	ua->registrar = registrar_new(
		ua->timers, &(struct registrar_handlers){on_registered, on_changed, ua});
	return ua->registrar ? 0 : -ENOMEM;
}

void register_fini(struct ua *ua)
{
	registrar_free(ua->registrar);
	ua->registrar = NULL;
}

static void drop_removed(struct binding *b, void *arg)
{
	const struct ua *ua = arg;
	struct ua_registration d;

	registrar_describe(b, &d);
	if (!config_find_agent(ua->config, d.agent))
		registrar_remove(b, "unregistered");
}

void register_configure(struct ua *ua)
{
	struct binding *bindings[BINDINGS_MAX];

	registrar_each(ua->registrar, drop_removed, ua);
	for (unsigned i = 0; ua->handlers.registered && i < ua->config->agent_count; i++) {
		const struct config_agent *a = &ua->config->agents[i];
		bool has = registrar_bindings(ua->registrar, a->name, bindings) > 0;
		ua->handlers.registered(a, has, ua->handlers.arg);
	}
}

// Between register_min_s and register_max_s; 0 stays 0, and too little is said, not corrected.
static unsigned bound_expiry(struct contacts_read *r, unsigned s)
{
	const struct config_sip *sip = r->sip;

	if (s && s < sip->register_min_s)
		r->too_brief = true;
	if (sip->register_max_s && s > sip->register_max_s)
		s = sip->register_max_s;
	return r->most_s && s > r->most_s ? r->most_s : s;
}

// The log keeps texts, and a phone is to be found by its Contact after a restart as before: octets
// that are no text stand escaped, as the grammar wants them (RFC 3261 25.1). False: too long.
static bool put_uri(char *out, size_t size, const struct pl *uri)
{
	bool is_text = utf8_is(uri->p, uri->l);
	struct str_buf b;

	str_buf_init(&b, out, size);
	for (size_t i = 0; i < uri->l; i++) {
		unsigned char c = (unsigned char)uri->p[i];
		str_buf_add(&b, is_text || c < 0x80 ? "%c" : "%%%02X", c);
	}
	return !b.cut;
}

static bool read_contact(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct contacts_read *r = arg;
	struct pl value;
	struct sip_addr a;

	if (pl_strcmp(&hdr->val, "*") == 0) {
		r->star = true;
		return false;
	}
	if (r->count == CONTACTS_MAX || sip_addr_decode(&a, &hdr->val) ||
		pl_strcasecmp(&a.uri.scheme, "sip") || a.auri.l >= REGISTRAR_CONTACT_MAX ||
		!text_is_uri(&a.auri)) {
		r->broken = true;
		return true;
	}
	struct registrar_contact *c = &r->contacts[r->count++];
	*c = (struct registrar_contact){.expires_s = r->default_s};
	r->broken |= !put_uri(c->uri, sizeof(c->uri), &a.auri);
	if (a.params.p && msg_param_decode(&a.params, "expires", &value) == 0)
		(void)text_number(&value, &c->expires_s);
	if (a.params.p && msg_param_decode(&a.params, "+sip.instance", &value) == 0)
		text_line(c->instance, sizeof(c->instance), &value);
	c->expires_s = bound_expiry(r, c->expires_s);
	return false;
}

static void read_contacts(
	struct contacts_read *r, const struct config_sip *sip, const struct sip_msg *msg)
{
	*r = (struct contacts_read){
		.sip = sip, .most_s = transport_of(transport_of_libre(msg->tp))->register_max_s};
	r->default_s = sip->register_max_s ? sip->register_max_s : DEFAULT_S;
	// What is no number is taken as not said (RFC 3261 10.3 step 7).
	(void)text_number(&msg->expires, &r->default_s);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, read_contact, r);
	// RFC 3261 10.3 step 6: "*" alone, and only to remove.
	uint32_t expires;
	if (r->star && (r->count || !text_number(&msg->expires, &expires) || expires))
		r->broken = true;
}

static void answer(struct stack_end *end, const struct sip_msg *msg, const char *agent)
{
	struct binding *bindings[BINDINGS_MAX];
	unsigned n = registrar_bindings(end->ua->registrar, agent, bindings);
	char headers[BINDINGS_MAX * (REGISTRAR_CONTACT_MAX + 64)];
	struct str_buf b;

	str_buf_init(&b, headers, sizeof(headers));
	for (unsigned i = 0; i < n; i++)
		str_buf_add(&b, "Contact: <%s>;expires=%u\r\n", bindings[i]->contact,
			(unsigned)((timer_left_ms(&bindings[i]->expiry) + 999) / 1000));
	reply_kept(end, msg, 200, "OK", headers);
}

static void update(struct stack_end *end, const struct sip_msg *msg,
	const struct config_agent *agent, const struct contacts_read *r)
{
	const struct sip_hdr *software = sip_msg_hdr(msg, SIP_HDR_USER_AGENT);
	char call_id[UA_TEXT_MAX], user_agent[UA_TEXT_MAX] = "";
	struct flow flow;

	text_line(call_id, sizeof(call_id), &msg->callid);
	if (software)
		text_line(user_agent, sizeof(user_agent), &software->val);
	flow_init(&flow, end, msg);
	struct registrar_request request = {.agent = agent->name,
		.tenant = agent->tenant->name,
		.call_id = call_id,
		.user_agent = user_agent,
		.cseq = msg->cseq.num,
		.flow = &flow,
		.all_gone = r->star,
		.contacts = r->contacts,
		.contact_count = r->count};
	uint16_t status = registrar_update(end->ua->registrar, &request);
	flow_drop(&flow);
	if (status)
		reply_kept(end, msg, status, "Out Of Order", NULL);
	else
		answer(end, msg, agent->name);
}

void register_request(struct stack_end *end, const struct sip_msg *msg)
{
	const struct config_agent *agent;
	struct contacts_read r;
	char user[UA_TEXT_MAX], min[64];

	agent = login_check(end, msg);
	if (!agent || reply_unsupported(end, msg))
		return;
	text_user(user, sizeof(user), &msg->to.uri.user);
	if (!str_equal(user, agent->name)) {
		reply_kept(end, msg, 403, "Not Your Address", NULL);
		return;
	}
	const struct config_sip *sip = &end->ua->config->sip;
	read_contacts(&r, sip, msg);
	if (r.broken) {
		reply_kept(end, msg, 400, "Bad Contact", NULL);
	} else if (r.too_brief) {
		(void)str_format(min, sizeof(min), "Min-Expires: %u\r\n", sip->register_min_s);
		reply_kept(end, msg, 423, "Interval Too Brief", min);
	} else {
		update(end, msg, agent, &r);
	}
}

struct listing {
	void (*each)(const struct ua_registration *r, void *arg);
	void *arg;
};

static void list_one(struct binding *b, void *arg)
{
	const struct listing *l = arg;
	struct ua_registration r;

	registrar_describe(b, &r);
	l->each(&r, l->arg);
}

void ua_registrations(
	struct ua *ua, void (*each)(const struct ua_registration *r, void *arg), void *arg)
{
	struct listing l = {each, arg};

	registrar_each(ua->registrar, list_one, &l);
}

void ua_registrations_of(struct ua *ua, const char *agent,
	void (*each)(const struct ua_registration *r, void *arg), void *arg)
{
	struct listing l = {each, arg};
	struct binding *bindings[BINDINGS_MAX];
	unsigned count = registrar_bindings(ua->registrar, agent, bindings);

	for (unsigned i = count; i > 0; i--) // the one heard last comes last, as it did
		list_one(bindings[i - 1], &l);
}

int ua_registration_restore(struct ua *ua, const struct ua_registration *r)
{
	uint64_t now_ns = timers_wall_ns(ua->timers);
	struct registrar_contact c = {0};

	const struct config_agent *agent = config_find_agent(ua->config, r->agent);
	if (!agent)
		return -ENOENT;
	if (r->expires_wall_ns <= now_ns)
		return -ETIME;
	c.expires_s = (unsigned)((r->expires_wall_ns - now_ns + NS_PER_S - 1) / NS_PER_S);
	// A wall clock that was set back does not make it longer than any may be.
	const struct config_sip *sip = &ua->config->sip;
	if (sip->register_max_s && c.expires_s > sip->register_max_s)
		c.expires_s = sip->register_max_s;
	(void)str_copy(c.uri, sizeof(c.uri), r->contact);
	(void)str_copy(c.instance, sizeof(c.instance), r->instance);
	struct flow flow = {.end = stack_route(ua->stack, &r->source, r->transport),
		.transport = r->transport,
		.peer = r->source};
	if (!flow.end)
		return -EADDRNOTAVAIL;
	struct registrar_request request = {.agent = r->agent,
		.tenant = agent->tenant->name,
		.call_id = r->call_id,
		.user_agent = r->user_agent,
		.cseq = r->cseq,
		.flow = &flow,
		.contacts = &c,
		.contact_count = 1};
	return registrar_update(ua->registrar, &request) ? -EEXIST : 0;
}
