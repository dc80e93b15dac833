// Learning the far end's address, and holding it.
#include "engine/rtp/learn.h"

#include "engine/base/hash.h"

#define ROW_MS 100 // between the packets of one that is looked at

const struct addr *learn_to(const struct learn *l)
{
	bool stale = l->former && l->told_changed;

	return l->from.family != ADDR_NONE && !stale ? &l->from : &l->told;
}

bool learn_start(struct learn *l, const struct addr *told, bool anywhere, uint32_t now_ms)
{
	const struct addr before = *learn_to(l);

	l->told_changed = !learn_same(&l->told, told);
	l->told = *told;
	l->anywhere = anywhere;
	l->moves = 0;
	l->first = 0;
	l->since_ms = now_ms;
	l->heard_ms = now_ms;
	l->state = LEARN_OPEN;
	l->former = l->from.family != ADDR_NONE;
	return !learn_same(&before, learn_to(l));
}

static bool take(struct learn *l, const struct addr *source, bool *moved)
{
	const struct addr before = *learn_to(l);

	l->from = *source;
	l->former = false;
	*moved = !learn_same(&before, source);
	return true;
}

// A packet from the source in use, while the window may still be open.
static bool take_again(struct learn *l, uint32_t now_ms, bool over, bool *moved)
{
	l->heard_ms = now_ms;
	if (over)
		l->state = LEARN_LOCKED;
	if (over || now_ms - l->since_ms > LEARN_SILENT_MS) {
		const struct addr same = l->from;
		return take(l, &same, moved);
	}
	return true;
}

static bool may_replace(
	const struct learn *l, const struct addr *source, uint32_t now_ms, bool over)
{
	bool told = addr_same_ip(source, &l->told), nobody = l->from.family == ADDR_NONE;

	if (!told && (!l->anywhere || (over && !nobody)))
		return false;
	if (nobody)
		return true;
	if (over)
		return false;
	if (told && !addr_same_ip(&l->from, &l->told)) // from elsewhere, on trial
		return true;
	if (!l->former)
		return false;
	return l->told_changed || now_ms - l->heard_ms >= LEARN_SILENT_MS;
}

// A single packet may be anything; two of one source with numbers in a row are a stream. Who is
// looked at is not driven away by others beside, unless these have the better right. Both rules
// below may ask of the same packet.
static bool in_a_row(struct learn *l, const struct learn_packet *p, uint32_t now_ms)
{
	uint32_t name = (uint32_t)hash_bytes(p->source, sizeof(*p->source), p->ssrc) | 1;
	uint16_t step = p->seq - l->first_seq;
	bool told = addr_same_ip(p->source, &l->told), goes_on = step >= 1 && step <= 3;

	if (l->first == name && step == 0 && l->last_ms == now_ms)
		return l->row;
	if (l->first == name && goes_on && now_ms - l->last_ms < LEARN_SILENT_MS) {
		l->first_seq = p->seq;
		l->last_ms = now_ms;
		l->row = true;
		return true;
	}
	if (l->first && l->first != name && now_ms - l->last_ms < ROW_MS && l->first_told >= told)
		return false;
	l->first = name;
	l->first_seq = p->seq;
	l->first_ms = l->last_ms = now_ms;
	l->first_told = told;
	l->row = false;
	return false;
}

// Whether what has come in a row is enough to be taken.
static bool enough(struct learn *l, const struct learn_packet *p, uint32_t now_ms)
{
	return in_a_row(l, p, now_ms) && (l->first_told || now_ms - l->first_ms >= LEARN_TRIAL_MS);
}

static bool take_open(struct learn *l, const struct learn_packet *p, uint32_t now_ms, bool *moved)
{
	const struct addr *source = p->source;
	bool over = now_ms - l->since_ms >= LEARN_WINDOW_MS;

	if (learn_same(source, &l->told)) {
		l->state = LEARN_LOCKED;
		return take(l, source, moved);
	}
	if (l->from.family != ADDR_NONE && learn_same(source, &l->from))
		return take_again(l, now_ms, over, moved);
	if (!may_replace(l, source, now_ms, over) || !enough(l, p, now_ms))
		return false;
	if (over && addr_same_ip(source, &l->told))
		l->state = LEARN_LOCKED;
	else if (over)
		l->since_ms = now_ms; // on trial
	l->heard_ms = now_ms;
	return take(l, source, moved);
}

bool learn_take(struct learn *l, const struct learn_packet *p, uint32_t now_ms, bool *moved)
{
	*moved = false;
	if (l->state == LEARN_LOCKED)
		return learn_same(p->source, &l->from);
	return l->state == LEARN_OPEN && take_open(l, p, now_ms, moved);
}

bool learn_move(struct learn *l, const struct learn_packet *p, uint32_t now_ms)
{
	if (l->from.family == ADDR_NONE || l->moves >= LEARN_MOVES_MAX ||
		(l->moves > 0 && now_ms - l->moved_ms < LEARN_MOVE_MS) || !in_a_row(l, p, now_ms))
		return false;
	l->from = *p->source;
	l->former = false;
	l->state = LEARN_LOCKED;
	l->moves++;
	l->moved_ms = now_ms;
	l->first = 0;
	return true;
}

void learn_rtcp_start(struct learn_rtcp *l, const struct addr *told)
{
	if (!learn_same(&l->told, told))
		l->from = (struct addr){0};
	l->told = *told;
	l->state = LEARN_OPEN;
}

bool learn_rtcp_take(struct learn_rtcp *l, const struct learn *rtp, const struct addr *source)
{
	if (l->state == LEARN_LOCKED)
		return learn_same(source, &l->from);
	if (l->state != LEARN_OPEN ||
		(!learn_same(source, &l->told) && !addr_same_ip(source, learn_to(rtp))))
		return false;
	l->state = LEARN_LOCKED;
	l->from = *source;
	return true;
}

const struct addr *learn_rtcp_to(const struct learn_rtcp *l)
{
	return l->from.family != ADDR_NONE ? &l->from : &l->told;
}
