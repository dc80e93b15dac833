// What a voice is told to do, as commands to its worker.
#include "control/media/state.h"

_Static_assert((int)MEDIA_SEND == (int)GATE_SEND && (int)MEDIA_RECV == (int)GATE_RECV, "same bits");
_Static_assert((int)MEDIA_APPEND == (int)PLAY_APPEND && (int)MEDIA_LOOP == (int)PLAY_LOOP &&
		(int)MEDIA_BARGE == (int)PLAY_BARGE,
	"same bits");
_Static_assert(
	(int)MEDIA_LEFT == (int)SIDE_LEFT && (int)MEDIA_RIGHT == (int)SIDE_RIGHT, "same sides");

void media_listen(struct media_voice *v, bool on)
{
	struct gate_msg m = {.head.kind = GATE_COLLECT, .collect.on = on};
	media_voice_command(v, &m);
}

void media_mask(struct media_voice *v, bool on)
{
	struct gate_msg m = {.head.kind = GATE_MASK, .mask.on = on};
	media_voice_command(v, &m);
}

void media_info_digit(struct media_voice *v, char digit, unsigned duration_ms)
{
	struct gate_msg m = {.head.kind = GATE_INFO_DIGIT};
	m.digit.digit = digit;
	m.digit.sources = DIGIT_INFO;
	m.digit.duration_ms = duration_ms;
	media_voice_command(v, &m);
}

void media_play(struct media_voice *v, uint32_t prompt, unsigned flags, uint32_t offset_ms)
{
	struct gate_msg m = {.head.kind = GATE_PLAY};
	m.play.prompt = prompt;
	m.play.flags = flags;
	m.play.offset_ms = offset_ms;
	media_voice_command(v, &m);
}

void media_tone(struct media_voice *v, enum tone_id tone)
{
	struct gate_msg m = {.head.kind = GATE_TONE, .tone.tone = (uint16_t)tone};
	media_voice_command(v, &m);
}

void media_stop_playing(struct media_voice *v)
{
	struct gate_msg m = {.head.kind = GATE_STOP};
	media_voice_command(v, &m);
}

static void bridge_one(struct media_voice *from, struct media_voice *to, enum gate_kind kind)
{
	struct gate_msg m = {.head.kind = kind, .bridge.peer = media_voice_session(to)};
	media_voice_command(from, &m);
}

void media_bridge(struct media_voice *a, struct media_voice *b)
{
	bridge_one(a, b, GATE_BRIDGE);
	bridge_one(b, a, GATE_BRIDGE);
}

void media_unbridge(struct media_voice *a, struct media_voice *b)
{
	bridge_one(a, b, GATE_UNBRIDGE);
	bridge_one(b, a, GATE_UNBRIDGE);
}

void media_record(struct media_voice *v, uint32_t recording, enum media_side side,
	enum codec_id law, uint64_t start_ns)
{
	if (v == NULL)
		return;
	struct gate_msg m = {.head.kind = GATE_RECORD};
	m.record = (struct gate_record){
		.start_ns = start_ns, .recording = recording, .on = 1, .side = side, .law = law};
	m.record.writer = (uint8_t)media_side_join(v, recording, side);
	media_voice_command(v, &m);
}

void media_record_stop(struct media_voice *v, uint32_t recording)
{
	if (v == NULL)
		return;
	struct gate_msg m = {.head.kind = GATE_RECORD, .record.recording = recording};
	media_side_leave(v);
	media_voice_command(v, &m);
}
