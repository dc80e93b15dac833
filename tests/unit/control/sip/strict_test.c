// What is refused of a head, and with which answer; and how far we are liberal.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "control/sip/transport/door.h"
#include "control/sip/message/head.h"
#include "control/base/re.h"
#include "control/sip/message/strict.h"

// A good INVITE, of which one line at a time is another.
static const struct {
	const char *name, *line;
} good[] = {
	{"start", "INVITE sip:9000@192.0.2.1 SIP/2.0"},
	{"Via", "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKabc"},
	{"From", "From: <sip:caller@example.com>;tag=1"},
	{"To", "To: <sip:9000@example.com>"},
	{"Call-ID", "Call-ID: one@example.com"},
	{"CSeq", "CSeq: 7 INVITE"},
	{"Max-Forwards", "Max-Forwards: 70"},
	{"Contact", "Contact: <sip:caller@192.0.2.2>"},
	{"Content-Length", "Content-Length: 0"},
};

#define LINES (sizeof(good) / sizeof(good[0]))

// With another line in the place of that name, or none (""); name NULL: as it is.
static size_t make(char *out, size_t size, const char *name, const char *line)
{
	size_t n = 0;

	for (unsigned i = 0; i < LINES; i++) {
		bool other = name && strcmp(good[i].name, name) == 0;
		const char *text = other ? line : good[i].line;
		if (*text)
			n += (size_t)snprintf(out + n, size - n, "%s\r\n", text);
	}
	return n + (size_t)snprintf(out + n, size - n, "\r\n");
}

static struct strict_fault check_with(const char *name, const char *line, struct strict_head *head)
{
	char text[4096];
	size_t size = make(text, sizeof(text), name, line);

	ck_assert_uint_eq(head_size(text, size, 0), size);
	return strict_check(text, size, head);
}

static const struct {
	const char *name, *line;
	unsigned status;
	bool framing;
} rules[] = {
	{"start", "INVITE sip:9000@192.0.2.1 SIP/3.0", 505, false},
	{"start", "INVITE sip:9000@192.0.2.1 SIP/2.0 ", 400, false},
	{"start", "INVITE  sip:9000@192.0.2.1 SIP/2.0", 400, false},
	{"start", "INVITE sip:9000@192.0.2.1; lr SIP/2.0", 400, false},
	{"start", "INVITE <sip:9000@192.0.2.1> SIP/2.0", 400, false},
	{"start", "INVITE 9000 SIP/2.0", 400, false},
	{"start", "INVITE sip:2001:db8::1 SIP/2.0", 400, false},
	{"start", "INVITE sip:9000@2001:db8::1 SIP/2.0", 400, false},
	{"start", "INVITE sip:9000@[2001:db8::1 SIP/2.0", 400, false},
	{"start", "INVITE sip:9000@192.0.2.1:port SIP/2.0", 400, false},
	{"start", "IN(VITE) sip:9000@192.0.2.1 SIP/2.0", 400, false},
	{"start", "INVITE sip:9000@192.0.2.1 HTTP/1.1", 400, false},
	{"start", "SIP/2.0 4294967301 big", 400, false},
	{"start", "SIP/2.0 99 small", 400, false},
	{"start", "SIP/2.0 700 large", 400, false},
	{"start", "SIP/7.0 200 OK", 505, false},
	{"Via", "", 400, false},
	{"Via", "Via:", 400, false},
	{"Via", "Via: SIP/2.0/UDP a;branch=z9hG4bK1,, SIP/2.0/UDP b", 400, false},
	{"Via", "Via: SIP/2.0/UDP a;;,;,,", 400, false},
	{"From", "", 400, false},
	{"From", "From: <sip:a@b>;tag=1\r\nFrom: <sip:a@b>;tag=1", 400, false},
	{"From", "From: <sip:a@b>;tag=1\r\nf: <sip:c@b>;tag=2", 400, false},
	{"From", "From: \"Mr. X <sip:a@b>;tag=1", 400, false},
	{"From", "From: <sip:a@b;tag=1", 400, false},
	{"To", "To: <sip:a@b>\r\nt : <sip:a@b>", 400, false},
	{"To", "To: \"no end\\\" <sip:a@b>", 400, false},
	{"Call-ID", "Call-ID: 1\r\ni: 2", 400, false},
	{"Call-ID", "Call-ID: ", 400, false},
	{"CSeq", "CSeq: 7 INVITE\r\nCSEQ: 7 INVITE", 400, false},
	{"CSeq", "CSeq: 2147483648 INVITE", 400, false},
	{"CSeq", "CSeq: 36893488147419103239 INVITE", 400, false},
	{"CSeq", "CSeq: -1 INVITE", 400, false},
	{"CSeq", "CSeq: 7 OPTIONS", 400, false},
	{"CSeq", "CSeq: 7 invite", 400, false},
	{"CSeq", "CSeq: 7", 400, false},
	{"Max-Forwards", "Max-Forwards: 300", 400, false},
	{"Max-Forwards", "Max-Forwards: many", 400, false},
	{"Max-Forwards", "Max-Forwards: 70\r\nMax-Forwards: 70", 400, false},
	{"Contact", "Contact: <sip:a@b>\r\nm: <sip:c@b>", 400, false},
	{"Contact", "Contact: \"a, b\" <sip:a@b>, <sip:c@b>", 400, false},
	{"Contact", "no colon in this line", 400, false},
	{"Contact", ": no name", 400, false},
	{"Content-Length", "Content-Length: -1", 400, true},
	{"Content-Length", "Content-Length:", 400, true},
	{"Content-Length", "Content-Length: 10 20", 400, true},
	{"Content-Length", "Content-Length: 10, 10", 400, true},
	{"Content-Length", "Content-Length: +5", 400, true},
	{"Content-Length", "Content-Length: 0x10", 400, true},
	{"Content-Length", "Content-Length: 4294967296", 400, true},
	{"Content-Length", "Content-Length: 18446744073709551617", 400, true},
	{"Content-Length", "Content-Length: 5\r\nl: 6", 400, true},
	{"Content-Length", "Content-Length: 5\r\nContent-Length: 5", 400, false},
	{"Content-Length", "Content-Type: a/b\r\nc: a/c", 400, false},
};

START_TEST(each_rule_has_its_answer)
{
	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct strict_head head;
		struct strict_fault f = check_with(rules[i].name, rules[i].line, &head);
		ck_assert_msg(f.status == rules[i].status && f.framing == rules[i].framing,
			"%s: %u, framing %d: %s", rules[i].line, f.status, f.framing,
			f.reason ? f.reason : "");
		ck_assert_ptr_nonnull(f.reason);
	}
}
END_TEST

// What peers in the field send and what harms nobody.
START_TEST(the_rest_is_taken)
{
	static const struct {
		const char *name, *line;
	} t[] = {
		{NULL, NULL},
		{"start", "INVITE tel:+4912345 SIP/2.0"},
		{"start", "INVITE sip:9000@[2001:db8:::1]:5060;user=phone?a=b SIP/2.0"},
		{"start", "INVITE sip:9000;ext=1:2@host:5060 SIP/2.0"},
		{"start", "INVITE sip:user:word@host SIP/2.0"},
		{"start", "INVITE urn:service:sos SIP/2.0"},
		{"start", "INVITE any.scheme:x SIP/2.0"},
		{"start", "SIP/2.0 200 "},
		{"start", "SIP/2.0 699 = 2**3 \xd0\xbd"},
		{"Via", "v: SIP / 2.0 / UDP\r\n  192.0.2.2"},
		{"Via", "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP b"},
		{"From", "f: sip:caller@example.com"},
		{"From", "FROM\t: \"J \\\\\\\"Q\\\" <x>, >\" <sip:caller@example.com>;tag=1"},
		{"From", "From: caller <sip:a@b>;tag=1\r\nSubject: \"half"},
		{"From", "From: <sip:a@b>\r\nDate: yesterday\r\nDate: today"},
		{"CSeq", "CSeq: 2147483647 INVITE"},
		{"CSeq", "cseq: 0007\r\n  INVITE"},
		{"CSeq", "CSeq:\t0 INVITE"},
		{"Max-Forwards", ""},
		{"Max-Forwards", "Max-Forwards: 0068"},
		{"Contact", ""},
		{"Contact", "Contact: \"a, b\" <sip:a@b;x=\"1,2\">;q=0.5"},
		{"Content-Length", ""},
		{"Content-Length", "l : 00000"},
		{"Content-Length", "User-Agent: one\r\nUser-Agent: two\r\nX-Content-Length: 9"},
	};

	for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct strict_head head;
		struct strict_fault f = check_with(t[i].name, t[i].line, &head);
		ck_assert_msg(f.status == 0, "%s: %u %s", t[i].line, f.status, f.reason);
	}
}
END_TEST

START_TEST(a_phone_may_register_several_contacts)
{
	static const char text[] = "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n"
				   "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\n"
				   "CSeq: 1 REGISTER\r\nContact: <sip:a@c>, <sip:a@d>\r\n"
				   "m: <sip:a@e>\r\nContent-Length: 12\r\n\r\n";
	struct strict_head head;

	ck_assert_uint_eq(strict_check(text, sizeof(text) - 1, &head).status, 0);
	ck_assert(head.has_length);
	ck_assert_uint_eq(head.body, 12);
}
END_TEST

// Libre knows fields by 12 bits of a hash: a name that is made to have Content-Length's.
START_TEST(a_name_that_libre_would_mistake_is_not_what_it_looks_like)
{
	char name[16], text[1024], line[128];
	struct sip_msg *msg = NULL;

	for (unsigned i = 0;; i++) {
		snprintf(name, sizeof(name), "P-%u", i);
		if ((hash_joaat_ci(name, strlen(name)) & 0xfff) == SIP_HDR_CONTENT_LENGTH)
			break;
	}
	snprintf(line, sizeof(line), "Content-Length: 0\r\n%s: 99", name);
	size_t size = make(text, sizeof(text), "Content-Length", line);
	struct mbuf *mb = mbuf_alloc(size);
	ck_assert_int_eq(door_init(), 0);
	head_tame(text, size);
	ck_assert_int_eq(mbuf_write_mem(mb, (const uint8_t *)text, size), 0);
	mb->pos = 0;
	ck_assert_int_eq(sip_msg_decode(&msg, mb), 0);
	ck_assert_int_eq(pl_strcmp(&msg->clen, "0"), 0);
	mem_deref(msg);
	mem_deref(mb);
}
END_TEST

START_TEST(a_head_ends_at_the_first_blank_line_wherever_one_begins_to_look)
{
	static const char text[] = "A b c\r\nD: e\r\n\r\nF: g\r\n\r\n";
	static const char bare[] = "A b c\nD: e\n\nF";

	for (size_t from = 0; from < 13; from++)
		ck_assert_uint_eq(head_size(text, sizeof(text) - 1, from), 15);
	for (size_t len = 0; len < 15; len++)
		ck_assert_uint_eq(head_size(text, len, 0), 0);
	ck_assert_uint_eq(head_size(bare, sizeof(bare) - 1, 0), 12);
}
END_TEST

// A head that is cut anywhere, in a block that ends there: nothing is read behind it.
START_TEST(nothing_is_read_behind_the_end)
{
	char text[2048];
	size_t size = make(text, sizeof(text), "From", "From: \"a\\\"b\"\r\n <sip:a@b>;tag=1");

	for (size_t len = 0; len <= size; len++) {
		char *cut = malloc(len ? len : 1);
		struct strict_head head;
		ck_assert_ptr_nonnull(cut);
		memcpy(cut, text, len);
		ck_assert_uint_eq(head_size(cut, len, 0), len == size ? size : 0);
		struct strict_fault f = strict_check(cut, len, &head);
		ck_assert(f.status != 0 || len > size / 2);
		head_tame(cut, len);
		(void)strict_unreadable(cut, len);
		free(cut);
	}
}
END_TEST

UNIT_MAIN("strict", each_rule_has_its_answer, the_rest_is_taken,
	a_phone_may_register_several_contacts,
	a_name_that_libre_would_mistake_is_not_what_it_looks_like,
	a_head_ends_at_the_first_blank_line_wherever_one_begins_to_look,
	nothing_is_read_behind_the_end)
