// Every message of RFC 4475 and RFC 5118, from a trunk and from a stranger, over UDP and TCP: one
// table of what must come back, and nothing may be left of it afterwards.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/sip/torture/stand.h"

// What a stranger gets whose message is in order: a challenge or a refusal.
#define SHUT 1
// Nothing, and the connection stays.
#define DROP 0
// As over UDP, and then the connection is closed; or, with DROP, closed.
#define CLOSED 1000
// The rest of it has not come.
#define WAITS 2000

static const struct example {
	const char *name;
	unsigned udp, tcp, stranger; // final answers to a trunk; to a stranger by UDP
} examples[] = {
	// RFC 4475 3.1.1, valid messages
	{"rfc4475/wsinv", 481, 481, SHUT}, // within a dialog that we have none of
	{"rfc4475/intmeth", 405, 405, SHUT},
	{"rfc4475/esc01", 200, 200, SHUT},
	{"rfc4475/escnull", 401, 401, SHUT},
	{"rfc4475/esc02", 405, 405, SHUT},
	{"rfc4475/lwsdisp", 200, 200, SHUT},
	{"rfc4475/longreq", 200, 200, SHUT},
	{"rfc4475/dblreq", 401, 401 + CLOSED, SHUT}, // the second does not have the length it says
	{"rfc4475/semiuri", 200, 200, SHUT},
	{"rfc4475/transports", 200, 200, SHUT},
	{"rfc4475/mpart01", 405, 405, SHUT},
	{"rfc4475/unreason", DROP, DROP, DROP},
	{"rfc4475/noreason", DROP, DROP, DROP},
	// 3.1.2, invalid messages
	{"rfc4475/badinv01", 400, 400, 400},
	{"rfc4475/clerr", 400, WAITS, 400},
	{"rfc4475/ncl", 400, 400 + CLOSED, 400},
	{"rfc4475/scalar02", 400, 400, 400},
	{"rfc4475/scalarlg", DROP, DROP, DROP},
	{"rfc4475/quotbal", 400, 400, 400},
	{"rfc4475/ltgtruri", 400, 400, 400},
	{"rfc4475/lwsruri", 400, 400, 400},
	{"rfc4475/lwsstart", 400, 400, 400},
	{"rfc4475/trws", 400, 400, 400},
	{"rfc4475/escruri", 200, 200, SHUT}, // or 400: what is in the URI is not acted on
	{"rfc4475/baddate", 200, 200, SHUT}, // or 400: nobody asks for the date
	{"rfc4475/regbadct", 401, 401, SHUT},
	{"rfc4475/badaspec", 200, 200, SHUT}, // or 400: blanks in <> are easily passed over
	{"rfc4475/baddn", 200, 200, SHUT},    // or 400: a name without its quotes
	{"rfc4475/badvers", 505, 505, 505},
	{"rfc4475/mismatch01", 400, 400, 400},
	{"rfc4475/mismatch02", 400, 400, 400},
	{"rfc4475/bigcode", DROP, DROP, DROP},
	// 3.2, a branch that is the cookie alone
	{"rfc4475/badbranch", 200, 200, SHUT},
	// 3.3, what the application has to know
	{"rfc4475/insuf", 400, 400, 400},
	{"rfc4475/unkscm", 416, 416, SHUT},
	{"rfc4475/novelsc", 416, 416, SHUT},
	{"rfc4475/unksm2", 400, 400, 400},
	{"rfc4475/bext01", 420, 420, SHUT},
	{"rfc4475/invut", 415, 415, SHUT},
	{"rfc4475/regaut01", 401, 401, SHUT},
	{"rfc4475/multi01", 400, 400, 400},
	{"rfc4475/mcl01", 400, 400 + CLOSED, 400},
	{"rfc4475/bcast", DROP, DROP, DROP},
	{"rfc4475/zeromf", 200, 200, SHUT}, // it goes no further
	{"rfc4475/cparam01", 401, 401, SHUT},
	{"rfc4475/cparam02", 401, 401, SHUT},
	{"rfc4475/regescrt", 401, 401, SHUT},
	{"rfc4475/sdp01", 406, 406, SHUT},
	// 3.4, a peer of RFC 2543, which knew no Content-Length on a connection
	{"rfc4475/inv2543", 200, 400 + CLOSED, SHUT},
	// RFC 5118
	{"rfc5118/ipv6-good", 401, 401, SHUT},
	{"rfc5118/ipv6-bad", 400, 400, 400},
	{"rfc5118/port-ambiguous", 401, 401, SHUT},
	{"rfc5118/port-unambiguous", 401, 401, SHUT},
	{"rfc5118/via-received-param-with-delim", 481, 481, SHUT},
	{"rfc5118/via-received-param-no-delim", 200, 200, SHUT},
	{"rfc5118/ipv6-in-sdp", 488, 488, SHUT}, // no codec of ours, and another network
	{"rfc5118/mult-ip-in-header", 481, 481, SHUT},
	{"rfc5118/mult-ip-in-sdp", 200, 200, SHUT},
	{"rfc5118/ipv4-mapped-ipv6", 488, 488, SHUT},
	{"rfc5118/ipv6-bug-abnf-3-colons", 200, 200, SHUT},
	{"rfc5118/ipv6-correct-abnf-2-colons", 200, 200, SHUT},
};

#define EXAMPLES (sizeof(examples) / sizeof(examples[0]))

// --- one message ---

static size_t read_example(const char *name, char *out, size_t size)
{
	const char *root = getenv("SOURCE_ROOT");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/sip/torture/%s.sip", root ? root : ".", name);
	FILE *f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s", path);
	size_t n = fread(out, 1, size, f);
	fclose(f);
	return n;
}

static void try_example(struct wire *w, const struct example *e, unsigned expected)
{
	static char text[1 << 16];
	size_t len = read_example(e->name, text, sizeof(text));
	struct wire_answers a;
	unsigned answer = expected % CLOSED;

	wire_ask(w, text, len, expected == WAITS, &a);
	unsigned got = stand_final(&a);
	bool right = answer == SHUT ? got == 401 || got == 403 : got == answer;
	ck_assert_msg(right, "%s: %u, not %u", e->name, got, answer);
	ck_assert_msg(a.closed == (expected >= CLOSED && expected < WAITS), "%s: closed %d",
		e->name, a.closed);
	if (got == 200 && stand_leg)
		stand_end_call(w, a.text[a.count - 1]);
	wire_forget(&a);
}

static void try_all(const char *source, bool tcp)
{
	struct wire w;

	stand_up(false);
	for (unsigned i = 0; i < EXAMPLES; i++) {
		const struct example *e = &examples[i];
		bool stranger = strcmp(source, STRANGER) == 0;
		unsigned expected = tcp ? e->tcp : e->udp;
		if (stranger && (expected < CLOSED || expected == 401 + CLOSED))
			expected = e->stranger + (expected < CLOSED ? 0 : CLOSED);
		if (i == 0 || tcp)
			wire_open(&w, source, tcp);
		try_example(&w, e, expected);
		if (tcp || i + 1 == EXAMPLES)
			wire_close(&w);
	}
	stand_down();
}

START_TEST(a_trunk_by_udp)
{
	try_all(TRUNK, false);
}
END_TEST

START_TEST(a_trunk_by_tcp)
{
	try_all(TRUNK, true);
}
END_TEST

START_TEST(a_stranger_by_udp)
{
	try_all(STRANGER, false);
}
END_TEST

START_TEST(a_stranger_by_tcp)
{
	try_all(STRANGER, true);
}
END_TEST

int main(void)
{
	if (!wire_enter()) {
		printf("skipped: no network namespace is to be had\n");
		return 77;
	}
	const TTest *const tests[] = {
		a_trunk_by_udp, a_trunk_by_tcp, a_stranger_by_udp, a_stranger_by_tcp};
	return unit_run("torture", tests, sizeof(tests) / sizeof(tests[0]));
}
