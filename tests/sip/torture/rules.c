// What the door lets through and what it says to the rest, over sockets: sizes, pieces, peers of
// RFC 2543, strangers that shall hear nothing.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "control/sip/ua.h"
#include "tests/sip/torture/stand.h"

#define SDP_TO(address)                                                      \
	"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 " address "\r\n" \
	"t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
#define SDP SDP_TO("192.0.2.9")

struct text {
	char p[70000];
	size_t len;
};

static uint64_t malformed(void)
{
	struct ua_counts c;

	ua_counts(stand_ua, &c);
	return c.malformed;
}

// A request with lines of its own between; more: octets of a header that nobody knows.
static void write_request(struct text *t, const char *method, const char *lines, size_t more)
{
	size_t size = sizeof(t->p);
	int n = snprintf(t->p, size,
		"%s sip:9000@127.0.0.1 SIP/2.0\r\n%sMax-Forwards: 70\r\nX-More: ", method, lines);

	memset(t->p + n, 'x', more);
	t->len = (size_t)n + more;
	t->len += (size_t)snprintf(t->p + t->len, size - t->len, "\r\n\r\n");
}

#define LINES                                                                        \
	"Via: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bKsize\r\nFrom: <sip:a@b>;tag=1\r\n" \
	"To: <sip:a@c>\r\nCall-ID: size\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n"

static void write_sized(struct text *t, size_t size)
{
	write_request(t, "OPTIONS", LINES, 0);
	write_request(t, "OPTIONS", LINES, size - t->len);
	ck_assert_uint_eq(t->len, size);
}

START_TEST(a_message_of_any_size_is_answered)
{
	static const struct {
		size_t size;
		unsigned status;
	} t[] = {{8192, 200}, {8193, 200}, {12000, 200}, {32768, 200}, {32769, 513}, {65000, 513}};
	static struct text text;
	struct wire_answers a;
	struct wire w;

	stand_up(false);
	for (unsigned i = 0; i < 2 * sizeof(t) / sizeof(t[0]); i++) {
		bool tcp = i % 2;
		wire_open(&w, TRUNK, tcp);
		write_sized(&text, t[i / 2].size);
		wire_ask(&w, text.p, text.len, false, &a);
		ck_assert_msg(stand_final(&a) == t[i / 2].status, "%zu by %s: %u", t[i / 2].size,
			tcp ? "tcp" : "udp", stand_final(&a));
		ck_assert(a.closed == (tcp && t[i / 2].status == 513));
		wire_forget(&a);
		wire_close(&w);
	}
	stand_down();
}
END_TEST

// A body that is promised and too long is refused before it comes.
START_TEST(a_body_that_is_too_long_is_not_waited_for)
{
	static struct text text;
	struct wire_answers a;
	struct wire w;

	stand_up(false);
	wire_open(&w, TRUNK, true);
	write_request(&text, "OPTIONS",
		"Via: SIP/2.0/TCP 127.0.0.2;branch=z9hG4bKlong\r\nFrom: <sip:a@b>;tag=1\r\n"
		"To: <sip:a@c>\r\nCall-ID: long\r\nCSeq: 1 OPTIONS\r\nContent-Length: 40000\r\n",
		0);
	wire_ask(&w, text.p, text.len, false, &a);
	ck_assert_uint_eq(stand_final(&a), 513);
	ck_assert(a.closed);
	wire_forget(&a);
	wire_close(&w);
	stand_down();
}
END_TEST

START_TEST(a_message_in_pieces_is_one_message)
{
	static struct text text;
	struct wire_answers a;
	struct wire w;

	stand_up(false);
	wire_open(&w, TRUNK, true);
	write_sized(&text, 400);
	for (size_t i = 0; i + 1 < text.len; i++) {
		wire_send(&w, text.p + i, 1);
		wire_turn();
	}
	wire_ask(&w, text.p + text.len - 1, 1, false, &a);
	ck_assert_uint_eq(stand_final(&a), 200);
	wire_forget(&a);
	// Three in one piece, with signs of life between, and the third is broken.
	size_t one = text.len;
	for (unsigned i = 1; i < 3; i++) {
		memcpy(text.p + text.len, "\r\n\r\n", 4);
		memcpy(text.p + text.len + 4, text.p, one);
		text.len += one + 4;
	}
	memcpy(text.p + text.len - one, "OPTIO(S", 7);
	ck_assert_uint_eq(malformed(), 0);
	wire_ask(&w, text.p, text.len, false, &a);
	ck_assert_uint_eq(a.count, 3);
	ck_assert_uint_eq(a.status[0] + a.status[1] + a.status[2], 200 + 200 + 400);
	ck_assert_uint_eq(malformed(), 1);
	ck_assert(!a.closed);
	wire_forget(&a);
	// The end of a head in pieces, written as nobody should: what comes next is no part of it.
	write_sized(&text, 400);
	wire_send(&w, text.p, text.len - 2);
	for (unsigned i = 0; i < 8; i++) {
		wire_turn();
		wire_send(&w, "\r", 1);
	}
	wire_turn();
	memmove(text.p + 2, text.p, text.len);
	memcpy(text.p, "\r\nOPTIO(S", 9);
	wire_ask(&w, text.p, text.len + 2, false, &a);
	ck_assert_uint_eq(a.count, 2);
	ck_assert_uint_eq(a.status[0] + a.status[1], 200 + 400);
	ck_assert(!a.closed);
	wire_forget(&a);
	wire_close(&w);
	stand_down();
}
END_TEST

// The end of a long message comes in one piece with the next.
START_TEST(long_messages_may_follow_each_other)
{
	static const size_t sizes[] = {400, 32760, 400, 32768, 500};
	static struct text text;
	struct wire_answers a;
	struct wire w;

	stand_up(false);
	wire_open(&w, TRUNK, true);
	for (unsigned i = 0; i + 1 < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_sized(&text, sizes[i]);
		wire_send(&w, text.p, text.len);
	}
	write_sized(&text, sizes[4]);
	wire_ask(&w, text.p, text.len, false, &a);
	ck_assert(!a.closed);
	ck_assert_uint_eq(a.count, 5);
	for (unsigned i = 0; i < a.count; i++)
		ck_assert_uint_eq(a.status[i], 200);
	ck_assert_uint_eq(malformed(), 0);
	wire_forget(&a);
	wire_close(&w);
	stand_down();
}
END_TEST

// Where a message ends in two ways nothing behind it is read: not the one that it hides.
START_TEST(a_hidden_request_is_not_found)
{
	static const char *const lengths[] = {"Content-Length: -1\r\n", "Content-Length: 10 20\r\n",
		"Content-Length: 4294967296\r\n", "Content-Length:\r\n",
		"Content-Length: 0\r\nContent-Length: 7\r\n", "l: 7\r\nContent-Length: 0\r\n", ""};
	static struct text text, hidden;
	struct wire_answers a;
	char lines[512];
	struct wire w;

	stand_up(false);
	write_sized(&hidden, 400);
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		snprintf(lines, sizeof(lines),
			"Via: SIP/2.0/TCP 127.0.0.2;branch=z9hG4bK%u\r\nFrom: <sip:a@b>;tag=1\r\n"
			"To: <sip:a@c>\r\nCall-ID: outer\r\nCSeq: 1 OPTIONS\r\n%s",
			i, lengths[i]);
		write_request(&text, "OPTIONS", lines, 0);
		memcpy(text.p + text.len, hidden.p, hidden.len);
		wire_open(&w, TRUNK, true);
		wire_ask(&w, text.p, text.len + hidden.len, false, &a);
		ck_assert_uint_eq(a.count, 1);
		ck_assert_uint_eq(a.status[0], 400);
		ck_assert(a.closed);
		wire_forget(&a);
		wire_close(&w);
	}
	stand_down();
}
END_TEST

// --- RFC 2543 ---

#define OLD(via, cseq, to)                                                                   \
	"Via: SIP/2.0/UDP 127.0.0.2" via "\r\nFrom: <sip:old@127.0.0.2>\r\nTo: <sip:a@b>" to \
	"\r\nCall-ID: old\r\nCSeq: " cseq "\r\n"

static unsigned ask(struct wire *w, const char *method, const char *lines, const char *body)
{
	static struct text t;
	struct wire_answers a;

	write_request(&t, method, lines, 0);
	t.len += (size_t)snprintf(t.p + t.len, sizeof(t.p) - t.len, "%s", body);
	wire_ask(w, t.p, t.len, false, &a);
	unsigned status = stand_final(&a);
	if (status == 200 && strcmp(method, "INVITE") == 0 && stand_leg)
		stand_end_call(w, a.text[a.count - 1]);
	wire_forget(&a);
	return status;
}

// No branch, no tag, no Contact, no length; or a branch that is the same all the time.
static void call_of_old(struct wire *w, const char *invite, const char *next, const char *other)
{
	ck_assert_uint_eq(ask(w, "INVITE", invite, SDP), 200);
	ck_assert_ptr_null(stand_leg);
	// It comes again: the same call, which is long over for the one that sends it.
	ck_assert_uint_eq(ask(w, "INVITE", invite, SDP), 0);
	// Another request, and another call, are told apart from it.
	ck_assert_uint_eq(ask(w, "OPTIONS", next, ""), 200);
	ck_assert_uint_eq(ask(w, "INVITE", other, SDP), 200);
}

START_TEST(a_peer_of_old_is_served)
{
	struct wire w;

	stand_up(false);
	wire_open(&w, TRUNK, false);
	call_of_old(&w, OLD("", "1 INVITE", "") "Content-Type: application/sdp\r\n",
		OLD("", "2 OPTIONS", ""),
		OLD("", "3 INVITE", "") "Content-Type: application/sdp\r\n");
	call_of_old(&w, OLD(";branch=1", "11 INVITE", "") "Content-Type: application/sdp\r\n",
		OLD(";branch=1", "12 OPTIONS", ""),
		OLD(";branch=1", "13 INVITE", "") "Content-Type: application/sdp\r\n");
	// Refused: the same answer again, until its ACK finds the transaction.
	ck_assert_uint_eq(ask(&w, "INVITE", OLD("", "20 INVITE", ""), "x"), 415);
	ck_assert_uint_eq(ask(&w, "INVITE", OLD("", "20 INVITE", ""), "x"), 415);
	ck_assert_uint_eq(ask(&w, "ACK", OLD("", "20 ACK", ";tag=1"), ""), 0);
	ck_assert_uint_eq(ask(&w, "INVITE", OLD("", "20 INVITE", ""), "x"), 0);
	// A call that nobody knows any more.
	ck_assert_uint_eq(ask(&w, "CANCEL", OLD("", "21 CANCEL", ""), ""), 481);
	ck_assert_uint_eq(ask(&w, "BYE", OLD("", "22 BYE", ";tag=2"), ""), 481);
	ck_assert_uint_eq(malformed(), 0);
	wire_close(&w);
	stand_down();
}
END_TEST

// --- reloads ---

#define GONE(branch, cseq, tag)                                                            \
	"Via: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK" branch "\r\nFrom: <sip:a@b>;tag=1\r\n" \
	"To: <sip:a@b>" tag "\r\nCall-ID: gone\r\nCSeq: " cseq "\r\n"                      \
	"Contact: <sip:a@127.0.0.2>\r\nContent-Length: 0\r\n"

// We have hung up and wait for the ACK, which is to bring an answer, when its trunk goes.
START_TEST(a_call_outlives_its_trunk)
{
	static struct text t;
	struct wire_answers a, none;
	struct ua_counts c;
	struct wire w, other;
	char ack[512];

	stand_up(false);
	wire_open(&w, TRUNK, false);
	wire_open(&other, "127.0.0.3", false);
	write_request(&t, "INVITE", GONE("gone", "1 INVITE", ""), 0);
	wire_ask(&w, t.p, t.len, false, &a);
	ck_assert_uint_eq(stand_final(&a), 200);
	const char *tag = strstr(strstr(a.text[a.count - 1], "To: "), ";tag=");
	snprintf(ack, sizeof(ack), GONE("ack", "1 ACK", "%.*s"), (int)strcspn(tag, "\r"), tag);
	wire_forget(&a);
	ua_hangup(stand_leg, "enough");
	wire_turn();
	ck_assert_ptr_null(stand_leg);
	stand_reload();
	write_request(&t, "CANCEL", GONE("gone", "1 CANCEL", ""), 0);
	wire_send(&other, t.p, t.len);
	write_request(&t, "ACK", ack, 0);
	wire_send(&other, t.p, t.len);
	wire_ask(&w, "", 0, false, &none); // all of it was read
	wire_forget(&none);
	// What it says changes nothing any more, from wherever: nobody looks for its trunk.
	ua_counts(stand_ua, &c);
	ck_assert_uint_eq(c.dialog_refused, 0);
	wire_close(&other);
	wire_close(&w);
	stand_down();
}
END_TEST

// What is refused after a reload is answered as before.
START_TEST(a_reload_changes_no_refusal)
{
	static struct text text;
	struct wire_answers before, after;
	struct wire w;

	stand_up(false);
	wire_open(&w, TRUNK, true);
	write_sized(&text, 400);
	memcpy(text.p, "OPTIO(S", 7);
	wire_ask(&w, text.p, text.len, false, &before);
	ck_assert_uint_eq(stand_final(&before), 400);
	ck_assert_ptr_nonnull(strstr(before.text[0], "\r\nServer: "));
	stand_reload();
	stand_reload(); // its memory is used again
	wire_ask(&w, text.p, text.len, false, &after);
	ck_assert_uint_eq(stand_final(&after), 400);
	ck_assert_str_eq(after.text[0], before.text[0]);
	wire_forget(&before);
	wire_forget(&after);
	wire_close(&w);
	stand_down();
}
END_TEST

// --- where media go ---

START_TEST(media_that_nobody_would_hear_are_refused)
{
	static const struct {
		const char *sdp;
		unsigned status;
	} t[] = {{SDP_TO("10.99.0.7"), 200}, {SDP_TO("127.0.0.1"), 488},
		{SDP_TO("255.255.255.255"), 488}, {SDP_TO("10.99.0.255"), 488},
		{SDP_TO("10.99.0.2"), 488}};
	char lines[512];
	struct wire w;

	stand_up(false);
	wire_open(&w, TRUNK, false);
	for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(lines, sizeof(lines),
			"Via: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bKmedia%u\r\n"
			"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: media%u\r\n"
			"CSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.2>\r\n"
			"Content-Type: application/sdp\r\n",
			i, i);
		ck_assert_msg(ask(&w, "INVITE", lines, t[i].sdp) == t[i].status, "%s", t[i].sdp);
		ck_assert_ptr_null(stand_leg);
	}
	wire_close(&w);
	stand_down();
}
END_TEST

// --- strangers ---

START_TEST(a_stranger_hears_nothing_where_it_shall_not)
{
	static const char *const heads[] = {LINES, LINES LINES, LINES "no colon\r\n",
		"From: <sip:a@b>\r\n", OLD("", "1 OPTIONS", "")};
	static struct text t;
	struct wire stranger, trunk;
	struct ua_counts c;

	stand_up(true);
	for (unsigned tcp = 0; tcp < 2; tcp++) {
		struct wire_answers a, none;
		wire_open(&stranger, STRANGER, tcp);
		wire_open(&trunk, TRUNK, false);
		for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
			write_request(&t, "OPTIONS", heads[i], 0);
			wire_send(&stranger, t.p, t.len);
		}
		wire_turn();
		wire_ask(&trunk, "", 0, false, &a); // all of it was read
		wire_heard(&stranger, &none);
		ck_assert_uint_eq(none.count, 0);
		wire_forget(&a);
		wire_close(&stranger);
		wire_close(&trunk);
	}
	ua_counts(stand_ua, &c);
	ck_assert_uint_ge(c.malformed, 3);
	ck_assert_uint_ge(c.unknown_source, 5);
	stand_down();
}
END_TEST

// What cannot be answered is not: an ACK, a response, what has no Via.
START_TEST(some_hear_no_answer)
{
	static const char *const texts[] = {
		"ACK sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2\r\n\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.2\r\n\r\n",
		"SIP/9.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.2\r\n\r\n",
		"OPTIONS sip:a@b SIP/2.0\r\nFrom: <sip:a@b>\r\n\r\n",
		"xxxxxxxxxxxxxxxxxxxxx",
	};
	struct wire_answers a;
	struct wire w;

	stand_up(false);
	wire_open(&w, TRUNK, false);
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		wire_ask(&w, texts[i], strlen(texts[i]), false, &a);
		ck_assert_uint_eq(a.count, 0);
		ck_assert_uint_eq(malformed(), i + 1);
	}
	wire_close(&w);
	// On a connection each of them is closed, but for the first three's that have an end.
	wire_open(&w, TRUNK, true);
	wire_ask(&w, "\x16\x03\x01\x02", 4, false, &a);
	ck_assert(a.closed);
	ck_assert_uint_eq(a.count, 0);
	wire_close(&w);
	stand_down();
}
END_TEST

int main(void)
{
	const TTest *tests[] = {a_message_of_any_size_is_answered,
		a_body_that_is_too_long_is_not_waited_for, a_message_in_pieces_is_one_message,
		long_messages_may_follow_each_other, a_hidden_request_is_not_found,
		a_peer_of_old_is_served, a_call_outlives_its_trunk, a_reload_changes_no_refusal,
		media_that_nobody_would_hear_are_refused,
		a_stranger_hears_nothing_where_it_shall_not, some_hear_no_answer};

	if (!wire_enter()) {
		printf("skipped: no network namespace is to be had\n");
		return 77;
	}
	return unit_run("rules", tests, sizeof(tests) / sizeof(tests[0]));
}
