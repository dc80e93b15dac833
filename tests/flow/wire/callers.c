// Callers that speak SIP, each through its trunk.
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "engine/base/str.h"
#include "tests/flow/wire/wire.h"

#define ACK_MS	   10
#define RTP_FIRST  20000
#define HOST_OF_24 77 // of a trunk that is a whole network

// --- trunks ---

// Somebody outside: the user part of the URI is the number.
static void called(struct peer *peer, struct tell *t, const struct text *m)
{
	char number[64];
	const char *user = strchr(m->uri, ':');

	ck_assert_ptr_nonnull(user);
	(void)str_copy_n(number, sizeof(number), user + 1, strcspn(user + 1, "@"));
	if (!wire_challenges(peer, t, m))
		wire_invited(wire_phone(number), peer, t, m);
}

static void on_request(struct peer *peer, struct tell *t, const struct text *m, void *arg)
{
	struct line *l = line_find(&far_end()->lines, m);

	far_end()->probes += t && str_equal(m->method, "OPTIONS");
	if (l)
		line_request(l, t, m);
	else if (t && str_equal(m->method, "INVITE") && !*m->to_tag)
		called(peer, t, m);
	else if (t) {
		owed_came(m);
		wire_count()->strays++;
		peer_answer(t, 481, NULL, NULL);
	}
}

static void on_cancel(struct peer *peer, struct tell *t, void *arg)
{
	if (t->line)
		line_cancelled(t->line);
}

static void on_again(struct peer *peer, const struct text *m, void *arg)
{
	struct line *l = line_find(&far_end()->lines, m);

	if (l)
		line_again(l, m);
}

static struct peer *trunk_at(const struct addr *at)
{
	dlist_for_each (it, &far_end()->trunks) {
		struct trunk_peer *t = container_of(it, struct trunk_peer, link);
		if (addr_equal(&t->peer.port.at, at))
			return &t->peer;
	}
	struct trunk_peer *t = sim_calloc(sizeof(*t));
	t->peer = (struct peer){.request = on_request, .cancelled = on_cancel, .again = on_again};
	peer_open(&t->peer, at);
	dlist_push_back(&far_end()->trunks, &t->link);
	return &t->peer;
}

void wire_trunks_open(void)
{
	const struct config *c = sim_config();

	for (unsigned i = 0; i < c->trunk_count; i++)
		for (unsigned k = 0; k < c->trunks[i].out.target_count; k++)
			(void)trunk_at(&c->trunks[i].out.targets[k].address);
}

static struct peer *trunk_of(const struct caller_setup *setup)
{
	const struct config *c = sim_config();
	unsigned i = 0;

	while (setup->tenant && i < c->trunk_count &&
		!str_equal(c->trunks[i].tenant->name, setup->tenant))
		i++;
	const struct config_trunk *t = &c->trunks[i < c->trunk_count ? i : 0] + setup->trunk;
	struct addr at = t->peers[0].net;
	at.port = 5060;
	if (t->peers[0].bits < 32)
		at.ip[3] += HOST_OF_24;
	return trunk_at(&at);
}

void wire_callers_end(void)
{
	dlist_for_each_safe (it, &far_end()->trunks) {
		struct trunk_peer *t = container_of(it, struct trunk_peer, link);
		peer_close(&t->peer);
		dlist_remove(it);
		free(t);
	}
	dlist_for_each_safe (it, &far_end()->callers) {
		dlist_remove(it);
		free(container_of(it, struct sim_caller, link));
	}
}

// --- calls ---

static void answered(struct line *l, unsigned status)
{
	struct sim_caller *c = l->arg;

	if (status)
		c->status = (uint16_t)status;
	c->answered = status == 200;
	if (c->answered)
		wire_count()->answered++;
	else if (status)
		wire_count()->refused++;
	else
		wire_count()->unanswered++;
	if (c->answered)
		wire_name(l, c->from);
}

static void over(struct line *l)
{
	((struct sim_caller *)l->arg)->line = NULL;
	wire_over(l);
}

static const struct line_handlers handlers = {.answered = answered, .over = over};

static struct sim_caller *caller_new(const struct caller_setup *setup)
{
	struct sim_caller *c = sim_calloc(sizeof(*c));

	wire_count()->calls++;
	c->setup = *setup;
	(void)str_copy(c->from, sizeof(c->from), setup->from);
	(void)str_copy(c->to, sizeof(c->to), setup->to ? setup->to : "400");
	(void)str_format(c->call_id, sizeof(c->call_id), "caller-%u", ++far_end()->next);
	dlist_push_back(&far_end()->callers, &c->link);
	return c;
}

static void write_headers(const struct sim_caller *c, struct str_buf *b)
{
	if (c->setup.privacy && *c->setup.privacy)
		str_buf_add(b, "Privacy: %s\r\n", c->setup.privacy);
	if (c->setup.original_called)
		str_buf_add(b, "Diversion: <sip:%s@10.9.0.77>;reason=unconditional\r\n",
			c->setup.original_called);
}

static struct line *line_of(struct sim_caller *c)
{
	const struct caller_setup *setup = &c->setup;
	const struct config_agent *a =
		setup->agent ? config_find_agent(sim_config(), setup->agent) : NULL;
	struct peer *p = a ? &wire_phone(setup->agent)->peer : trunk_of(setup);
	struct line *l = line_new(&far_end()->lines, p, &handlers, c);

	l->user = a ? a->name : NULL;
	l->password = a ? a->password : NULL;
	(void)str_copy(l->call_id, sizeof(l->call_id), c->call_id);
	l->ours.rtp = p->port.at;
	l->ours.rtp.port = (uint16_t)(RTP_FIRST + 2 * far_end()->next % 40000);
	session_draw(l);
	l->manners = (struct line_manners){.no_ack = setup->no_ack,
		.bad_sdp = setup->bad_offer,
		.late_offer = setup->late_offer || setup->bad_answer,
		.bad_answer = setup->bad_answer,
		.ack_ms = ACK_MS};
	return l;
}

struct sim_caller *caller_dials(const struct caller_setup *setup)
{
	struct sim_caller *c = caller_new(setup);
	char from[300], uri[128], headers[512], node[ADDR_TEXT_MAX], here[ADDR_TEXT_MAX];
	struct str_buf b;

	c->line = line_of(c);
	addr_text(&far_end()->node, node);
	addr_text(&c->line->peer->port.at, here);
	(void)str_format(from, sizeof(from), "%s%s%s<sip:%s@%s>", setup->name ? "\"" : "",
		setup->name ? setup->name : "", setup->name ? "\" " : "",
		setup->agent ? setup->agent : c->from, here);
	(void)str_format(uri, sizeof(uri), "sip:%s@%s", c->to, node);
	str_buf_init(&b, headers, sizeof(headers));
	headers[0] = '\0';
	write_headers(c, &b);
	line_invite(c->line, &(struct line_call){from, uri, headers, &far_end()->node});
	net_settle();
	return c;
}

// Of the reasons that the user agent has there is one here.
struct sim_caller *caller_is_refused(
	const struct caller_setup *setup, const char *why, uint16_t status)
{
	struct caller_setup refused = *setup;

	ck_assert_str_eq(why, "offer-not-met");
	refused.bad_offer = true;
	return caller_dials(&refused);
}

struct sim_caller *dial(const char *from, const char *to)
{
	return caller_dials(&(struct caller_setup){.from = from, .to = to});
}

struct sim_caller *ann_talks_to_alice(void)
{
	phone_register("alice");
	phone_answers("alice", 100);
	struct sim_caller *c = dial("ann", "500");
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "alice");
	return c;
}

static struct line *talking(const struct sim_caller *c)
{
	return c->line && c->line->state == LINE_UP ? c->line : NULL;
}

void caller_hangs_up(struct sim_caller *c)
{
	if (talking(c))
		(void)line_bye(c->line);
	net_settle();
}

void caller_cancels(struct sim_caller *c)
{
	if (c->line)
		line_cancel(c->line);
	net_settle();
}

void wire_caller_haunted(struct sim_caller *c, bool old)
{
	if (talking(c))
		line_ghost(c->line, old);
	net_settle();
}

void caller_presses(struct sim_caller *c, const char *digits)
{
	for (; *digits; digits++) {
		if (talking(c))
			sim_voice_digit(wire_voice(c->line), *digits);
		net_settle();
		sim_run(100);
	}
}

void caller_sends_info(struct sim_caller *c, char digit)
{
	if (c->line)
		line_info(c->line, digit);
	net_settle();
}

const char *wire_direction(uint8_t direction)
{
	static const char *const said[] = {
		[0] = "inactive",
		[MEDIA_SEND] = "recvonly",
		[MEDIA_RECV] = "sendonly",
		[MEDIA_SEND | MEDIA_RECV] = "sendrecv",
	};

	return said[direction];
}

void caller_directs(struct sim_caller *c, uint8_t direction)
{
	if (talking(c))
		line_direct(c->line, wire_direction(direction));
	net_settle();
}

void caller_dies(struct sim_caller *c)
{
	if (c->line)
		c->line->manners.deaf_to_probes = true;
}

void caller_holds(struct sim_caller *c, bool on)
{
	caller_directs(c, on ? MEDIA_RECV : MEDIA_SEND | MEDIA_RECV);
}

void caller_rtp_lost(struct sim_caller *c)
{
	if (talking(c))
		sim_voice_lost(wire_voice(c->line));
	net_settle();
}

void caller_rtp_found(struct sim_caller *c)
{
	if (talking(c))
		sim_voice_found(wire_voice(c->line));
	net_settle();
}

struct media_voice *caller_voice(const struct sim_caller *c)
{
	return wire_voice(c->line);
}

void caller_media_fails(struct sim_caller *c, const char *what)
{
	struct media_voice *v = caller_voice(c);

	if (v)
		sim_voice_fails(v, what);
	net_settle();
}

bool caller_masked(const struct sim_caller *c)
{
	return sim_voice_masked(wire_voice(c->line));
}

bool caller_alive(const struct sim_caller *c)
{
	return c->line != NULL;
}

uint16_t caller_status(const struct sim_caller *c)
{
	return c->status;
}

const char *caller_hears(const struct sim_caller *c)
{
	return talking(c) ? sim_voice_hears(wire_voice(c->line)) : "";
}

const char *caller_story(const struct sim_caller *c)
{
	return sim_story_text(c->call_id);
}

const char *caller_record(const struct sim_caller *c, const char *member)
{
	return sim_story_record(c->call_id, member);
}

struct callid caller_id(const struct sim_caller *c)
{
	return sim_story_call(c->call_id);
}
