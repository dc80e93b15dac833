// `trace sip`: messages read, drawn as a ladder, written as a capture; and `top`'s screen.
#include "tests/unit/unit.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control/contract/member.h"
#include "control/ringctl/ladder.h"
#include "control/ringctl/pcap.h"
#include "control/ringctl/terminal.h"
#include "control/ringctl/print/view.h"

static char *text;
static size_t text_len;

static struct output paper(unsigned width, bool utf8)
{
	setenv("TZ", "UTC", 1);
	tzset();
	setlocale(LC_CTYPE, "C.UTF-8");
	return (struct output){
		.file = open_memstream(&text, &text_len), .utf8 = utf8, .width = width};
}

static json_t *message(unsigned ms, const char *from, const char *to, const char *what)
{
	char time[SHAPE_TIME_MAX];
	return json_pack("{s:s,s:s,s:s,s:s,s:b,s:s}", "time",
		shape_time(1776000000000000000 + ms * 1000000ull, 9, time), "from", from, "to", to,
		"transport", "udp", "sent", strcmp(from, "10.0.0.1:5060") == 0, "text", what);
}

static struct sip_message *messages(json_t *rows, size_t *count)
{
	struct sip_message *m = sip_messages(rows, count);
	ck_assert_ptr_nonnull(m);
	return m;
}

#define INVITE \
	"INVITE sip:1@h SIP/2.0\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n\r\nv=0"
#define RINGS "SIP/2.0 180 Ringing\r\ncseq : 1\r\nCSeq: 1 INVITE\r\n\r\n"
#define BYE   "BYE sip:1@h SIP/2.0\r\nCSeq:2 BYE\r\n\r\n"

static json_t *rows_of_three(void)
{
	json_t *rows = json_array(); // out of their order: two legs come one behind the other
	json_array_append_new(rows, message(0, "10.0.0.2:5060", "10.0.0.1:5060", INVITE));
	json_array_append_new(rows, message(90000, "10.0.0.2:5060", "10.0.0.1:5060", BYE));
	json_array_append_new(rows, message(5, "10.0.0.1:5060", "10.0.0.3:5062", INVITE));
	json_array_append_new(rows, message(505, "10.0.0.1:5060", "10.0.0.3:5062", INVITE));
	json_array_append_new(rows, message(600, "10.0.0.3:5062", "10.0.0.1:5060", RINGS));
	return rows;
}

START_TEST(a_ladder)
{
	size_t count;
	json_t *rows = rows_of_three();
	struct sip_message *m = messages(rows, &count);
	struct output o = paper(80, true);
	ladder_print(&o, m, count);
	fclose(o.file);
	ck_assert_str_eq(text,
		"                                ringhall\n"
		"          10.0.0.2:5060       10.0.0.1:5060               10.0.0.3:5062\n"
		"    0.000       │─ INVITE (1) SDP ─▶│                           │\n"
		"    0.005       │                   │───── INVITE (1) SDP ─────▶│\n"
		"    0.505       │                   │── INVITE (1) SDP again ──▶│\n"
		"    0.600       │                   │◀─ 180 Ringing (1 INVITE) ─│\n"
		"   90.000       │──── BYE (2) ─────▶│                           │\n");
	free(text);
	sip_messages_free(m, count);
	json_decref(rows);
}
END_TEST

START_TEST(too_many_parties_make_a_list)
{
	size_t count;
	json_t *rows = rows_of_three();
	struct sip_message *m = messages(rows, &count);
	struct output o = paper(36, false);
	ladder_print(&o, m, count);
	fclose(o.file);
	ck_assert_str_eq(text,
		"    0.000  10.0.0.2:5060 -> 10.0.0.1:5060  INVITE (1) SDP\n"
		"    0.005  10.0.0.1:5060 -> 10.0.0.3:5062  INVITE (1) SDP\n"
		"    0.505  10.0.0.1:5060 -> 10.0.0.3:5062  INVITE (1) SDP again\n"
		"    0.600  10.0.0.3:5062 -> 10.0.0.1:5060  180 Ringing (1 INVITE)\n"
		"   90.000  10.0.0.2:5060 -> 10.0.0.1:5060  BYE (2)\n");
	free(text);
	sip_messages_free(m, count);
	json_decref(rows);
}
END_TEST

START_TEST(strangers_do_not_steer_the_terminal)
{
	size_t count;
	json_t *rows = json_array();
	json_array_append_new(
		rows, message(0, "10.0.0.2:1", "10.0.0.1:5060", "SIP/2.0 200 \033[2J\r\n\r\n"));
	struct sip_message *m = messages(rows, &count);
	ck_assert_str_eq(m->label, "200 ?[2J ()");
	sip_messages_free(m, count);
	json_decref(rows);
}
END_TEST

// What was not UTF-8 on the wire is the same bytes in the capture.
START_TEST(bytes_come_back)
{
	size_t count;
	json_t *rows = json_array(),
	       *row = message(0, "[::1]:5060", "[::2]:5060", "\u00e9\u00ff a");
	json_object_set_new(row, "latin1", json_true());
	json_array_append_new(rows, row);
	struct sip_message *m = messages(rows, &count);
	ck_assert_uint_eq(m->len, 4);
	ck_assert_mem_eq(m->bytes, "\xe9\xff a", 4);
	sip_messages_free(m, count);
	json_decref(rows);
}
END_TEST

static uint16_t ones_sum(const uint8_t *p, size_t len, uint32_t s)
{
	for (size_t i = 0; i < len; i++)
		s += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

START_TEST(a_capture)
{
	size_t count;
	json_t *rows = rows_of_three();
	struct sip_message *m = messages(rows, &count);
	FILE *file = open_memstream(&text, &text_len);
	ck_assert_uint_eq(pcap_write(file, m, count), count);
	fclose(file);
	const uint8_t *p = (const uint8_t *)text;
	uint32_t head[4], magic;
	memcpy(&magic, p, 4);
	ck_assert_uint_eq(magic, 0xa1b23c4d);
	p += 24;
	for (size_t i = 0; i < count; i++) {
		memcpy(head, p, 16);
		const uint8_t *ip = p + 16 + 14, *udp = ip + 20;
		ck_assert_uint_eq(head[0], (uint32_t)(m[i].wall_ns / 1000000000));
		ck_assert_uint_eq(head[1], (uint32_t)(m[i].wall_ns % 1000000000));
		ck_assert_uint_eq(head[2], 14 + 20 + 8 + m[i].len);
		ck_assert_uint_eq(ones_sum(ip, 20, 0), 0xffff);
		uint32_t pseudo = ones_sum(ip + 12, 8, 17 + 8 + (uint32_t)m[i].len);
		ck_assert_uint_eq(ones_sum(udp, 8 + m[i].len, pseudo), 0xffff);
		ck_assert_mem_eq(udp + 8, m[i].bytes, m[i].len);
		p += 16 + head[2];
	}
	ck_assert_ptr_eq((const char *)p, text + text_len);
	free(text);
	sip_messages_free(m, count);
	json_decref(rows);
}
END_TEST

START_TEST(keys)
{
	static const struct {
		const char *typed;
		enum terminal_key key;
		size_t used;
	} cases[] = {
		{"q", KEY_QUIT, 1},
		{"\033[A", KEY_UP, 3},
		{"\033OB", KEY_DOWN, 3},
		{"\033[6~q", KEY_PAGE_DOWN, 4},
		{"s", KEY_SORT, 1},
		{"x", KEY_OTHER, 1},
		{"\033[1;5Cq", KEY_OTHER, 6},
		{"\033", KEY_OTHER, 1},
		{"", KEY_NONE, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t used;
		ck_assert_int_eq(
			terminal_key(cases[i].typed, strlen(cases[i].typed), &used), cases[i].key);
		ck_assert_uint_eq(used, cases[i].used);
	}
}
END_TEST

static unsigned lines_drawn(struct view *v, unsigned lines)
{
	unsigned count = 0;
	struct output o = paper(70, true);
	view_draw(v, &o, lines);
	fclose(o.file);
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	return count + 1; // the last line has no end: nothing scrolls
}

START_TEST(the_screen_is_never_overrun)
{
	struct view v = {.queues = json_array(),
		.agents = json_array(),
		.calls = json_array(),
		.workers = json_array()};
	v.status = json_pack("{s:s,s:s}", "node", "demo", "state", "running");
	for (int i = 0; i < 30; i++)
		json_array_append_new(v.agents,
			json_pack("{s:s,s:i}", "agent", i == 7 ? "first" : "other", "for_ms",
				i == 7 ? 99 : i));
	for (unsigned lines = 4; lines < 60; lines++) {
		v.top = 0;
		ck_assert_uint_eq(lines_drawn(&v, lines), lines);
		free(text);
	}
	v.sort = VIEW_BY_TIME;
	view_sort(&v);
	lines_drawn(&v, 20);
	ck_assert_ptr_nonnull(strstr(text, "first"));
	ck_assert_ptr_null(strstr(text, "no workers"));
	free(text);
	view_scroll(&v, 1000);
	lines_drawn(&v, 20);
	ck_assert_ptr_null(strstr(text, "first"));
	ck_assert_ptr_nonnull(strstr(text, "no workers"));
	free(text);
	json_decref(v.status);
	json_decref(v.queues);
	json_decref(v.agents);
	json_decref(v.calls);
	json_decref(v.workers);
}
END_TEST

UNIT_MAIN("ringctl_trace", a_ladder, too_many_parties_make_a_list,
	strangers_do_not_steer_the_terminal, bytes_come_back, a_capture, keys,
	the_screen_is_never_overrun)
