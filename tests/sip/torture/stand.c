// Starts and stops it, and ends its calls.
#include "tests/sip/torture/stand.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/config/load.h"
#include "control/modules.h"
#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/sip/message/head.h"
#include "control/sip/ua.h"
#include "engine/base/str.h"

static const char configuration[] =
	"sip: {listen: [\"udp:127.0.0.1:5060\", \"tcp:127.0.0.1:5060\"], unknown_rate: 10000, "
	"unknown: %s}\n"
	"engine:\n"
	"  ports: {media0: {host: 10.99.0.1/24}}\n"
	"  media: {main: {port: media0, address: 10.99.0.2/24}}\n"
	"tenants: {city: {trunks: {%s: {peers: [127.0.0.2], media: main}}}}\n";

static struct config *config;
struct ua *stand_ua;
struct ua_leg *stand_leg;

// --- who is spoken to ---

static void on_event(struct ua_leg *l, const struct ua_event *event, void *arg)
{
	if (event->kind == UA_ENDED && l == stand_leg)
		stand_leg = NULL;
}

static void on_incoming(struct ua_leg *l, const struct ua_incoming *in, void *arg)
{
	struct addr local;
	struct media_params media;

	stand_leg = l;
	ua_accept(l, on_event, NULL);
	ck_assert_int_eq(addr_parse("10.99.0.2:4000", &local), 0);
	ck_assert_int_eq(ua_answer(l, &local, &media), 0);
}

static struct config *configure(bool silent, const char *trunk)
{
	struct config_problems problems = {0};
	char path[] = "/tmp/torture-XXXXXX";
	struct config *c = NULL;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(dprintf(fd, configuration, silent ? "silent" : "reject", trunk), 0);
	close(fd);
	int rc = config_load(&control_modules, path, NULL, &c, &problems);
	unlink(path);
	ck_assert_msg(rc == 0, "%s", problems.count ? problems.list[0].text : "?");
	config_problems_free(&problems);
	return c;
}

void stand_up(bool silent)
{
	static const struct ua_handlers handlers = {.incoming = on_incoming};

	config = configure(silent, "carrier");
	timers_init(&wire_timers, NULL);
	ck_assert_int_eq(loop_init(&wire_loop, &wire_timers, 1024), 0);
	stand_ua = ua_new();
	ck_assert_ptr_nonnull(stand_ua);
	ck_assert_int_eq(
		ua_start(stand_ua, &(struct ua_env){&wire_timers, NULL, config, &handlers}), 0);
}

void stand_down(void)
{
	ck_assert_uint_eq(ua_legs(stand_ua), 0);
	ua_free(stand_ua);
	ck_assert_uint_eq(timers_count(&wire_timers), 0);
	loop_close(&wire_loop);
	config_release(config);
}

void stand_reload(void)
{
	struct config *before = config;

	config = configure(false, "another");
	ck_assert_int_eq(ua_prepare(stand_ua, config), 0);
	ua_configure(stand_ua, config);
	config_release(before);
}

// The final one; 0: none.
unsigned stand_final(const struct wire_answers *a)
{
	unsigned status = 0;

	for (unsigned i = 0; i < a->count && status == 0; i++)
		status = a->status[i] >= 200 ? a->status[i] : 0;
	return status;
}

static void add_field(struct str_buf *b, const char *name, const struct pl *value)
{
	str_buf_add(b, "%s: %.*s\r\n", name, (int)value->l, value->p);
}

// A call that was answered is acknowledged, and ends.
void stand_end_call(struct wire *w, const char *answer)
{
	size_t size = head_size(answer, strlen(answer), 0);
	struct pl to = head_find(answer, size, HEAD_TO), from = head_find(answer, size, HEAD_FROM);
	struct pl call = head_find(answer, size, HEAD_CALL_ID);
	struct pl cseq = head_find(answer, size, HEAD_CSEQ);
	char ack[2048];
	struct wire_answers none;
	struct str_buf b;

	str_buf_init(&b, ack, sizeof(ack));
	str_buf_add(&b,
		"ACK sip:a@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bKack\r\n");
	add_field(&b, "To", &to);
	add_field(&b, "From", &from);
	add_field(&b, "Call-ID", &call);
	str_buf_add(&b, "CSeq: %u ACK\r\nContent-Length: 0\r\n\r\n", pl_u32(&cseq));
	ck_assert(!b.cut);
	wire_ask(w, ack, strlen(ack), false, &none);
	ck_assert_uint_eq(stand_final(&none), 0);
	wire_forget(&none);
	ck_assert_ptr_nonnull(stand_leg);
	ua_hangup(stand_leg, "enough");
	wire_turn();
}
