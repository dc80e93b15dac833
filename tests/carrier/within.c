// Trunks that ask for the password in requests within a call: BYE, refreshes, OPTIONS. Whoever asks
// in vain keeps the call, and bills it.
#include <stdio.h>
#include <string.h>

#include "control/sip/ua.h"
#include "engine/base/str.h"
#include "tests/carrier/stand.h"
#include "tests/unit/unit.h"

#define ASKS_BY(header, nonce, more) \
	header ": Digest realm=\"carrier\", nonce=\"" nonce "\", qop=\"auth\"" more "\r\n"
#define PROXY_ASKS(nonce, more) ASKS_BY("Proxy-Authenticate", nonce, more)
#define STALE			", stale=true"
#define ASKED			"407 Proxy Authentication Required"
#define TIMER			"Session-Expires: 1800;refresher=uac\r\n"
#define HALF_MS			901000 // of the timer

static void up(const char *headers)
{
	ck_assert_int_eq(stand_call(), 0);
	stand_answers(0, "200 OK", headers, SDP_ANSWER);
	ck_assert_str_eq(stand.events, "answered");
}

static void up_asked(const char *headers)
{
	ck_assert_int_eq(stand_call(), 0);
	stand_answers(0, ASKED, PROXY_ASKS("n1", ""), "");
	stand_answers(0, "200 OK", headers, SDP_ANSWER);
	ck_assert_str_eq(stand.events, "answered");
}

static void hang_up(void)
{
	ua_hangup(stand.leg, "enough");
	stand_turn();
	ck_assert_str_eq(stand.events, "answered ended");
}

// The last of these: its line "name: value"; n of them were heard.
static void heard(const char *request, unsigned n, const char *line)
{
	unsigned count = 0;

	for (unsigned i = 0; i < stand.count; i++)
		count += str_starts(stand.heard[i], request);
	ck_assert_msg(count == n, "%u of %s", count, request);
	ck_assert_msg(stand_says(stand_heard(0, request), line), "%s: no %s",
		stand_heard(0, request), line);
}

static uint32_t cseq(const char *request)
{
	const char *at = strstr(stand_heard(0, request), "\r\nCSeq: ");
	unsigned n = 0;

	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(sscanf(at, "\r\nCSeq: %u", &n), 1);
	return n;
}

// --- BYE ---

static void bye_is_asked(void)
{
	up("");
	hang_up();
	heard("BYE ", 1, "Reason: ");
	ck_assert(!stand_says(stand_heard(0, "BYE "), "uthorization"));
	uint32_t first = cseq("BYE ");
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n1", ""));
	heard("BYE ", 2,
		"\r\nProxy-Authorization: Digest username=\"acme\", realm=\"carrier\", "
		"nonce=\"n1\", uri=\"sip:there@127.0.0.2:5060\"");
	heard("BYE ", 2, "text=\"enough\"");
	heard("BYE ", 2, "nc=00000001");
	ck_assert_uint_eq(cseq("BYE "), first + 1);
	stand_answers_to(0, "BYE ", "200 OK", "");
	stand_pass(40000);
	heard("BYE ", 2, "");
}

// A user agent asks, when the leg and all its echoes are over.
static void bye_outlives_its_leg(void)
{
	up("");
	hang_up();
	stand_answers_to(0, "BYE ", "100 Trying", "");
	for (unsigned i = 0; i < 6; i++)
		stand_pass(5000);
	stand_answers_to(0, "BYE ", "401 Unauthorized", ASKS_BY("WWW-Authenticate", "n1", ""));
	ck_assert(stand_says(stand_heard(0, "BYE "), "\r\nAuthorization: Digest "));
	stand_answers_to(0, "BYE ", "100 Trying", "");
	stand_pass(10000);
	stand_answers_to(0, "BYE ", "401 Unauthorized", ASKS_BY("WWW-Authenticate", "n2", STALE));
	ck_assert(stand_says(stand_heard(0, "BYE "), "nonce=\"n2\""));
	stand_answers_to(0, "BYE ", "200 OK", "");
}

// What the INVITE was asked for is said at once, and its nonce counts on.
static void bye_says_it_at_once(void)
{
	up_asked("");
	heard("ACK ", 2, "nc=00000001");
	hang_up();
	heard("BYE ", 1, "nonce=\"n1\"");
	heard("BYE ", 1, "nc=00000002");
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n2", "")); // a nonce for each
	heard("BYE ", 2, "nonce=\"n2\"");
	heard("BYE ", 2, "nc=00000001");
	stand_answers_to(0, "BYE ", "200 OK", "");
}

static void bye_wrong_password(void)
{
	up("");
	hang_up();
	for (unsigned i = 0; i < 2; i++)
		stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n1", ""));
	stand_pass(40000);
	heard("BYE ", 2, "");
}

static void bye_stale(void)
{
	up("");
	hang_up();
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n1", ""));
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n2", STALE));
	heard("BYE ", 3, "nonce=\"n2\"");
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n3", STALE));
	stand_pass(40000);
	heard("BYE ", 3, "nonce=\"n2\"");
}

static void bye_both_ask(void)
{
	up("");
	hang_up();
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n1", ""));
	stand_answers_to(0, "BYE ", "401 Unauthorized", ASKS_BY("WWW-Authenticate", "n2", ""));
	heard("BYE ", 3, "\r\nAuthorization: Digest ");
	heard("BYE ", 3, "\r\nProxy-Authorization: Digest ");
	stand_answers_to(0, "BYE ", "200 OK", "");
}

// Of a 200 that crosses our CANCEL: the leg has no tries any more.
static void bye_late_200(void)
{
	ck_assert_int_eq(stand_call(), 0);
	stand_answers(0, "180 Ringing", "", "");
	ua_hangup(stand.leg, "enough");
	stand_turn();
	stand_answers(0, "200 OK", "", SDP_ANSWER);
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n1", ""));
	heard("BYE ", 2, "\r\nProxy-Authorization: Digest ");
	stand_answers_to(0, "BYE ", "200 OK", "");
}

// Where it is none of the trunk's own that asks, nobody is answered.
static void bye_elsewhere(void)
{
	up("Contact: <sip:there@127.0.0.4:5060>\r\n");
	hang_up();
	ck_assert_ptr_nonnull(stand_heard(2, "BYE "));
	stand_answers_to(2, "BYE ", ASKED, PROXY_ASKS("n1", ""));
	stand_forget();
	stand_pass(1000);
	ck_assert_ptr_null(stand_heard(2, "BYE "));
}

// Whoever may call us is not for that one whom we sign for.
static void bye_to_a_peer(void)
{
	stand_reload("peers: [127.0.0.2, 127.0.0.3]\n", "peers: 127.0.0.0/28\n");
	bye_elsewhere();
}

static void bye_after_the_trunk(void)
{
	up("");
	stand_reload("      carrier:", "      courier:");
	hang_up();
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n1", ""));
	heard("BYE ", 2, "\r\nProxy-Authorization: Digest username=\"acme\", ");
	stand_answers_to(0, "BYE ", "100 Trying", "");
	stand_pass(20000); // the leg goes on its way
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n2", STALE));
	ck_assert(stand_says(stand_heard(0, "BYE "), "nonce=\"n2\""));
	stand_answers_to(0, "BYE ", "200 OK", "");
}

// A trunk of this name is there again, of somebody else's: what is configured now counts.
static void bye_after_a_new_password(void)
{
	up("");
	stand_reload("user: acme\n        password: open-sesame\n        rewrite",
		"user: acorn\n        password: open-sesame\n        rewrite");
	hang_up();
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n1", ""));
	heard("BYE ", 2, "username=\"acorn\"");
	stand_answers_to(0, "BYE ", "200 OK", "");
}

static void other_realm(void)
{
	up_asked("");
	hang_up();
	stand_answers_to(0, "BYE ", ASKED,
		"Proxy-Authenticate: Digest realm=\"elsewhere\", nonce=\"n2\", qop=\"auth\"\r\n");
	stand_pass(40000);
	heard("BYE ", 1, "realm=\"carrier\"");
}

static void both_realms(void)
{
	up_asked("");
	hang_up();
	stand_answers_to(0, "BYE ", ASKED,
		"Proxy-Authenticate: Digest realm=\"elsewhere\", nonce=\"n3\", "
		"algorithm=SHA-256\r\n" PROXY_ASKS("n2", STALE));
	heard("BYE ", 2, "realm=\"carrier\"");
	heard("BYE ", 2, "nonce=\"n2\"");
	stand_answers_to(0, "BYE ", "200 OK", "");
}

static void stops_meanwhile(void)
{
	up("");
	hang_up();
	stand_answers_to(0, "BYE ", ASKED, PROXY_ASKS("n1", ""));
	heard("BYE ", 2, "\r\nProxy-Authorization: ");
} // stand_down sees that nothing is left

static void stops_at_once(void)
{
	up_asked("");
	ua_stop(stand.ua);
	stand_turn();
	heard("BYE ", 1, "nc=00000002");
}

// --- what keeps the call ---

static void update_is_asked(void)
{
	up(TIMER "Allow: INVITE, ACK, BYE, UPDATE\r\n");
	stand_pass(HALF_MS);
	uint32_t first = cseq("UPDATE ");
	stand_answers_to(0, "UPDATE ", ASKED, PROXY_ASKS("n1", ""));
	heard("UPDATE ", 2, "nc=00000001");
	heard("UPDATE ", 2, "\r\nSession-Expires: 1800;refresher=uac\r\n");
	ck_assert_uint_eq(cseq("UPDATE "), first + 1);
	stand_answers_to(0, "UPDATE ", "200 OK", TIMER);
	stand_pass(HALF_MS);
	heard("UPDATE ", 3, "nc=00000002");
	stand_answers_to(0, "UPDATE ", ASKED, PROXY_ASKS("n2", STALE));
	heard("UPDATE ", 4, "nonce=\"n2\"");
	stand_answers_to(0, "UPDATE ", "200 OK", TIMER);
	stand_pass(HALF_MS);
	heard("UPDATE ", 5, "nc=00000002");
	ck_assert_ptr_nonnull(stand.leg);
	ck_assert_str_eq(stand.events, "answered");
}

static void reinvite_is_asked(void)
{
	up_asked(TIMER "Allow: INVITE, ACK, BYE\r\n");
	stand_forget();
	stand_pass(HALF_MS);
	heard("INVITE ", 1, "nc=00000002");
	stand_answers_to(0, "INVITE ", ASKED, PROXY_ASKS("n2", ""));
	heard("INVITE ", 2, "nonce=\"n2\"");
	heard("INVITE ", 2, "\r\nm=audio 4000 ");
	heard("ACK ", 1, " ACK\r\n"); // libre's, of the 407
	uint32_t last = cseq("INVITE ");
	stand_answers_to(0, "INVITE ", "200 OK", TIMER);
	heard("ACK ", 2, "nonce=\"n2\"");
	heard("ACK ", 2, "nc=00000001");
	ck_assert_uint_eq(cseq("ACK "), last);
	ck_assert_ptr_nonnull(stand.leg);
}

// It is refused as before, and tried again in its time: the call goes on, and no request in a loop.
static void update_wrong_password(void)
{
	up(TIMER "Allow: INVITE, ACK, BYE, UPDATE\r\n");
	stand_pass(HALF_MS);
	stand_answers_to(0, "UPDATE ", ASKED, PROXY_ASKS("n1", ""));
	stand_answers_to(0, "UPDATE ", ASKED, PROXY_ASKS("n1", ""));
	heard("UPDATE ", 2, "nc=00000001");
	ck_assert_ptr_nonnull(stand.leg);
}

#define SHORT "Session-Expires: 200;refresher=uac\r\n"

// Later than there is time: it is tried before.
static void refresh_is_put_off(void)
{
	up("Supported: timer\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n" SHORT);
	stand_pass(101000);
	stand_answers_to(0, "UPDATE ", "503 Service Unavailable", "Retry-After: 3600\r\n");
	stand_forget();
	stand_pass(40000);
	ck_assert_ptr_nonnull(stand_heard(0, "UPDATE "));
	stand_answers_to(0, "UPDATE ", "200 OK", SHORT);
	stand_pass(90000);
	ck_assert_ptr_nonnull(stand.leg);
}

// A reload takes the trunk away while it is asked: whatever it answers then, the call ends well.
static void trunk_is_gone(void)
{
	static const struct {
		const char *status, *headers;
	} answers[] = {
		{ASKED, PROXY_ASKS("n1", "")},
		{"302 Moved Temporarily", "Contact: <sip:02155501234@127.0.0.3:5060>\r\n"},
		{"503 Service Unavailable", "Retry-After: 10\r\n"},
		{"422 Session Interval Too Small", "Min-SE: 2000\r\n"},
	};
	ck_assert_int_eq(stand_call(), 0);
	for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		stand_reload("      carrier:", "      courier:");
		stand_answers(0, answers[i].status, answers[i].headers, "");
		stand_reload("      carrier:", "      carrier:");
		stand_pass(100);
		if (stand.leg == NULL)
			ck_assert_int_eq(stand_call(), 0);
	}
	stand_reload("      carrier:", "      courier:");
	stand_answers(0, "200 OK", "", SDP_ANSWER);
	ua_hangup(stand.leg, "enough");
	stand_pass(33000);
	ck_assert_ptr_null(stand.leg);
}

static void options_is_asked(void)
{
	up("");
	ua_probe(stand.leg);
	stand_turn();
	stand_answers_to(0, "OPTIONS ", ASKED, PROXY_ASKS("n1", ""));
	heard("OPTIONS ", 2, "\r\nProxy-Authorization: Digest ");
	ck_assert_str_eq(stand.events, "answered");
	stand_answers_to(0, "OPTIONS ", "200 OK", "");
	ck_assert_str_eq(stand.events, "answered alive");
}

static const struct stand_row rows[] = {
	{"BYE", bye_is_asked},
	{"BYE, long after", bye_outlives_its_leg},
	{"BYE after an INVITE that was asked", bye_says_it_at_once},
	{"BYE, wrong password", bye_wrong_password},
	{"BYE, stale", bye_stale},
	{"BYE, 407, then 401", bye_both_ask},
	{"BYE to a late 200", bye_late_200},
	{"BYE elsewhere", bye_elsewhere},
	{"BYE to a peer", bye_to_a_peer},
	{"BYE, the trunk is gone", bye_after_the_trunk},
	{"BYE, the trunk has another user", bye_after_a_new_password},
	{"BYE, another realm", other_realm},
	{"BYE, another realm and ours", both_realms},
	{"we stop while a BYE is open", stops_meanwhile},
	{"we stop", stops_at_once},
	{"UPDATE", update_is_asked},
	{"re-INVITE", reinvite_is_asked},
	{"UPDATE, wrong password", update_wrong_password},
	{"a refresh that is put off", refresh_is_put_off},
	{"a trunk is gone", trunk_is_gone},
	{"OPTIONS", options_is_asked},
};

int main(void)
{
	return stand_main("within", rows, sizeof(rows) / sizeof(rows[0]));
}
