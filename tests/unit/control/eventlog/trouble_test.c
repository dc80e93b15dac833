// Troubles: each that begins is over once, whatever order they are told in.
#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/eventlog/trouble.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

static struct eventlog *log_;
static struct troubles troubles;

// The judge: what a reader of the events believes.
static struct {
	char key[256][64];
	unsigned count, begun, ended, wrong;
	char last[256];
} seen;

static void judge(const struct event *e, void *arg)
{
	char key[64];
	unsigned i = 0;
	json_t *body = json_loads(e->body, 0, NULL);

	ck_assert_msg(body != NULL, "%s", e->body);
	ck_assert_int_eq(e->type, EVENT_TROUBLE);
	const char *name = json_string_value(json_object_get(body, "name"));
	bool over = json_boolean_value(json_object_get(body, "over"));
	ck_assert_ptr_nonnull(json_object_get(body, "over"));
	str_copy(seen.last, sizeof(seen.last), json_string_value(json_object_get(body, "text")));
	str_format(key, sizeof(key), "%s/%s", json_string_value(json_object_get(body, "topic")),
		name ? name : "");
	while (i < seen.count && strcmp(seen.key[i], key) != 0)
		i++;
	seen.wrong += over == (i == seen.count);
	if (over && i < seen.count)
		memmove(seen.key[i], seen.key[--seen.count], sizeof(key));
	else if (!over && i == seen.count)
		str_copy(seen.key[seen.count++], sizeof(key), key);
	seen.begun += !over;
	seen.ended += over;
	json_decref(body);
}

static void begin(void)
{
	const struct eventlog_options options = {0};
	struct eventlog_report report;

	memset(&seen, 0, sizeof(seen));
	ck_assert_int_eq(eventlog_open(&options, &log_, &report), 0);
	eventlog_set_feed(log_, judge, NULL);
	troubles_start(&troubles, log_);
}

static void end(unsigned begun)
{
	troubles_stop(&troubles);
	ck_assert_uint_eq(seen.count, 0);
	ck_assert_uint_eq(seen.wrong, 0);
	ck_assert_uint_eq(seen.begun, begun);
	ck_assert_uint_eq(seen.ended, begun);
	eventlog_close(log_);
}

START_TEST(one_begins_and_is_over)
{
	begin();
	trouble_begins(&troubles, "link", "media0", "down");
	trouble_begins(&troubles, "link", "media0", "down again");
	ck_assert(trouble_stands(&troubles, "link", "media0"));
	ck_assert(!trouble_stands(&troubles, "link", "media1"));
	ck_assert_str_eq(seen.last, "down");
	trouble_over(&troubles, "link", "media1", "that one never was");
	trouble_over(&troubles, "link", "media0", "up");
	trouble_over(&troubles, "link", "media0", "up");
	ck_assert_str_eq(seen.last, "up");
	end(1);
}
END_TEST

START_TEST(those_of_one_topic_are_apart)
{
	begin();
	trouble_begins(&troubles, "gateway", "inside", "lost");
	trouble_begins(&troubles, "gateway", "outside", "lost");
	trouble_begins(&troubles, "recording", "", "full");
	trouble_over(&troubles, "gateway", "inside", "found");
	ck_assert(trouble_stands(&troubles, "gateway", "outside"));
	ck_assert(trouble_stands(&troubles, "recording", ""));
	end(3);
	ck_assert_str_eq(seen.last, "the node stops");
}
END_TEST

START_TEST(what_is_past_is_over_at_once)
{
	begin();
	trouble_past(&troubles, "eventlog", "", "three places");
	ck_assert_uint_eq(seen.count, 0);
	ck_assert_uint_eq(seen.ended, 1);
	end(1);
}
END_TEST

START_TEST(a_text_of_any_bytes_is_told)
{
	begin();
	trouble_begins(&troubles, "store-retention", "", "a\xff\xfe b");
	ck_assert_str_eq(seen.last, "a?? b");
	end(1);
}
END_TEST

// More than can stand: none that begins is without its end.
START_TEST(a_crowd_of_them)
{
	char name[32];

	begin();
	for (unsigned i = 0; i < TROUBLES_MAX + 20; i++) {
		str_format(name, sizeof(name), "n%u", i);
		trouble_begins(&troubles, "gateway", name, "lost");
	}
	end(TROUBLES_MAX);
}
END_TEST

START_TEST(any_order)
{
	static const char *const topics[] = {"link", "gateway", "port", "recording"};
	struct rng rng;
	char name[8];

	rng_seed(&rng, 7);
	for (unsigned round = 0; round < 100; round++) {
		begin();
		for (unsigned i = 0; i < 50; i++) {
			const char *topic = topics[rng_below(&rng, 4)];

			str_format(name, sizeof(name), "%u", (unsigned)rng_below(&rng, 3));
			switch (rng_below(&rng, 5)) {
			case 0:
				trouble_past(&troubles, topic, name, "past");
				break;
			case 1:
			case 2:
				trouble_begins(&troubles, topic, name, "begins");
				break;
			default:
				trouble_over(&troubles, topic, name, "over");
			}
		}
		end(seen.begun);
	}
}
END_TEST

// Nobody listens before the log is there and after the end.
START_TEST(without_a_log_nothing_is_said)
{
	memset(&troubles, 0, sizeof(troubles));
	trouble_begins(&troubles, "link", "media0", "down");
	trouble_over(&troubles, "link", "media0", "up");
	trouble_past(&troubles, "link", "media0", "up");
	ck_assert(!trouble_stands(&troubles, "link", "media0"));
}
END_TEST

UNIT_MAIN("trouble", one_begins_and_is_over, those_of_one_topic_are_apart,
	what_is_past_is_over_at_once, a_text_of_any_bytes_is_told, a_crowd_of_them, any_order,
	without_a_log_nothing_is_said)
