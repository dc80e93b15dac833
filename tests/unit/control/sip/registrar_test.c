// The table of bindings: order, replacement, expiry, the way back. Time is simulated.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/sip/registrar/registrar.h"
#include "engine/base/str.h"

static struct timers timers;

static uint64_t now_ms;
static char told[1024];
static struct registrar *registrar;

static uint64_t mono(void *arg)
{
	return now_ms;
}

static uint64_t wall(void *arg)
{
	return now_ms * 1000000;
}

static void note(const char *what, const char *who)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof(told) - n, "%s %s;", what, who);
}

static void on_registered(const char *agent, bool registered, void *arg)
{
	note(registered ? "on" : "off", agent);
}

static void on_changed(const struct ua_registration *r, const char *gone, void *arg)
{
	note(gone ? gone : "bound", r->contact);
}

static void begin(void)
{
	static const struct registrar_handlers handlers = {on_registered, on_changed, NULL};
	static const struct timers_clock clock = {mono, wall};

	now_ms = 1000;
	timers_init(&timers, &clock);
	told[0] = '\0';
	registrar = registrar_new(&timers, &handlers);
	ck_assert_ptr_nonnull(registrar);
}

static void end(void)
{
	registrar_free(registrar);
	ck_assert_uint_eq(timers_count(&timers), 0);
}

static void pass_s(unsigned s)
{
	now_ms += s * 1000ull;
	timers_run(&timers, now_ms);
}

static struct flow flow_at(const char *peer)
{
	struct flow f = {.transport = UA_UDP};

	ck_assert_int_eq(addr_parse(peer, &f.peer), 0);
	return f;
}

static uint16_t update(const char *agent, const char *contact, unsigned expires_s, uint32_t cseq)
{
	struct registrar_contact c = {.expires_s = expires_s};
	struct flow flow = flow_at("192.0.2.1:5060");
	struct registrar_request q = {.agent = agent,
		.call_id = "one",
		.user_agent = "test",
		.cseq = cseq,
		.flow = &flow,
		.contacts = &c,
		.contact_count = contact ? 1 : 0,
		.all_gone = contact && *contact == '*'};

	if (q.all_gone)
		q.contact_count = 0;
	else if (contact)
		(void)str_copy(c.uri, sizeof(c.uri), contact);
	return registrar_update(registrar, &q);
}

static const char *said(void)
{
	static char copy[sizeof(told)];

	memcpy(copy, told, sizeof(copy));
	told[0] = '\0';
	return copy;
}

START_TEST(comes_is_refreshed_and_expires)
{
	struct binding *b[BINDINGS_MAX];

	begin();
	ck_assert_uint_eq(update("anna", "sip:anna@h", 60, 1), 0);
	ck_assert_str_eq(said(), "bound sip:anna@h;on anna;");
	pass_s(40);
	ck_assert_uint_eq(update("anna", "SIP:anna@H", 60, 2), 0);
	ck_assert_str_eq(said(), "bound SIP:anna@H;");
	pass_s(40);
	ck_assert_uint_eq(registrar_bindings(registrar, "anna", b), 1);
	pass_s(20);
	ck_assert_uint_eq(registrar_bindings(registrar, "anna", b), 0);
	ck_assert_str_eq(said(), "expired SIP:anna@H;off anna;");
	end();
}
END_TEST

START_TEST(old_and_repeated_requests_change_nothing)
{
	begin();
	ck_assert_uint_eq(update("anna", "sip:a", 60, 5), 0);
	said();
	ck_assert_uint_eq(update("anna", "sip:a", 0, 5), 500);
	ck_assert_uint_eq(update("anna", "sip:a", 0, 4), 500);
	ck_assert_uint_eq(update("anna", "*", 0, 4), 500);
	ck_assert_str_eq(said(), "");
	ck_assert_uint_eq(update("anna", "*", 0, 6), 0);
	ck_assert_str_eq(said(), "unregistered sip:a;off anna;");
	ck_assert_uint_eq(update("anna", "sip:a", 0, 7), 0); // nothing there to remove
	ck_assert_uint_eq(update("anna", NULL, 0, 8), 0);    // a query
	ck_assert_str_eq(said(), "");
	end();
}
END_TEST

START_TEST(the_fifth_takes_the_oldest_place)
{
	struct binding *b[BINDINGS_MAX];
	char contact[16];

	begin();
	for (unsigned i = 0; i < 6; i++) {
		snprintf(contact, sizeof(contact), "sip:%u", i);
		ck_assert_uint_eq(update("anna", contact, 60, i + 1), 0);
		now_ms += 10;
	}
	ck_assert_uint_eq(registrar_bindings(registrar, "anna", b), BINDINGS_MAX);
	ck_assert_str_eq(b[0]->contact, "sip:5");
	ck_assert_str_eq(b[3]->contact, "sip:2");
	ck_assert_ptr_nonnull(strstr(told, "replaced sip:0;bound sip:4;"));
	ck_assert_ptr_null(strstr(told, "off"));
	end();
}
END_TEST

START_TEST(one_instance_is_one_phone)
{
	struct registrar_contact c = {.uri = "sip:a:1", .instance = "<urn:1>", .expires_s = 60};
	struct flow first = flow_at("192.0.2.1:1000"), second = flow_at("192.0.2.1:2000");
	struct registrar_request q = {.agent = "anna",
		.call_id = "x",
		.user_agent = "",
		.cseq = 1,
		.flow = &first,
		.contacts = &c,
		.contact_count = 1};
	struct binding *b[BINDINGS_MAX];

	begin();
	ck_assert_uint_eq(registrar_update(registrar, &q), 0);
	ck_assert_str_eq(registrar_agent_at(registrar, &first.peer), "anna");
	q.call_id = "y";
	q.flow = &second;
	(void)str_copy(c.uri, sizeof(c.uri), "sip:a:2");
	ck_assert_uint_eq(registrar_update(registrar, &q), 0);
	ck_assert_uint_eq(registrar_bindings(registrar, "anna", b), 1);
	ck_assert_str_eq(b[0]->contact, "sip:a:2");
	ck_assert_ptr_null(registrar_agent_at(registrar, &first.peer));
	ck_assert_str_eq(registrar_agent_at(registrar, &second.peer), "anna");
	ck_assert_uint_eq(
		registrar_phones_at(registrar, &first.peer), 1); // the address, whatever the port
	ck_assert(registrar_is_home(registrar, "anna", &first.peer));
	ck_assert(!registrar_is_home(registrar, "ben", &first.peer));
	struct flow other = flow_at("192.0.2.2:2000");
	ck_assert(!registrar_is_home(registrar, "anna", &other.peer));
	pass_s(61);
	ck_assert_uint_eq(registrar_phones_at(registrar, &first.peer), 0);
	ck_assert(!registrar_is_home(registrar, "anna", &first.peer));
	end();
}
END_TEST

START_TEST(a_lost_connection_is_called_anew_only_at_its_own_address)
{
	struct binding *b[BINDINGS_MAX];
	struct flow f = flow_at("192.0.2.1:40000"), way;
	struct registrar_contact c = {.expires_s = 60};
	struct registrar_request q = {.agent = "anna",
		.call_id = "x",
		.user_agent = "",
		.cseq = 1,
		.flow = &f,
		.contacts = &c,
		.contact_count = 1};

	begin();
	f.transport = UA_TCP; // without a message: as after a restart
	(void)str_copy(c.uri, sizeof(c.uri), "sip:a@10.0.0.1:5060;transport=tcp");
	ck_assert_uint_eq(registrar_update(registrar, &q), 0);
	ck_assert_uint_eq(registrar_bindings(registrar, "anna", b), 1);
	ck_assert(!binding_route(b[0], &way)); // behind a NAT
	q.cseq++;
	(void)str_copy(c.uri, sizeof(c.uri), "sip:a@192.0.2.1:5070;transport=tcp");
	q.all_gone = true;
	ck_assert_uint_eq(registrar_update(registrar, &q), 0);
	ck_assert_uint_eq(registrar_bindings(registrar, "anna", b), 1);
	ck_assert(binding_route(b[0], &way));
	ck_assert_uint_eq(way.peer.port, 5070);
	end();
}
END_TEST

static unsigned seen;

static void remove_all(struct binding *b, void *arg)
{
	seen++;
	registrar_remove(b, "unregistered");
}

START_TEST(all_can_be_removed_on_a_walk)
{
	char agent[16];

	begin();
	seen = 0;
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(agent, sizeof(agent), "a%u", i % 1000);
		ck_assert_uint_eq(update(agent,
					  i < 1000	     ? "sip:1"
						  : i < 2000 ? "sip:2"
							     : "sip:3",
					  60, i + 1),
			0);
		told[0] = '\0';
	}
	registrar_each(registrar, remove_all, NULL);
	ck_assert_uint_eq(seen, 3000);
	end();
}
END_TEST

UNIT_MAIN("registrar", comes_is_refreshed_and_expires, old_and_repeated_requests_change_nothing,
	the_fifth_takes_the_oldest_place, one_instance_is_one_phone,
	a_lost_connection_is_called_anew_only_at_its_own_address, all_can_be_removed_on_a_walk)
