// The table of call-progress tones and the player of its cadences.
#include "dsp/tone.h"

#include <errno.h>
#include <stddef.h>

#include "dsp/frame.h"

#define STEPS_MAX      8
#define LEVEL_MIN_DBM0 (-60)
#define TWO_TONES_DB   3.01f // each of two equal tones is that much below both

struct tone_step {
	uint16_t ms;	// 0 ends the cadence
	uint16_t hz[2]; // 0: none
};

static const struct {
	const char *name;
	struct tone_step steps[STEPS_MAX];
} tones[TONE_COUNT] = {
	[TONE_E180_DIAL] = {"e180-dial", {{1000, {425}}}},
	[TONE_E180_RINGBACK] = {"e180-ringback", {{1000, {425}}, {4000}}},
	[TONE_E180_BUSY] = {"e180-busy", {{500, {425}}, {500}}},
	[TONE_E180_CONGESTION] = {"e180-congestion", {{250, {425}}, {250}}},
	[TONE_E180_INFORMATION] = {"e180-information",
		{{330, {950}}, {330, {1400}}, {330, {1800}}, {1000}}},
	[TONE_CN_DIAL] = {"cn-dial", {{1000, {450}}}},
	[TONE_CN_RINGBACK] = {"cn-ringback", {{1000, {450}}, {4000}}},
	[TONE_CN_BUSY] = {"cn-busy", {{350, {450}}, {350}}},
	[TONE_CN_CONGESTION] = {"cn-congestion", {{700, {450}}, {700}}},
	[TONE_CN_WAITING] = {"cn-waiting", {{400, {450}}, {4000}}},
	[TONE_CN_UNOBTAINABLE] = {"cn-unobtainable",
		{{100, {450}}, {100}, {100, {450}}, {100}, {100, {450}}, {100}, {400, {450}},
			{400}}},
	[TONE_US_DIAL] = {"us-dial", {{1000, {350, 440}}}},
	[TONE_US_RINGBACK] = {"us-ringback", {{2000, {440, 480}}, {4000}}},
	[TONE_US_BUSY] = {"us-busy", {{500, {480, 620}}, {500}}},
	[TONE_US_CONGESTION] = {"us-congestion", {{250, {480, 620}}, {250}}},
};

static const struct tone_step *step_of(const struct tone *t)
{
	return &tones[t->id].steps[t->step];
}

static void begin(struct tone *t)
{
	const struct tone_step *step = step_of(t);
	float each = (float)t->level_dbm0 - (step->hz[1] ? TWO_TONES_DB : 0);

	t->left = step->ms * (FRAME_RATE / 1000);
	for (int i = 0; i < 2; i++)
		sine_start(&t->sine[i], step->hz[i], each);
}

static void next(struct tone *t)
{
	t->step++;
	if (t->step == STEPS_MAX || step_of(t)->ms == 0)
		t->step = 0;
	// A tone without pauses goes on where it is.
	if (t->step == 0 && tones[t->id].steps[1].ms == 0)
		t->left = step_of(t)->ms * (FRAME_RATE / 1000);
	else
		begin(t);
}

int tone_start(struct tone *t, enum tone_id id, int level_dbm0)
{
	*t = (struct tone){.id = TONE_NONE};
	if (id <= TONE_NONE || id >= TONE_COUNT || level_dbm0 > 0 || level_dbm0 < LEVEL_MIN_DBM0)
		return -EINVAL;
	t->id = id;
	t->level_dbm0 = (int8_t)level_dbm0;
	begin(t);
	return 0;
}

void tone_mix(struct tone *t, int16_t samples[], uint32_t n)
{
	while (t->id != TONE_NONE && n > 0) {
		uint32_t part = n < t->left ? n : t->left;

		for (int i = 0; i < 2; i++)
			if (step_of(t)->hz[i])
				sine_mix(&t->sine[i], samples, part);
		samples += part;
		n -= part;
		t->left -= part;
		if (t->left == 0)
			next(t);
	}
}

const char *tone_name(enum tone_id id)
{
	return id > TONE_NONE && id < TONE_COUNT ? tones[id].name : NULL;
}
