// The table of bindings.
#include "control/sip/registrar/registrar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/sip/message/text.h"
#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

struct registered {
	struct registrar *of;
	struct hash_node node; // by name
	struct dlist link;
	char name[UA_TEXT_MAX], tenant[UA_TEXT_MAX];
	unsigned count;
	struct binding bindings[BINDINGS_MAX];
};

struct known_ip { // how many bindings stand at an address
	struct hash_node node;
	struct addr ip;
	unsigned count;
};

struct registrar {
	struct timers *timers;
	struct registrar_handlers handlers;
	struct hash agents, sources, ips;
	struct dlist all;
	uint64_t seed;
};

struct registrar *registrar_new(struct timers *timers, const struct registrar_handlers *h)
{
	struct registrar *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->timers = timers;
	r->handlers = *h;
	r->seed = rng_seed_os();
	dlist_init(&r->all);
	if (!hash_init(&r->agents, 1024) && !hash_init(&r->sources, 1024) &&
		!hash_init(&r->ips, 256))
		return r;
	registrar_free(r);
	return NULL;
}

static uint64_t source_hash(const struct registrar *r, const struct addr *a)
{
	return hash_bytes(a, sizeof(*a), r->seed);
}

static struct addr bare(const struct addr *a)
{
	struct addr ip = *a;

	ip.port = 0;
	return ip;
}

static struct known_ip *find_ip(const struct registrar *r, const struct addr *source)
{
	struct addr ip = bare(source);

	for (struct hash_node *n = hash_first(&r->ips, source_hash(r, &ip)); n; n = hash_next(n)) {
		struct known_ip *k = container_of(n, struct known_ip, node);
		if (addr_equal(&k->ip, &ip))
			return k;
	}
	return NULL;
}

static void know_ip(struct registrar *r, const struct addr *source)
{
	struct known_ip *k = find_ip(r, source);

	if (!k) {
		k = calloc(1, sizeof(*k));
		if (!k)
			return; // it only costs the address its better standing
		k->ip = bare(source);
		hash_insert(&r->ips, &k->node, source_hash(r, &k->ip));
	}
	k->count++;
}

static void forget_ip(struct registrar *r, const struct addr *source)
{
	struct known_ip *k = find_ip(r, source);

	if (!k || --k->count)
		return;
	hash_remove(&r->ips, &k->node);
	free(k);
}

static struct registered *find_agent(const struct registrar *r, const char *name)
{
	for (struct hash_node *n = hash_first(&r->agents, hash_str(name, r->seed)); n;
		n = hash_next(n)) {
		struct registered *a = container_of(n, struct registered, node);
		if (str_equal(a->name, name))
			return a;
	}
	return NULL;
}

static struct registered *make_agent(struct registrar *r, const char *name)
{
	struct registered *a = find_agent(r, name);

	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	(void)str_copy(a->name, sizeof(a->name), name);
	a->of = r;
	hash_insert(&r->agents, &a->node, hash_str(name, r->seed));
	dlist_push_back(&r->all, &a->link);
	return a;
}

static void free_agent(struct registered *a)
{
	hash_remove(&a->of->agents, &a->node);
	dlist_remove(&a->link);
	free(a);
}

void registrar_describe(const struct binding *b, struct ua_registration *out)
{
	uint64_t left_ms = timer_left_ms(&b->expiry);

	*out = (struct ua_registration){.source = b->flow.peer,
		.transport = b->flow.transport,
		.cseq = b->cseq,
		.expires_wall_ns = timers_wall_ns(b->agent->of->timers) + left_ms * NS_PER_MS};
	(void)str_copy(out->agent, sizeof(out->agent), b->agent->name);
	(void)str_copy(out->tenant, sizeof(out->tenant), b->agent->tenant);
	(void)str_copy(out->contact, sizeof(out->contact), b->contact);
	(void)str_copy(out->instance, sizeof(out->instance), b->instance);
	(void)str_copy(out->user_agent, sizeof(out->user_agent), b->user_agent);
	(void)str_copy(out->call_id, sizeof(out->call_id), b->call_id);
}

static void unhook_source(struct binding *b)
{
	struct registrar *r = b->agent->of;

	hash_remove(&r->sources, &b->by_source);
	forget_ip(r, &b->flow.peer);
	flow_drop(&b->flow);
}

static void hook_source(struct binding *b, const struct flow *flow)
{
	struct registrar *r = b->agent->of;

	flow_copy(&b->flow, flow);
	hash_insert(&r->sources, &b->by_source, source_hash(r, &b->flow.peer));
	know_ip(r, &b->flow.peer);
}

// Takes a binding away; the agent stays even without any.
static void clear(struct binding *b, const char *gone)
{
	struct ua_registration description;
	const struct registrar *r = b->agent->of;

	registrar_describe(b, &description);
	timer_cancel(&b->expiry);
	unhook_source(b);
	b->agent->count--;
	*b = (struct binding){0};
	if (gone)
		r->handlers.changed(&description, gone, r->handlers.arg);
}

void registrar_remove(struct binding *b, const char *gone)
{
	struct registered *a = b->agent;
	const struct registrar *r = a->of;

	clear(b, gone);
	if (a->count)
		return;
	r->handlers.registered(a->name, false, r->handlers.arg);
	free_agent(a);
}

static void expired(void *arg)
{
	registrar_remove(arg, "expired");
}

static bool is_instance(const struct binding *b, const struct registrar_contact *c)
{
	return *c->instance && str_equal(b->instance, c->instance);
}

static bool is_contact(const struct binding *b, const struct registrar_contact *c)
{
	return strcasecmp(b->contact, c->uri) == 0;
}

static bool same(const struct binding *b, const struct registrar_contact *c)
{
	return is_instance(b, c) || is_contact(b, c);
}

// That of the same phone before one whose Contact it says now.
static struct binding *find_binding(struct registered *a, const struct registrar_contact *c)
{
	struct binding *found = NULL;

	for (unsigned i = 0; i < BINDINGS_MAX; i++) {
		struct binding *b = &a->bindings[i];
		if (b->agent && same(b, c) && (!found || is_instance(b, c)))
			found = b;
	}
	return found;
}

// RFC 3261 10.3 step 7: an older or repeated request of the same phone changes nothing.
static bool out_of_order(const struct binding *b, const struct registrar_request *q)
{
	return str_equal(b->call_id, q->call_id) && q->cseq <= b->cseq;
}

static bool any_out_of_order(struct registered *a, const struct registrar_request *q)
{
	for (unsigned i = 0; i < BINDINGS_MAX; i++) {
		struct binding *b = &a->bindings[i];
		if (!b->agent)
			continue;
		if (q->all_gone && out_of_order(b, q))
			return true;
		for (unsigned k = 0; k < q->contact_count; k++)
			if (same(b, &q->contacts[k]) && out_of_order(b, q))
				return true;
	}
	return false;
}

static struct binding *take_place(struct registered *a)
{
	struct binding *oldest = &a->bindings[0];

	for (unsigned i = 0; i < BINDINGS_MAX; i++) {
		if (!a->bindings[i].agent)
			return &a->bindings[i];
		if (a->bindings[i].heard_ms < oldest->heard_ms)
			oldest = &a->bindings[i];
	}
	clear(oldest, "replaced");
	return oldest;
}

// Of a binding that is said anew: what it was goes, unless it is the same Contact, and so does
// another one with that. So what is told (and logged) by Contact is what stands.
static void tell_replaced(
	struct registered *a, const struct binding *b, const struct registrar_contact *c)
{
	const struct registrar_handlers *h = &a->of->handlers;
	struct ua_registration description;

	if (!is_contact(b, c)) {
		registrar_describe(b, &description);
		h->changed(&description, "replaced", h->arg);
	}
	for (unsigned i = 0; i < BINDINGS_MAX; i++)
		if (&a->bindings[i] != b && a->bindings[i].agent && is_contact(&a->bindings[i], c))
			clear(&a->bindings[i], "replaced");
}

static void put_binding(
	struct registered *a, const struct registrar_contact *c, const struct registrar_request *q)
{
	const struct registrar_handlers *h = &a->of->handlers;
	struct binding *b = find_binding(a, c);
	struct ua_registration description;

	if (b) {
		tell_replaced(a, b, c);
		unhook_source(b);
	} else {
		b = take_place(a);
		b->agent = a;
		a->count++;
	}
	(void)str_copy(b->contact, sizeof(b->contact), c->uri);
	(void)str_copy(b->instance, sizeof(b->instance), c->instance);
	(void)str_copy(b->user_agent, sizeof(b->user_agent), q->user_agent);
	(void)str_copy(b->call_id, sizeof(b->call_id), q->call_id);
	b->cseq = q->cseq;
	b->heard_ms = timers_now_ms(a->of->timers);
	b->expires_ms = b->heard_ms + c->expires_s * 1000ull;
	hook_source(b, q->flow);
	timer_start(a->of->timers, &b->expiry, c->expires_s * 1000ull, expired, b);
	registrar_describe(b, &description);
	h->changed(&description, NULL, h->arg);
}

uint16_t registrar_update(struct registrar *r, const struct registrar_request *q)
{
	struct registered *a = make_agent(r, q->agent);

	if (!a)
		return 500;
	if (any_out_of_order(a, q))
		return 500;
	unsigned before = a->count;
	(void)str_copy(a->tenant, sizeof(a->tenant), q->tenant ? q->tenant : "");
	for (unsigned i = 0; q->all_gone && i < BINDINGS_MAX; i++)
		if (a->bindings[i].agent)
			clear(&a->bindings[i], "unregistered");
	for (unsigned i = 0; i < q->contact_count; i++) {
		const struct registrar_contact *c = &q->contacts[i];
		struct binding *b = find_binding(a, c);
		if (c->expires_s)
			put_binding(a, c, q);
		else if (b)
			clear(b, "unregistered");
	}
	bool has = a->count > 0, had = before > 0;
	if (!has)
		free_agent(a);
	if (has != had)
		r->handlers.registered(q->agent, has, r->handlers.arg);
	return 0;
}

unsigned registrar_bindings(
	const struct registrar *r, const char *agent, struct binding *out[BINDINGS_MAX])
{
	struct registered *a = find_agent(r, agent);
	unsigned n = 0;

	for (unsigned i = 0; a && i < BINDINGS_MAX; i++) {
		struct binding *b = &a->bindings[i];
		if (!b->agent)
			continue;
		unsigned at = n++;
		for (; at > 0 && out[at - 1]->heard_ms < b->heard_ms; at--)
			out[at] = out[at - 1];
		out[at] = b;
	}
	return n;
}

const char *registrar_agent_at(const struct registrar *r, const struct addr *source)
{
	for (struct hash_node *n = hash_first(&r->sources, source_hash(r, source)); n;
		n = hash_next(n)) {
		struct binding *b = container_of(n, struct binding, by_source);
		if (addr_equal(&b->flow.peer, source))
			return b->agent->name;
	}
	return NULL;
}

unsigned registrar_phones_at(const struct registrar *r, const struct addr *ip)
{
	struct known_ip *k = find_ip(r, ip);

	return k ? k->count : 0;
}

bool registrar_is_home(const struct registrar *r, const char *agent, const struct addr *ip)
{
	struct registered *a = find_agent(r, agent);
	unsigned bits = ip->family == ADDR_IP6 ? 64 : 32;

	for (unsigned i = 0; a && i < BINDINGS_MAX; i++)
		if (a->bindings[i].agent && addr_in_prefix(&a->bindings[i].flow.peer, ip, bits))
			return true;
	return false;
}

void registrar_each(struct registrar *r, void (*each)(struct binding *b, void *arg), void *arg)
{
	dlist_for_each_safe (it, &r->all) {
		struct registered *a = container_of(it, struct registered, link);
		unsigned left = a->count; // with the last binding the agent goes
		for (unsigned i = 0; left && i < BINDINGS_MAX; i++) {
			if (!a->bindings[i].agent)
				continue;
			left--;
			each(&a->bindings[i], arg);
		}
	}
}

static void forget(struct binding *b, void *arg)
{
	struct registered *a = b->agent;

	clear(b, NULL);
	if (a->count == 0)
		free_agent(a);
}

void registrar_free(struct registrar *r)
{
	if (!r)
		return;
	registrar_each(r, forget, NULL);
	hash_fini(&r->agents);
	hash_fini(&r->sources);
	hash_fini(&r->ips);
	free(r);
}

bool binding_route(const struct binding *b, struct flow *out)
{
	enum ua_transport transport;
	struct addr to;
	struct pl uri;

	if (flow_open(&b->flow)) {
		flow_copy(out, &b->flow);
		return true;
	}
	// A phone that is not behind a NAT can be called anew at its own address.
	pl_set_str(&uri, b->contact);
	if (!text_uri_addr(&uri, &to, &transport) || !addr_same_ip(&to, &b->flow.peer) ||
		transport != UA_TCP || to.port == b->flow.peer.port)
		return false;
	*out = (struct flow){.end = b->flow.end, .transport = UA_TCP, .peer = to};
	return true;
}
