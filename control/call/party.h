// A party: one leg of a call, in a role. A call is a bounded set of parties, in the order of their
// coming. The first of them is the one that the call is about, a caller, or somebody outside whom
// we have called (`first` of struct call): flow and queue are for it. The others come to it.
//
// Another module adds a party so: it embeds a struct call_party in an object of its own, makes a
// leg for it (leg.h) whose events it hears, and calls party_join. While the party is on its way it
// keeps `stage` true; from PARTY_THERE on it is of the conversation. It tells the call what happens
// by inputs of the call's table that name the role (call_inputs.h), each with the party as its
// fact, by way of the call's entrance. When its leg is about to go it calls party_leave; party and
// leg live longer than that, if need be. What it hears it does not say: sound.c does, for all.
//
// A call that begins with somebody whom we call is one whose `first` has the role PARTY_OUTSIDE and
// an outgoing leg: from its LEG_UP on it is like any other, in flow, queue and conversation.
//
// Control thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/call/leg.h"
#include "engine/base/dlist.h"

struct call;

// All of a call: who it is about, a queue's agents all rung at once, a supervisor, one more.
#define CALL_PARTIES_MAX 35

enum party_role {
	PARTY_CALLER,
	PARTY_AGENT,
	PARTY_SUPERVISOR, // hears, and says what its mode lets it say
	PARTY_CONSULTED,  // asked by an agent
	PARTY_OUTSIDE,	  // called by us, over a trunk
	PARTY_ROLES,
};

enum party_stage {
	PARTY_COMING, // a voice is opened for it, its phone called
	PARTY_RINGING,
	PARTY_UP,    // answered, and hears who comes; not with the others yet
	PARTY_THERE, // with the others
	PARTY_GOING, // hung up
};

struct call_parties {
	struct dlist list;
	unsigned count;
	struct call *call;
	void (*hear)(struct call *c); // puts in force what each hears
};

struct call_party {
	struct dlist link;	 // in `of`
	struct call_parties *of; // NULL: of no call, or no longer
	enum party_role role;
	enum party_stage stage;
	struct leg *leg; // NULL: gone
	uint8_t says;	 // of a supervisor: the groups of the mixing bridge that hear it
	bool recorded;	 // its voice goes to the recording
	uint8_t flags;	 // of the prompt: MEDIA_BARGE, MEDIA_APPEND
	uint32_t prompt; // that it is to hear, or has heard
	uint32_t turn;	 // which one that is, 0: none
	uint32_t turns;	 // so many so far
};

// p: zeroed but for its leg. 0; -ENOSPC: the call has as many as it may have.
int party_join(struct call_parties *of, struct call_party *p, enum party_role role);
void party_leave(struct call_party *p);			     // twice is harmless
struct call *party_call(const struct call_party *p);	     // NULL: of none
bool party_hears(const struct call_party *p);		     // it has a leg that does not end yet
bool party_holds(const struct call_party *p);		     // it does not want to hear us
struct media_voice *party_voice(const struct call_party *p); // NULL: none any more

// A prompt to this party, before all else that it hears: now, or behind what it hears
// (MEDIA_APPEND). It is heard at most once, in a state in which that role hears prompts, and is
// forgotten when the call goes to another state. hush: no prompt any more.
void party_prompt(struct call_party *p, uint32_t prompt, unsigned flags);
void party_hush(struct call_party *p);

// In the order of coming; NULL: there is none (more) of this role.
struct call_party *party_of(const struct call_parties *of, enum party_role role);
struct call_party *party_after(const struct call_party *p);
unsigned party_count(const struct call_parties *of, enum party_role role, enum party_stage stage);
