// The call record: what CALL_ENDED carries and the store keeps. docs/events.md names its members.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/callid.h"
#include "control/base/pressed.h"
#include "control/config/config.h"

struct body;

#define RECORD_TEXT_MAX 128

struct call_record {
	struct callid id;
	char tenant[RECORD_TEXT_MAX];
	char direction[4]; // "in"; "out": called by us
	// Wall clock when it began, and from there on by the steady one; ns; 0: did not happen.
	uint64_t started, answered, connected, ended;
	char why[48];	 // "caller-hangup", "flow-end", …
	char by[16];	 // "caller", "agent", "system", "operator"
	char where[16];	 // "opening", "menu", "queue", "ringing", …
	uint16_t status; // SIP, as the caller saw it; 0: none sent
	char trunk[RECORD_TEXT_MAX], caller[RECORD_TEXT_MAX], called[RECORD_TEXT_MAX];
	// As they came, where the numbering plan has another form of them.
	char caller_sent[RECORD_TEXT_MAX], called_sent[RECORD_TEXT_MAX];
	char caller_name[RECORD_TEXT_MAX];
	char privacy[32]; // that the caller asked for, RFC 3323: "id", "user", …
	char original_called[RECORD_TEXT_MAX], redirected_by[RECORD_TEXT_MAX]; // diversions
	char redirect_reason[32];
	char number[RECORD_TEXT_MAX], flow[RECORD_TEXT_MAX], queue[RECORD_TEXT_MAX];
	char agent[RECORD_TEXT_MAX];
	char region[CONFIG_NAME_MAX];		 // of the call; "": of none
	char dropped_by[RECORD_TEXT_MAX];	 // agents that answered before and hung up at once
	uint64_t total_ms, waited_ms, talked_ms; // total: from started to ended
	char digits[PRESSED_MAX];
	char recording[64]; // id
	char sip_call_id[RECORD_TEXT_MAX];
};

// The caller asked not to be seen: agents and lists get RECORD_HIDDEN, the record keeps who it was.
#define RECORD_HIDDEN "anonymous"
bool call_record_hides(const struct call_record *r);

// Adds the members to an event's body; all: also those that are empty or did not happen.
void call_record_members(const struct call_record *r, bool all, struct body *out);
