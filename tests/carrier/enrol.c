// Our registrations with carriers: what an answer of theirs may make of them, and a reload.
#include <check.h>

#include "engine/base/str.h"
#include "tests/carrier/stand.h"

static unsigned registered(void)
{
	unsigned n = 0;
	for (unsigned i = 0; i < stand.count; i++)
		n += stand.at[i] == CLUB && str_starts(stand.heard[i], "REGISTER ");
	return n;
}

// A carrier that wants longer each time is one that refuses.
static void raised_for_ever(void)
{
	char least[40];
	stand_turn();
	for (unsigned i = 1; i < 20; i++) {
		unsigned had = registered();
		str_format(least, sizeof(least), "Min-Expires: %u\r\n", 600 + i);
		stand_answers(CLUB, "423 Interval Too Brief", least, "");
		if (registered() == had)
			break;
	}
	ck_assert_uint_eq(registered(), 2);
	stand_pass(31000);
	ck_assert_uint_eq(registered(), 3);
}

// An answer lists all that are registered as the user: ours is meant, wherever it stands.
static void registered_among_others(void)
{
	stand_turn();
	stand_answers(CLUB, "200 OK",
		"Contact: <sip:acme@192.0.2.7:5060>;expires=3000, "
		"<sip:acme@127.0.0.1:5060;transport=tcp>;expires=2000\r\n"
		"Contact: <sip:acme@127.0.0.1:5060>;expires=100\r\n",
		"");
	stand_forget();
	stand_pass(79000);
	ck_assert_uint_eq(registered(), 0);
	stand_pass(2000);
	ck_assert_uint_eq(registered(), 1);
	// None is told as ours: then what is said of all, or what we have asked for.
	stand_answers(CLUB, "200 OK",
		"Contact: <sip:acme@192.0.2.7>;expires=5, <sip:b@192.0.2.8>;expires=5\r\n", "");
	stand_forget();
	stand_pass(400000);
	ck_assert_uint_eq(registered(), 0);
	stand_pass(90000);
	ck_assert_uint_eq(registered(), 1);
}

static void registered_for_a_second(void)
{
	stand_turn();
	stand_answers(CLUB, "200 OK", "Contact: <sip:acme@127.0.0.1:5060>;expires=0\r\n", "");
	stand_forget();
	stand_pass(3900);
	ck_assert_uint_eq(registered(), 0);
	stand_pass(200);
	ck_assert_uint_eq(registered(), 1);
}

// Who mends a password and reloads waits for nothing; what stands as it was is left alone.
static void registers_anew(void)
{
	stand_turn();
	stand_answers(CLUB, "403 Forbidden", "", "");
	stand_forget();
	stand_reload("password: open-sesame, domain: club", "password: open-barley, domain: club");
	ck_assert_uint_eq(registered(), 1);
	stand_answers(CLUB, "200 OK", "Contact: <sip:acme@127.0.0.1:5060>;expires=100\r\n", "");
	stand_forget();
	stand_reload("password: open-sesame, domain: club", "password: open-barley, domain: club");
	ck_assert_uint_eq(registered(), 0);
	stand_reload("domain: club.example", "domain: club.example.net"); // and one is on its way
	stand_reload("domain: club.example", "domain: club.example.org");
	ck_assert_uint_eq(registered(), 2);
	ck_assert(stand_says(stand_heard(CLUB, "REGISTER "), "REGISTER sip:club.example.org "));
	stand_answers(CLUB, "200 OK", "Expires: 100\r\n", "");
	stand_pass(40000); // the one that was dropped is sent no more
	stand_forget();
	stand_reload("register: yes,", "");
	stand_pass(100000);
	ck_assert_uint_eq(registered(), 0);
}

static const struct stand_row rows[] = {
	{"423 for ever", raised_for_ever},
	{"registered among others", registered_among_others},
	{"registered for a second", registered_for_a_second},
	{"we register anew", registers_anew},
};

int main(void)
{
	return stand_main("enrol", rows, sizeof(rows) / sizeof(rows[0]));
}
