// Registrations over a restart: REGISTERs as they come from the wire, the event log they go to, and
// the table that is rebuilt from it. Whatever stood, stands again, byte by byte.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/config/load.h"
#include "control/modules.h"
#include "control/eventlog/eventlog.h"
#include "control/rebuild/rebuild.h"
#include "control/node/registrations.h"
#include "control/sip/transport/door.h"
#include "control/sip/user_agent/core.h"
#include "control/sip/registrar/login.h"
#include "control/sip/registrar/register.h"
#include "control/sip/transport/reply.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"

// Who it is is another test's; answers and ways go nowhere here.
const struct config_agent *__wrap_login_check(struct stack_end *end, const struct sip_msg *msg);
void __wrap_reply_kept(struct stack_end *end, const struct sip_msg *msg, uint16_t status,
	const char *reason, const char *headers);
struct stack_end *__wrap_stack_route(
	struct stack *st, const struct addr *peer, enum ua_transport transport);

static struct timers timers;
static struct ua ua;
static struct stack_end end = {.ua = &ua};
static uint16_t answered;

const struct config_agent *__wrap_login_check(struct stack_end *e, const struct sip_msg *msg)
{
	return &e->ua->config->agents[0];
}

void __wrap_reply_kept(struct stack_end *e, const struct sip_msg *msg, uint16_t status,
	const char *reason, const char *headers)
{
	answered = status;
}

struct stack_end *__wrap_stack_route(
	struct stack *st, const struct addr *peer, enum ua_transport transport)
{
	return &end;
}

static const char yaml[] = "sip: {listen: [udp:10.9.0.1:5060]}\n"
			   "engine:\n"
			   "  ports: {p: {host: 10.9.0.1/24}}\n"
			   "  media: {m: {port: p, address: 10.9.0.2/24}}\n"
			   "tenants: {acme: {agents: {anna: {password: a}}}}\n";

struct world {
	char dir[64];
	struct eventlog *log;
	struct config *config;
};

// What is told of a phone names whose it is.
static void is_of_its_tenant(const struct event *e, void *arg)
{
	if (e->type == EVENT_AGENT_REGISTERED || e->type == EVENT_AGENT_UNREGISTERED)
		ck_assert_str_eq(e->tenant, "acme");
}

static void log_start(struct world *w)
{
	const struct eventlog_options options = {.directory = w->dir};
	struct eventlog_report report;

	ck_assert_int_eq(eventlog_open(&options, &w->log, &report), 0);
	eventlog_set_feed(w->log, is_of_its_tenant, NULL);
	ck_assert_int_eq(register_init(&ua), 0);
}

static void log_stop(struct world *w)
{
	register_fini(&ua);
	eventlog_close(w->log);
}

static void on_binding(const struct ua_registration *r, const char *gone, void *arg)
{
	const struct world *w = arg;
	registrations_binding(r, gone, w->log);
}

static void begin(struct world *w)
{
	const struct ua_handlers handlers = {.binding = on_binding, .told_arg = w};
	struct config_text text = {"/etc/t.yaml", yaml, sizeof(yaml) - 1};
	struct config_problems problems;

	folder_new(w->dir);
	ck_assert_int_eq(config_load_text(&control_modules, &text, NULL, &w->config, &problems), 0);
	config_problems_free(&problems);
	timers_init(&timers, NULL);
	ck_assert_int_eq(core_init(&ua, &(struct ua_env){&timers, NULL, w->config, &handlers}), 0);
	ck_assert_int_eq(door_init(), 0);
	log_start(w);
}

static void finish(struct world *w)
{
	log_stop(w);
	core_fini(&ua);
	config_release(w->config);
	folder_remove(w->dir);
}

struct bytes {
	const char *p;
	size_t len;
};
#define BYTES(text)                    \
	(struct bytes)                 \
	{                              \
		text, sizeof(text) - 1 \
	}

static void add(struct mbuf *mb, const char *name, struct bytes value)
{
	ck_assert_int_eq(mbuf_printf(mb, "%s: ", name), 0);
	ck_assert_int_eq(mbuf_write_mem(mb, (const uint8_t *)value.p, value.len), 0);
	ck_assert_int_eq(mbuf_write_str(mb, "\r\n"), 0);
}

static void register_one(
	struct bytes contact, struct bytes user_agent, struct bytes call_id, unsigned cseq)
{
	struct mbuf *mb = mbuf_alloc(4096);
	struct sip_msg *msg;

	ck_assert_ptr_nonnull(mb);
	ck_assert_int_eq(
		mbuf_printf(mb,
			"REGISTER sip:10.9.0.1 SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 10.9.0.7;branch=z9hG4bK%u\r\n"
			"From: <sip:anna@h>;tag=1\r\nTo: <sip:anna@h>\r\nCSeq: %u REGISTER\r\n",
			cseq, cseq),
		0);
	add(mb, "Contact", contact);
	add(mb, "User-Agent", user_agent);
	add(mb, "Call-ID", call_id);
	ck_assert_int_eq(mbuf_printf(mb, "Content-Length: 0\r\n\r\n"), 0);
	mb->pos = 0;
	ck_assert_int_eq(sip_msg_decode(&msg, mb), 0);
	sa_set_str(&msg->src, "10.9.0.7", 5060);
	msg->tp = SIP_TRANSP_UDP;
	register_request(&end, msg);
	mem_deref(msg);
	mem_deref(mb);
}

struct standing {
	struct ua_registration list[8];
	unsigned count;
};

static void stand(const struct ua_registration *r, void *arg)
{
	struct standing *s = arg;

	ck_assert_uint_lt(s->count, 8);
	s->list[s->count++] = *r;
}

// The process ends and another one begins.
static void restart(struct world *w, struct standing *before, struct standing *after)
{
	struct rebuild rebuild;

	before->count = after->count = 0;
	ua_registrations(&ua, stand, before);
	log_stop(w);
	ck_assert_int_eq(rebuild_load(w->dir, timers_wall_ns(&timers), &rebuild), 0);
	ck_assert_uint_eq(rebuild.damaged, 0);
	log_start(w);
	registrations_restore(&ua, &rebuild);
	rebuild_free(&rebuild);
	ua_registrations(&ua, stand, after);
}

static void ck_same(const struct standing *before, const struct standing *after)
{
	ck_assert_uint_eq(after->count, before->count);
	for (unsigned i = 0; i < before->count; i++) {
		const struct ua_registration *a = &before->list[i], *b = &after->list[i];
		ck_assert_str_eq(a->tenant, "acme");
		ck_assert_str_eq(b->tenant, "acme");
		ck_assert_str_eq(a->contact, b->contact);
		ck_assert_str_eq(a->instance, b->instance);
		ck_assert_str_eq(a->user_agent, b->user_agent);
		ck_assert_str_eq(a->call_id, b->call_id);
		ck_assert_uint_eq(a->cseq, b->cseq);
		ck_assert(addr_equal(&a->source, &b->source));
	}
}

START_TEST(any_bytes_survive)
{
	static char all[256], longest[2000];
	static const struct bytes contact = BYTES("<sip:anna@10.9.0.7>");
	struct standing before, after;
	struct world w;
	size_t n = 0;

	for (unsigned c = 0; c < 256; c++)
		if (c != '\r' && c != '\n')
			all[n++] = (char)c;
	memset(longest, 0xc3, sizeof(longest));
	const struct bytes any[] = {
		BYTES("Phone/1"),
		BYTES(""),
		BYTES("\"Phone\" \\ 1\" x"),
		BYTES("nul\0here"),
		BYTES("two\r\n lines"),
		BYTES("Telef\xf3n 2\xff"),
		BYTES("\xe7\x94\xb5\xe8\xaf\x9d"),
		{all, n},
		{longest, sizeof(longest)},
	};
	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		begin(&w);
		register_one(contact, any[i], any[i].len ? any[i] : BYTES("x"), 1);
		ck_assert_uint_eq(answered, 200);
		restart(&w, &before, &after);
		ck_assert_uint_eq(before.count, 1);
		ck_same(&before, &after);
		register_one(contact, any[i], any[i].len ? any[i] : BYTES("x"), 1);
		ck_assert_uint_eq(answered, 500); // the same request once more, as before
		finish(&w);
	}
}
END_TEST

START_TEST(contacts_of_any_bytes_are_one_phone)
{
	static const struct bytes contacts[] = {
		BYTES("<sip:anna@10.9.0.7>;+sip.instance=\"<urn:uuid:0-1>\""),
		BYTES("<sip:\xc3\xa4nna@10.9.0.7>"),
		BYTES("<sip:\xe4nna@10.9.0.7>;+sip.instance=\"<\xff\"\"\\>\""),
	};
	struct standing before, after;
	struct world w;

	for (size_t i = 0; i < sizeof(contacts) / sizeof(contacts[0]); i++) {
		begin(&w);
		register_one(contacts[i], BYTES("p"), BYTES("c"), 1);
		ck_assert_uint_eq(answered, 200);
		restart(&w, &before, &after);
		ck_assert_uint_eq(before.count, 1);
		ck_same(&before, &after);
		register_one(contacts[i], BYTES("p"), BYTES("c"), 2);
		after.count = 0;
		ua_registrations(&ua, stand, &after);
		ck_assert_uint_eq(after.count, 1);
		finish(&w);
	}
}
END_TEST

#define AT(contact, instance) \
	BYTES("<sip:anna@" contact ">;+sip.instance=\"<urn:uuid:" instance ">\"")

// A phone behind a NAT, or on a new connection each time, is one all the same.
START_TEST(a_phone_that_moved_rings_once)
{
	struct standing before, after;
	struct world w;

	begin(&w);
	register_one(AT("10.9.0.7:1000", "0-1"), BYTES("p"), BYTES("a"), 1);
	register_one(AT("10.9.0.7:2000", "0-1"), BYTES("p"), BYTES("b"), 1);
	register_one(AT("10.9.0.8:1000", "0-2"), BYTES("p"), BYTES("c"), 1);
	restart(&w, &before, &after);
	ck_assert_uint_eq(before.count, 2);
	ck_same(&before, &after);
	register_one(AT("10.9.0.7:3000", "0-1"), BYTES("p"), BYTES("d"), 1);
	restart(&w, &before, &after);
	ck_assert_uint_eq(before.count, 2);
	// The first phone comes to the second one's Contact: it is the one that is there.
	register_one(AT("10.9.0.8:1000", "0-1"), BYTES("p"), BYTES("e"), 1);
	restart(&w, &before, &after);
	ck_assert_uint_eq(before.count, 1);
	ck_assert_str_eq(after.list[0].instance, "<urn:uuid:0-1>");
	ck_same(&before, &after);
	finish(&w);
}
END_TEST

static void lockout_seen(const struct event *e, void *arg)
{
	if (e->type == EVENT_LOCKOUT)
		str_copy(arg, 128, e->body);
}

START_TEST(a_lockout_is_an_event)
{
	struct world w;
	char body[128] = "";
	struct ua_lockout l = {.bits = 64, .for_ms = 300000};

	begin(&w);
	eventlog_set_feed(w.log, lockout_seen, body);
	ck_assert_int_eq(addr_parse("2001:db8:0:1::", &l.address), 0);
	registrations_lockout(&l, w.log);
	ck_assert_str_eq(body, "{\"address\":\"2001:db8:0:1::/64\",\"for_ms\":300000}");
	l = (struct ua_lockout){.account = "anna", .for_ms = 1000};
	registrations_lockout(&l, w.log);
	ck_assert_str_eq(body, "{\"account\":\"anna\",\"for_ms\":1000}");
	finish(&w);
}
END_TEST

UNIT_MAIN("registrations", a_lockout_is_an_event, any_bytes_survive,
	contacts_of_any_bytes_are_one_phone, a_phone_that_moved_rings_once)
