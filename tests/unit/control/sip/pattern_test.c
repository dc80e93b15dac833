// Our search by patterns finds what libre's own does, and ends where that one does not.
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control/sip/transport/door.h"
#include "control/sip/transport/pattern.h"
#include "control/base/re.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

typedef int regex_fn(const char *ptr, size_t len, const char *expr, ...);

// Every one that libre's SIP, URI, message, SDP and authentication code has.
static const char *const patterns[] = {
	"[^ \t\r\n]+ [^ \t\r\n]+ [^\r\n]*[\r]*[\n]1",
	"[~ \t\r\n<]*[ \t\r\n]*<[^>]+>[^]*",
	"[^;]+[^]*",
	"[0-9]+[ \t\r\n]+[^ \t\r\n]+",
	"\\[[0-9a-f:]+\\][:]*[0-9]*",
	"[^:]+[:]*[0-9]*",
	("SIP[  \t\r\n]*/[ \t\r\n]*2.0[ \t\r\n]*/[ \t\r\n]*[A-Z]+[ \t\r\n]*[^; \t\r\n]+[ "
	 "\t\r\n]*[^]*"),
	"[^:]+:[^@:]*[:]*[^@]*@[^/;? ]+[^;? ]*[^?]*[^]*",
	"[^:]+:[^/;? ]+[^;? ]*[^?]*[^]*",
	";[^;=]+[=]*[^;]*",
	"[?&]1[^=]+=[^&]+",
	"[ \t\r\n]*[^ \t\r\n;/]+[ \t\r\n]*/[ \t\r\n]*[^ \t\r\n;]+[^]*",
	"[;]*[ \t\r\n]*tag[ \t\r\n]*=[ \t\r\n]*[~ \t\r\n;]+",
	"[;]*[ \t\r\n]*rport[ \t\r\n;=]*",
	"[^ ]+ [^ ]+ [^ ]+ [0-9]+ ",
	"[0-9a-f]2:[0-9]3-[a-c\\]]*",
	"",
};
#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

// What the patterns are about, so that random texts come near to fitting.
static const char *const pieces[] = {"<", ">", "sip:", "a", "B", "@", ":", ";", "tag=", "rport",
	"=", "\"", "\\", " ", "\t", "\r\n", "/", "SIP/2.0/UDP", "1", "90", "?", "&", "[::1]", "ff",
	"x y", "SIP/2.0", "\xc3\xa9", ",", "]", "-", "c", "\n", "INVITE", "application/sdp"};

static size_t random_text(struct rng *r, char *out, size_t size)
{
	size_t n = 0;
	unsigned count = rng_below(r, 24);

	for (unsigned i = 0; i < count; i++) {
		const char *p = pieces[rng_below(r, sizeof(pieces) / sizeof(pieces[0]))];
		if (n + strlen(p) < size)
			n += (size_t)snprintf(out + n, size - n, "%s", p);
	}
	return n;
}

START_TEST(finds_what_libre_finds)
{
	regex_fn *libre = (regex_fn *)dlsym(RTLD_NEXT, "re_regex");
	struct rng r;
	char text[512];
	unsigned found = 0;

	ck_assert(libre && libre != re_regex);
	rng_seed(&r, 5);

	for (unsigned i = 0; i < 100000; i++) {
		const char *pattern = patterns[i % PATTERNS];
		size_t len = random_text(&r, text, sizeof(text));
		struct pl want[10], got[10];
		memset(want, 0, sizeof(want));
		memset(got, 0, sizeof(got));
#define TEN(x) &x[0], &x[1], &x[2], &x[3], &x[4], &x[5], &x[6], &x[7], &x[8], &x[9]
		int rc = libre(text, len, pattern, TEN(want));
		ck_assert_msg(re_regex(text, len, pattern, TEN(got)) == rc, "\"%s\" in \"%.*s\"",
			pattern, (int)len, text);
		ck_assert_msg(memcmp(want, got, sizeof(want)) == 0, "\"%s\" in \"%.*s\"", pattern,
			(int)len, text);
		found += rc == 0;
	}
	ck_assert_uint_gt(found, 10000);
	ck_assert_uint_eq(pattern_given_up(), 0);
}
END_TEST

typedef int parameter_fn(const struct pl *pl, const char *name, struct pl *out);

// Texts of parameters that come near to having one of these names.
START_TEST(finds_the_parameters_that_libre_finds)
{
	static const char *const more[] = {";tag", ";branch=z9", ";rport", " ", "\r\n ", ";", "=",
		"\"a;tag=b\"", "tag", "x", ";TAG = 1", ";rport=5;"};
	const char *const names[] = {"tag", "branch", "rport", "lr", ""};
	parameter_fn *decode = (parameter_fn *)dlsym(RTLD_NEXT, "msg_param_decode");
	parameter_fn *exists = (parameter_fn *)dlsym(RTLD_NEXT, "msg_param_exists");
	struct rng r;
	unsigned found = 0;

	ck_assert(decode && decode != msg_param_decode && exists && exists != msg_param_exists);
	rng_seed(&r, 6);
	for (unsigned i = 0; i < 100000; i++) {
		char text[256];
		struct str_buf b;
		str_buf_init(&b, text, sizeof(text));
		for (unsigned n = rng_below(&r, 10); n; n--)
			str_buf_add(&b, "%s", more[rng_below(&r, sizeof(more) / sizeof(more[0]))]);
		struct pl all = {text, b.len}, want = {0}, got = {0};
		const char *name = names[i % (sizeof(names) / sizeof(names[0]))];
		int rc = decode(&all, name, &want);
		ck_assert_msg(msg_param_decode(&all, name, &got) == rc, "%s in %s", name, text);
		found += rc == 0;
		ck_assert(memcmp(&want, &got, sizeof(want)) == 0);
		rc = exists(&all, name, &want);
		ck_assert_int_eq(msg_param_exists(&all, name, &got), rc);
		found += rc == 0;
		ck_assert_msg(memcmp(&want, &got, sizeof(want)) == 0, "%s in %s", name, text);
	}
	ck_assert_uint_gt(found, 10000);
}
END_TEST

static double ms_since(const struct timespec *begun)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - begun->tv_sec) * 1e3 +
		(double)(now.tv_nsec - begun->tv_nsec) / 1e6;
}

// Runs of one kind of octet, then one that does not fit.
START_TEST(gives_up_in_time)
{
	static char text[60001];
	static const struct {
		unsigned pattern;
		char run, last;
	} t[] = {{0, 'a', '\r'}, {1, ' ', 'y'}, {1, 'a', 'y'}, {3, '1', 'x'}, {4, '[', 'x'},
		{7, 'a', ':'}, {11, ' ', ';'}};

	for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pl out[10];
		struct timespec begun;
		memset(text, t[i].run, sizeof(text) - 2);
		text[0] = t[i].pattern == 1 ? 'x' : text[0];
		text[sizeof(text) - 3] = t[i].pattern == 1 ? ' ' : text[0];
		text[sizeof(text) - 2] = t[i].last;
		clock_gettime(CLOCK_MONOTONIC, &begun);
		(void)re_regex(text, sizeof(text) - 1, patterns[t[i].pattern], TEN(out));
		printf("pattern %u, 60,000 of '%c': %.1f ms\n", t[i].pattern, t[i].run,
			ms_since(&begun));
	}
	ck_assert_uint_ge(pattern_given_up(), 4);
}
END_TEST

// A broken header of each kind ends in an error, whatever it was filled with.
START_TEST(a_message_full_of_runs_is_malformed)
{
	static const char *const heads[] = {"From: <sip:a@b>\r\nTo: x", "To: <sip:a@b>\r\nFrom: x"};
	static char text[40000];
	uint64_t before = pattern_given_up();

	ck_assert_int_eq(door_init(), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct sip_msg *msg = NULL;
		int n = snprintf(text, sizeof(text),
			"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 1.2.3.4;branch=z9\r\n"
			"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n%s",
			heads[i]);
		memset(text + n, ' ', 30000);
		snprintf(text + n + 30000, sizeof(text) - (size_t)n - 30000, "y\r\n\r\n");
		struct mbuf *mb = mbuf_alloc(sizeof(text));
		ck_assert_int_eq(mbuf_write_str(mb, text), 0);
		mb->pos = 0;
		ck_assert_int_ne(sip_msg_decode(&msg, mb), 0);
		ck_assert_uint_eq(pattern_given_up(), ++before);
		mem_deref(mb);
	}
}
END_TEST

UNIT_MAIN("pattern", finds_what_libre_finds, finds_the_parameters_that_libre_finds,
	gives_up_in_time, a_message_full_of_runs_is_malformed)
