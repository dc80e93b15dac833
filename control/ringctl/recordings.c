// Judging recordings.
#include "control/ringctl/recordings.h"

#include <string.h>

#include "control/contract/member.h"
#include "control/record/recorder.h"
#include "engine/base/str.h"

static json_t *verdict(const json_t *row, const char *result, const char *problem)
{
	return shape_fit(shape_of_command(COMMAND_RECORDINGS_CHECK),
		json_pack("{s:s,s:s,s:O?,s:s,s:s?}", "call", member_text(row, "call"), "file",
			member_text(row, "file"), "samples", json_object_get(row, "samples"),
			"result", result, "problem", problem));
}

// NULL, or what is wrong already.
static const char *expect(const json_t *row, struct recording_result *out, char why[320])
{
	*out = (struct recording_result){
		.samples = (uint64_t)json_integer_value(json_object_get(row, "samples")),
		.crc32c = (uint32_t)json_integer_value(json_object_get(row, "crc32c")),
		.law = strcmp(member_text(row, "law"), "alaw") == 0 ? CODEC_PCMA : CODEC_PCMU,
	};
	if (strcmp(member_text(row, "state"), "whole") != 0)
		str_format(why, 320, "failed: %s", member_text(row, "why"));
	else if (str_copy(out->file, sizeof(out->file), member_text(row, "file")) != 0)
		str_format(why, 320, "its path is too long");
	else
		return NULL;
	return why;
}

static json_t *verdict_of(const json_t *row)
{
	struct recording_result expected;
	char why[320];
	if (strcmp(member_text(row, "state"), "open") == 0)
		return verdict(row, "open", NULL);
	const char *problem = expect(row, &expected, why);
	if (problem == NULL && recording_check(&expected, why) != 0)
		problem = why;
	return verdict(row, problem ? "bad" : "ok", problem);
}

const char *recording_judge_open(const json_t *row, int fd, char why[320])
{
	struct recording_result expected;
	const char *problem = expect(row, &expected, why);
	if (problem == NULL && recording_check_open(fd, &expected, why) != 0)
		problem = why;
	return problem;
}

json_t *recordings_judge(const json_t *rows, const json_t *calls)
{
	json_t *verdicts = json_array(), *seen = json_object();
	size_t i;
	const json_t *row;
	json_array_foreach(rows, i, row)
	{
		json_object_set_new(seen, member_text(row, "call"), json_true());
		json_array_append_new(verdicts, verdict_of(row));
	}
	json_array_foreach(calls, i, row)
	{
		if (member_text(row, "recording")[0] != '\0' &&
			json_object_get(seen, member_text(row, "call")) == NULL)
			json_array_append_new(
				verdicts, verdict(row, "bad", "the call was recorded, no ledger"));
	}
	json_decref(seen);
	return verdicts;
}

struct recordings_sum recordings_sum(const json_t *verdicts)
{
	struct recordings_sum sum = {0};
	size_t i;
	const json_t *v;
	json_array_foreach(verdicts, i, v)
	{
		const char *result = member_text(v, "result");
		sum.ok += strcmp(result, "ok") == 0;
		sum.bad += strcmp(result, "bad") == 0;
		sum.open += strcmp(result, "open") == 0;
	}
	return sum;
}

void recordings_sentence(const struct recordings_sum *sum, char out[256])
{
	struct str_buf b;
	str_buf_init(&b, out, 256);
	if (sum->bad == 0)
		str_buf_add(&b, "to record %u = recorded %u, each as its ledger says", sum->ok,
			sum->ok);
	else
		str_buf_add(&b, "to record %u, recorded %u: %u missing or not as the ledger says",
			sum->ok + sum->bad, sum->ok, sum->bad);
	if (sum->open > 0)
		str_buf_add(&b, "; %u still being written", sum->open);
}
