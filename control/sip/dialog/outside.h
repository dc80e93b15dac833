// A call out through trunks: one target after the other is tried, until one takes it. Each try is a
// fork of the leg with an INVITE of its own number, headers and offer.
#pragma once

#include "control/sip/dialog/leg.h"

// What is asked for, of its first trunk; nothing is tried yet. 0, -ENOENT or -ENOMEM.
int outside_begin(struct ua_leg *leg, const struct ua_target *t);

// The next try that may begin, to be sent: leg's newest fork, counted on its trunk. 0, or why there
// is none: of the last one that was looked at, else -ENOENT.
int outside_next(struct ua_leg *leg, struct fork **out);
bool outside_has_next(const struct ua_leg *leg);
const struct config_trunk *outside_trunk(const struct fork *f); // NULL: no longer configured

// How long the newest fork may say nothing; quiet is called then. Any answer ends it.
void outside_watch(struct ua_leg *leg, void (*quiet)(void *fork));
// It rings at somebody's: no other target is tried any more.
void outside_heard(struct fork *f, const struct sip_msg *msg);
// An end of fork f (msg NULL: none came, or it cannot be reached): may the next target be tried?
// Its target is let alone, where that is right.
bool outside_fails_over(struct fork *f, const struct sip_msg *msg);
void outside_silent(struct fork *f);   // its target is looked at last for a while
void outside_answered(struct fork *f); // counted where it was answered
// Answers a 401 or 407: 0: to be sent again; else f->why says why not.
int outside_challenged(struct fork *f, const struct sip_msg *msg);
// The lines of f's next INVITE that answer what was asked for. 0 or -errno.
int outside_sign(struct fork *f);
