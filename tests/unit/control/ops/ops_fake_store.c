// The records of the fake daemon: rows as control/store/query.c makes them, without what is
// unknown.
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "control/store/store.h"
#include "engine/base/str.h"
#include "tests/unit/control/ops/ops_fake_world.h"

#define RECORD                                                                              \
	"{\"call\":\"18a5c3f2b1d4d000a1b2c3d400000009\",\"tenant\":\"acme\","               \
	"\"started\":1775999000000000000,\"answered\":1775999001000000000,"                 \
	"\"connected\":1775999009000000000,\"ended\":1775999101000000000,"                  \
	"\"why\":\"caller-hangup\",\"by\":\"caller\",\"where\":\"talking\",\"status\":200," \
	"\"trunk\":\"carrier\",\"caller\":\"+8613900139000\",\"caller_name\":\"Wang "       \
	"Wei\",\"called\":\"4001\","                                                        \
	"\"number\":\"4001\",\"flow\":\"line\",\"queue\":\"service\",\"agent\":\"fang\","   \
	"\"waited_ms\":8000,\"talked_ms\":92000,\"total_ms\":102000,\"digits\":\"1\","      \
	"\"recording\":\"131640-000-8613900139000-9\","                                     \
	"\"sip_call_id\":\"caller-leg@10.99.0.50\",\"sequence\":4711"

static const char record[] = RECORD "}";
static const char record_whole[] = RECORD
	",\"segments\":[{\"queue\":\"service\",\"agent\":null,\"started\":1775999001000000000,"
	"\"ended\":1775999009000000000,\"why\":\"connected\"},{\"queue\":\"service\","
	"\"agent\":\"fang\",\"started\":1775999009000000000,\"ended\":1775999101000000000,"
	"\"why\":\"caller-hangup\"}]}";
static const char *const recordings[] = {
	"{\"id\":\"131640-000-8613900139000-9\",\"call\":\"18a5c3f2b1d4d000a1b2c3d400000009\","
	"\"tenant\":\"acme\",\"file\":\"/nowhere/131640-000-8613900139000-9.wav\","
	"\"state\":\"whole\",\"started\":1775999009000000000,\"law\":\"alaw\","
	"\"samples\":736000,\"crc32c\":305419896,\"recovered\":false,\"left_seen\":4600,"
	"\"left_written\":4600,\"left_lost\":0,\"left_late\":0,\"right_seen\":4600,"
	"\"right_written\":4598,\"right_lost\":2,\"right_late\":0,\"sequence\":4710}",
	"{\"id\":\"131957-655-8613800138000-1\",\"call\":\"" OPS_FAKE_CALL "\","
	"\"tenant\":\"acme\",\"file\":\"/nowhere/131957-655-8613800138000-1.wav\","
	"\"state\":\"open\",\"started\":1775999937655000000,\"sequence\":5001}",
};

#define OFFER(event, sequence, time)                                        \
	"{\"call\":\"18a5c3f2b1d4d000a1b2c3d400000009\",\"event\":\"" event \
	"\",\"sequence\":" sequence ",\"time\":" time ",\"queue\":\"service\",\"agent\":"
static const char *const offers[] = {
	OFFER("call-offered", "4701",
		"1775999002000000000") "\"alice\",\"why\":\"longest-idle: "
				       "alice for the first of 2 waiting; ready 2: alice idle "
				       "12.300 s, fang idle 4.000 s\","
				       "\"policy\":\"longest-idle\",\"decision\":17,\"seed\":"
				       "\"00000000000000ab\","
				       "\"waited_ms\":1000,\"waiting\":2,\"ready\":2,"
				       "\"candidates\":[{\"agent\":\"alice\","
				       "\"score\":12300},{\"agent\":\"fang\",\"score\":4000}]}",
	OFFER("call-offer-ended", "4702",
		"1775999007000000000") "\"alice\",\"why\":\"rejected\",\"status\":603}",
	OFFER("call-offered", "4703",
		"1775999007000000000") "\"fang\",\"why\":\"longest-idle: fang "
				       "for the first of 1 waiting; ready 10: fang idle 9.000 "
				       "s\",\"policy\":\"longest-idle\","
				       "\"decision\":18,\"seed\":\"00000000000000ac\",\"waited_"
				       "ms\":6000,\"waiting\":1,"
				       "\"ready\":10,\"candidates\":[{\"agent\":\"fang\",\"score\":"
				       "9000}]}",
	OFFER("call-connected", "4704", "1775999009000000000") "\"fang\"}",
	OFFER("call-offer-ended", "4705", "1775999010000000000") "\"fang\",\"why\":\"hung-up\"}",
	OFFER("call-offered", "4706", "1775999011000000000") "\"bob\",\"why\":\"linear: bob\"}",
};

static bool record_begins(const char *json, const char *call)
{
	json_t *row = json_loads(json, 0, NULL);
	const char *id = json_string_value(json_object_get(row, "call"));
	bool begins = strncmp(id, call, strlen(call)) == 0;
	json_decref(row);
	return begins;
}

int store_query_calls(
	struct store *s, const struct store_filter *filter, const struct store_answer *answer)
{
	if (filter->why[0] == '\0' || strcmp(filter->why, "caller-hangup") == 0)
		answer->row(record, answer->arg);
	answer->end(0, answer->arg);
	return 0;
}

int store_query_names(struct store *s, const char *column, const struct store_answer *answer)
{
	answer->row("operator", answer->arg);
	answer->row("caller-hangup", answer->arg);
	answer->end(0, answer->arg);
	return 0;
}

int store_query_stats(
	struct store *s, const struct store_stats *stats, const struct store_answer *answer)
{
	answer->row("{\"started\":1775999000000000000,\"ended\":1776085400000000000,"
		    "\"local_time\":\"2026-04-12 21:03 +0800\",\"tenant\":\"acme\","
		    "\"name\":\"service\",\"waits\":3,\"waits_answered\":2,"
		    "\"answer_rate_percent\":66.66}",
		answer->arg);
	answer->end(0, answer->arg);
	return 0;
}

int store_query_call(struct store *s, const char *call, const struct store_answer *answer)
{
	if (record_begins(record, call))
		answer->row(record_whole, answer->arg);
	answer->end(0, answer->arg);
	return 0;
}

int store_query_recordings(
	struct store *s, const struct store_filter *filter, const struct store_answer *answer)
{
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++)
		if (record_begins(recordings[i], filter->call))
			answer->row(recordings[i], answer->arg);
	answer->end(0, answer->arg);
	return 0;
}

int store_query_file(struct store *s, const char *call, store_opened_h *opened,
	const struct store_answer *answer)
{
	struct store_filter filter = {0};
	str_copy(filter.call, sizeof(filter.call), call);
	bool whole = record_begins(recordings[0], call);
	opened(whole ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -ENODATA, answer->arg);
	return store_query_recordings(s, &filter, answer);
}

int store_query_offers(struct store *s, const char *call, const struct store_answer *answer)
{
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
		if (record_begins(offers[i], call))
			answer->row(offers[i], answer->arg);
	answer->end(0, answer->arg);
	return 0;
}
