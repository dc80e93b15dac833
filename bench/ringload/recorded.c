// Finds a caller's packets in the left side of the call's recording.
#include "bench/ringload/recorded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/ringload/history.h"
#include "dsp/wav.h"
#include "engine/base/str.h"

#define ANCHOR	    320u   // bytes that are looked up in what was sent
#define ANCHOR_KIND 12u	   // different values that they have at least
#define ANCHORS	    8u	   // pieces that are tried
#define SCORED	    24000u // bytes that tell one place from another

struct place {
	int64_t shift; // added to a place in what was sent, it is one in the recording
	uint32_t same; // bytes
};

// What the caller said until it hung up. Packets of telephone-events hold nothing: known is 0.
static int side_sent(
	const struct load *l, const struct call_note *note, struct sound *sent, struct sound *known)
{
	uint32_t step = l->profile->ptime_ms * 8;
	struct stream s = {.digits = note->digit_way, .speech = note->speech, .at = note->at};

	sent->len = known->len = note->packets * step;
	sent->bytes = calloc(1, sent->len + 1);
	known->bytes = calloc(1, sent->len + 1);
	if (!sent->bytes || !known->bytes)
		return -ENOMEM;
	for (; s.count < note->packets; s.count++) {
		uint32_t skip;
		const uint8_t *body = stream_said(&l->desk, &s, &skip);

		if (!body)
			continue;
		memcpy(sent->bytes + s.count * step, body, step);
		memset(known->bytes + s.count * step + skip, 1, step - skip);
	}
	return 0;
}

static int side_of(const struct sound *file, uint32_t law, struct sound *out)
{
	struct wav_info info;

	if (wav_parse(file->bytes, file->len, &info) || info.channels != 2 ||
		info.format != (law == LAW_PCMU ? WAV_ULAW : WAV_ALAW))
		return -EINVAL;
	out->len = info.data_bytes / 2;
	out->bytes = malloc(out->len + 1);
	if (!out->bytes)
		return -ENOMEM;
	for (uint32_t i = 0; i < out->len; i++)
		out->bytes[i] = file->bytes[info.data_offset + 2 * i];
	return 0;
}

static int side_recorded(const char *path, uint32_t law, struct sound *out)
{
	struct sound file;
	int err = sound_read_file(path, UINT32_MAX, &file);

	if (err)
		return err;
	err = side_of(&file, law, out);
	free(file.bytes);
	return err;
}

// Sound of which one piece is not like any other.
static bool anchor_good(const uint8_t *at)
{
	uint8_t seen[256] = {0};
	unsigned kinds = 0;

	for (unsigned i = 0; i < ANCHOR; i++)
		kinds += !seen[at[i]]++;
	return kinds >= ANCHOR_KIND;
}

static uint32_t overlap(const struct sound *sent, const struct sound *got, int64_t shift)
{
	uint32_t same = 0;

	for (uint32_t i = 0; i < SCORED && i < sent->len; i++) {
		int64_t at = (int64_t)i + shift;

		same += at >= 0 && at < got->len && sent->bytes[i] == got->bytes[at];
	}
	return same;
}

// What the best of all places has that one piece of the recording may stand in.
static void anchor_try(
	const struct sound *sent, const struct sound *got, uint32_t from, struct place *best)
{
	const uint8_t *hit = sent->bytes, *end = sent->bytes + sent->len;

	while ((hit = memmem(hit, (size_t)(end - hit), got->bytes + from, ANCHOR))) {
		int64_t shift = (int64_t)from - (hit - sent->bytes);
		uint32_t same = shift == best->shift ? 0 : overlap(sent, got, shift);

		if (same > best->same)
			*best = (struct place){shift, same};
		hit++;
	}
}

// Where in the recording what was sent begins. A sound may come again (a note, a corpus that is
// short), and a piece may hold what was not sent (silence before the call): the best of several
// counts.
static bool side_find(const struct sound *sent, const struct sound *got, int64_t *shift)
{
	struct place best = {.shift = INT64_MAX};
	unsigned tried = 0;

	for (uint32_t from = 0; from + ANCHOR < got->len && tried < ANCHORS; from += ANCHOR / 2) {
		if (!anchor_good(got->bytes + from))
			continue;
		anchor_try(sent, got, from, &best);
		tried++;
	}
	*shift = best.shift;
	return best.same > 0;
}

enum frame { FRAME_NONE, FRAME_WHOLE, FRAME_LOST, FRAME_WRONG };

static enum frame frame_judge(const uint8_t *sent, const uint8_t *known, const uint8_t *got,
	uint32_t len, uint8_t silence)
{
	unsigned compared = 0, same = 0, silent = 0;

	for (uint32_t i = 0; i < len; i++) {
		compared += known[i];
		same += known[i] && sent[i] == got[i];
		silent += known[i] && got[i] == silence;
	}
	return compared == 0	     ? FRAME_NONE
		: same == compared   ? FRAME_WHOLE
		: silent == compared ? FRAME_LOST
				     : FRAME_WRONG;
}

static int recorded_call(const struct load *l, const struct call_note *note, const char *path,
	struct recorded_report *r)
{
	struct sound sent = {0}, known = {0}, got = {0};
	uint32_t step = l->profile->ptime_ms * 8;
	uint64_t frames[4] = {0};
	int64_t shift = 0;
	int err = side_sent(l, note, &sent, &known);

	if (!err)
		err = side_recorded(path, l->profile->codec, &got);
	if (!err && !side_find(&sent, &got, &shift))
		err = -ENOENT;
	for (uint32_t at = 0; !err && at + step <= sent.len; at += step) {
		int64_t place = (int64_t)at + shift;

		if (place >= 0 && place + step <= got.len)
			frames[frame_judge(sent.bytes + at, known.bytes + at, got.bytes + place,
				step, l->sounds.silence.bytes[0])]++;
	}
	r->frames += frames[FRAME_WHOLE];
	r->lost += frames[FRAME_LOST];
	r->wrong += frames[FRAME_WRONG];
	free(sent.bytes);
	free(known.bytes);
	free(got.bytes);
	return err;
}

// Recordings by the call they are of; NULL with what went wrong.
static json_t *recordings_by_call(const struct load *l, char error[256])
{
	json_t *rows = history_recordings(l, error), *by_call = rows ? json_object() : NULL;
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		const char *call = json_string_value(json_object_get(row, "call"));

		if (call)
			json_object_set(by_call, call, row);
	}
	json_decref(rows);
	return by_call;
}

int recorded_compare(
	const struct load *l, const json_t *calls, struct recorded_report *report, char error[256])
{
	json_t *recordings = recordings_by_call(l, error);
	size_t all = json_array_size(calls), most = l->profile->recordings;

	if (!recordings)
		return -EIO;
	*report = (struct recorded_report){.asked = true};
	for (size_t i = 0; i < all && i < most; i++) {
		const json_t *call = json_array_get(calls, all <= most ? i : i * all / most);
		const char *id = json_string_value(json_object_get(call, "call"));
		const json_t *row = id ? json_object_get(recordings, id) : NULL;
		const char *file = json_string_value(json_object_get(row, "file"));
		int err = -ENOENT;

		report->calls++;
		if (file)
			err = recorded_call(l, &l->notes[history_count(call)], file, report);
		if (!err)
			continue;
		report->missing++;
		str_format(report->first, sizeof(report->first), "call %.40s: %.80s: %s",
			id ? id : "-", file ? file : "no recording",
			err == -ENOENT && file ? "nothing of the caller in it" : strerror(-err));
	}
	json_decref(recordings);
	return 0;
}
