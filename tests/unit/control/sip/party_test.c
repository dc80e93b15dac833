// Who calls whom, as header text says it: names of many forms, numbers in tel: and SIP URIs,
// asserted identities, diversions, and the wish not to be seen.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/sip/transport/door.h"
#include "control/sip/message/identity.h"
#include "control/sip/message/party.h"
#include "engine/base/str.h"

static struct pl pl_of(const char *s)
{
	struct pl pl;

	pl_set_str(&pl, s);
	return pl;
}

// An INVITE with this request URI, From and further headers, each line ended.
static struct ua_incoming described(
	const char *uri, const char *from, const char *more, bool trusted)
{
	struct ua_incoming in = {0};
	struct sip_msg *msg;
	struct mbuf *mb = mbuf_alloc(4096);

	ck_assert_ptr_nonnull(mb);
	ck_assert_int_eq(door_init(), 0);
	ck_assert_int_eq(
		mbuf_printf(mb,
			"INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"
			"From: %s;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
			"%sContent-Length: 0\r\n\r\n",
			uri, from, more),
		0);
	mb->pos = 0;
	ck_assert_msg(sip_msg_decode(&msg, mb) == 0, "%s", uri);
	identity_read(msg, trusted, &in);
	mem_deref(msg);
	mem_deref(mb);
	return in;
}

START_TEST(names_of_every_form)
{
	static const struct {
		const char *from, *name, *user;
	} t[] = {
		{"<sip:j@x>", "", "j"},
		{"sip:j@x", "", "j"},
		{"John <sip:j@x>", "John", "j"},
		{"Anna Maria Schmidt <sip:j@x>", "Anna Maria Schmidt", "j"},
		{"Anna\r\n Maria\r\n\tSchmidt<sip:j@x>", "Anna Maria Schmidt", "j"},
		{"\"John Smith\" <sip:j@x>", "John Smith", "j"},
		{"\"John \\\"Jack\\\" \\\\Smith\"<sip:j@x>", "John \"Jack\" \\Smith", "j"},
		{"\"<sip:a@b>;tag=9, <\" <sip:j@x>", "<sip:a@b>;tag=9, <", "j"},
		{"\"\" <sip:j@x>", "", "j"},
		{"\"\xff\xfe\xc3(\" <sip:j@x>", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd(", "j"},
		{"\"M\xc3\xbcller\x01\x1b[1m\" <sip:j@x>", "M\xc3\xbcller[1m", "j"},
		{"\xe5\xbc\xa0\xe4\xbc\x9f <sip:j@x>", "\xe5\xbc\xa0\xe4\xbc\x9f", "j"},
		{"J. R. <tel:+49-(0)30.1234>", "J. R.", "+490301234"},
		{"N <sip:%2B49%2030@x;user=phone>", "N", "+4930"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ua_incoming in = described("sip:1@h", t[i].from, "", true);
		ck_assert_msg(strcmp(in.caller_name, t[i].name) == 0, "%s: %s", t[i].from,
			in.caller_name);
		ck_assert_str_eq(in.caller, t[i].user);
		ck_assert_str_eq(in.privacy, "");
	}
}
END_TEST

START_TEST(a_long_name_is_cut_between_characters)
{
	char from[600];
	struct str_buf b;

	str_buf_init(&b, from, sizeof(from));
	str_buf_add(&b, "\"");
	for (unsigned i = 0; i < 100; i++)
		str_buf_add(&b, "\xe5\xbc\xa0");
	str_buf_add(&b, "\" <sip:j@x>");
	struct ua_incoming in = described("sip:1@h", from, "", true);
	ck_assert_uint_eq(strlen(in.caller_name), 126);
}
END_TEST

START_TEST(numbers_in_uris)
{
	static const struct {
		const char *uri, *number;
	} t[] = {
		{"sip:9000@192.0.2.1", "9000"},
		{"sip:9000:secret@192.0.2.1", "9000"},
		{"sip:9000;npdi;rn=+4912@192.0.2.1", "9000"},
		{"sip:9000;phone-context=example.com@192.0.2.1;user=phone", "9000"},
		{"sip:030-12;Phone-Context=%2B49@192.0.2.1;user=phone", "03012;phone-context=+49"},
		{"sip:03012;phone-context=+49-30@192.0.2.1", "03012;phone-context=+4930"},
		{"sip:03012@192.0.2.1;phone-context=+49;user=phone", "03012;phone-context=+49"},
		{"sip:+4930;phone-context=+1@192.0.2.1", "+4930"},
		{"sip:400-12@192.0.2.1", "400-12"}, // a user may be called so
		{"sip:+49(30)12.34@192.0.2.1;user=phone", "+49301234"},
		{"sip:help-desk@192.0.2.1;user=phone", "help-desk"},
		{"tel:9000", "9000"},
		{"TEL:+86-400-123.4567;isub=1;postd=pp22", "+864001234567"},
		{"tel:9000;phone-context=example.com", "9000"},
		{"tel:9000;ext=2;phone-context=+86-10", "9000;phone-context=+8610"},
		{"tel:*21*", "*21*"},
		{"sip:192.0.2.1", ""},
	};
	char out[UA_TEXT_MAX];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pl uri = pl_of(t[i].uri);
		ck_assert_int_eq(party_number(&uri, out, sizeof(out)), *t[i].number != '\0');
		ck_assert_msg(strcmp(out, t[i].number) == 0, "%s: %s", t[i].uri, out);
		ck_assert_str_eq(described(t[i].uri, "<sip:j@x>", "", true).called, t[i].number);
	}
	struct pl none = pl_of("tel:;phone-context=+86");
	ck_assert(!party_number(&none, out, sizeof(out)));
}
END_TEST

START_TEST(a_trunk_asserts_who_it_is)
{
	static const struct {
		const char *from, *more;
		bool trusted;
		const char *caller, *name, *privacy;
	} t[] = {
		{"A <sip:a@x>", "P-Asserted-Identity: <sip:+4930@c>\r\n", true, "+4930", "A", ""},
		{"A <sip:a@x>", "P-Asserted-Identity: \"B, C\" <sip:+4930@c>\r\n", true, "+4930",
			"B, C", ""},
		{"A <sip:a@x>", "P-Asserted-Identity: <sip:+4930@c>\r\n", false, "a", "A", ""},
		{"A <sip:a@x>", "P-Asserted-Identity: B <sip:bee@c>, <tel:+49-30>\r\n", true,
			"+4930", "B", ""},
		{"A <sip:a@x>",
			"P-Asserted-Identity: <tel:+49-30>\r\nP-Asserted-Identity: <sip:b@c>\r\n",
			true, "+4930", "A", ""},
		{"A <sip:a@x>", "P-Asserted-Identity: broken\r\n", true, "a", "A", ""},
		{"\"Anonymous\" <sip:anonymous@anonymous.invalid>",
			"P-Asserted-Identity: B <sip:+4930@c>\r\nPrivacy: id\r\n", true, "+4930",
			"B", "id"},
		{"\"Anonymous\" <sip:anonymous@anonymous.invalid>",
			"P-Asserted-Identity: <sip:+4930@c>\r\n", true, "+4930", "", "anonymous"},
		{"\"Anonymous\" <sip:x@anonymous.invalid>", "", true, "x", "Anonymous",
			"anonymous"},
		{"<sip:Anonymous@x>", "Privacy: none\r\n", true, "Anonymous", "", ""},
		{"A <sip:a@x>", "Privacy: header; User ;critical\r\n", true, "a", "A", "user"},
		{"A <sip:a@x>", "Privacy: header;session\r\n", true, "a", "A", ""},
		{"A <sip:a@x>", "Privacy: idle\r\n", true, "a", "A", ""},
		{"A <sip:a@x>", "Privacy: ID\r\n", false, "a", "A", "id"},
		// What a proxy asks for stands in a line of its own.
		{"A <sip:a@x>", "Privacy: header\r\nPrivacy: id\r\n", true, "a", "A", "id"},
		{"A <sip:a@x>", "Privacy: id\r\nPrivacy: none\r\n", true, "a", "A", ""},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ua_incoming in = described("sip:1@h", t[i].from, t[i].more, t[i].trusted);
		ck_assert_msg(strcmp(in.caller, t[i].caller) == 0 &&
				strcmp(in.caller_name, t[i].name) == 0 &&
				strcmp(in.privacy, t[i].privacy) == 0,
			"%zu: %s, %s, %s", i, in.caller, in.caller_name, in.privacy);
	}
}
END_TEST

START_TEST(who_was_called_before)
{
	static const struct {
		const char *more, *original, *by, *reason, *privacy;
	} t[] = {
		{"Diversion: <sip:+4930@c>;reason=user-busy;counter=1\r\n", "+4930", "+4930",
			"user-busy", ""},
		{"Diversion: \"B, C\" <tel:+49-31>;reason=\"No-Answer\";privacy=full,\r\n"
		 " <sip:+4930@c>;reason=unconditional;privacy=off\r\n",
			"+4930", "+4931", "no-answer", "history"},
		{"Diversion: <sip:2@c>;reason=away\r\nDiversion: <sip:1@c>\r\n", "1", "2", "away",
			""},
		{"Diversion: nobody\r\n", "", "", "", ""},
		{"History-Info: <sip:+4930@c>;index=1, <sip:+4940@c;cause=302>;index=1.1;mp=1\r\n",
			"+4930", "+4930", "unconditional", ""},
		{"History-Info: <sip:1@c>;index=1, <sip:2@c;cause=486>;index=1.1;mp=1,"
		 " <sip:3@c>;index=1.1.1;rc=1.1, <sip:4@c;cause=408>;index=1.2;mp=1.1\r\n",
			"1", "2", "no-answer", ""},
		{"History-Info: "
		 "<sip:1@c?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22&Privacy=history>"
		 ";index=1, <sip:2@c>;index=1.1\r\n",
			"1", "1", "user-busy", "history"},
		{"History-Info: <sip:1@c?Reason=Q.850%3Bcause%3D17>;index=1, "
		 "<sip:2@c>;index=1.1\r\n",
			"", "", "", ""},
		{"History-Info: <sip:1@c>;index=1, <sip:1@d>;index=1.1;rc=1\r\n", "", "", "", ""},
		{"History-Info: <sip:1@c?Reason=SIP%3Bcause%3D302>;index=1\r\n", "", "", "", ""},
		{"History-Info: <sip:1@c>;index=1, <sip:2@c;cause=302>;index=1.1\r\n"
		 "Diversion: <sip:9@c>;reason=unknown\r\n",
			"1", "1", "unconditional", ""},
		{"History-Info: <sip:1@c>, <sip:2@c;cause=999>\r\n", "1", "1", "unknown", ""},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ua_incoming in = described("sip:1@h", "<sip:a@x>", t[i].more, true);
		ck_assert_msg(strcmp(in.original_called, t[i].original) == 0 &&
				strcmp(in.redirected_by, t[i].by) == 0 &&
				strcmp(in.redirect_reason, t[i].reason) == 0 &&
				strcmp(in.privacy, t[i].privacy) == 0,
			"%zu: %s, %s, %s, %s", i, in.original_called, in.redirected_by,
			in.redirect_reason, in.privacy);
		in = described("sip:1@h", "<sip:a@x>", t[i].more, false);
		ck_assert_str_eq(in.original_called, ""); // a phone's word is not taken
	}
}
END_TEST

START_TEST(more_than_anybody_has_is_bounded)
{
	static char more[40000];
	struct str_buf b;

	str_buf_init(&b, more, sizeof(more));
	str_buf_add(&b, "Diversion: ");
	for (unsigned i = 0; i < 1000; i++)
		str_buf_add(&b, "%s<sip:%u@c>", i ? ", " : "", i);
	str_buf_add(&b, "\r\n");
	struct ua_incoming in = described("sip:1@h", "<sip:a@x>", more, true);
	ck_assert_str_eq(in.redirected_by, "0");
	ck_assert_str_eq(in.original_called, "31");
}
END_TEST

UNIT_MAIN("party", names_of_every_form, a_long_name_is_cut_between_characters, numbers_in_uris,
	a_trunk_asserts_who_it_is, who_was_called_before, more_than_anybody_has_is_bounded)
