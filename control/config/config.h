// The configuration as the rest of control sees it: read-only, whole, found by name.
//
// control/config/load.h makes one from a YAML file. It is never changed after it was loaded;
// a reload makes a new one. Calls in progress keep the one they began with: config_hold and
// config_release count its users (control thread only).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/base/transports.h"
#include "control/base/load.h"
#include "control/base/number.h"
#include "control/config/tree.h"
#include "dsp/codec.h"
#include "engine/base/addr.h"

#define CONFIG_NAME_MAX 64

struct config_arena;

struct config_mark { // where a value stands in the file, both from 1
	uint32_t line, column;
};

struct config_prefix {
	struct addr net;
	uint8_t bits;
};

// --- engine: turned into struct engine_config by main.c ---
struct config_port {
	char name[32];
	char kind[16]; // "tap", "af_packet", "af_xdp", "ring", "null", "memif", "pci"
	char device[64], extra[128];
	struct config_prefix host; // tap: the kernel's end
	unsigned queues;
};

struct config_media {
	char name[32];
	unsigned port; // index
	struct config_prefix address;
	struct addr gateway, external; // external: what SDP says instead (1:1 NAT)
	uint16_t vlan;
	uint8_t dscp;
	uint16_t rtp_min, rtp_max;
};

struct config_speech { // when a voice speaks
	bool watch;
	unsigned level_db, // below 0 dBm0
		hysteresis_db, speech_ms, silence_ms;
};

struct config_engine {
	unsigned workers;
	int16_t cores[64];
	unsigned core_count;
	unsigned sessions;
	unsigned coders[CODEC_COUNT]; // of them at once in each codec that has state
	// Of a worker: mixing bridges, parties of one, of all of them (0: a share of its sessions).
	unsigned mixers, mixer_parties, mixed_parties;
	bool spin, hugepages;
	char eal_args[256];
	unsigned rtp_timeout_s; // 0: never
	unsigned jitter_min_ms, jitter_max_ms;
	struct config_speech speech;
	struct load_limits load;
	struct config_port *ports;
	unsigned port_count;
	struct config_media *media;
	unsigned media_count;
};

// --- SIP ---
struct config_listen {
	enum ua_transport transport;
	struct addr address;
};

struct config_sip {
	struct config_listen *listen;
	unsigned listen_count;
	char realm[CONFIG_NAME_MAX];
	char user_agent[CONFIG_NAME_MAX];
	bool unknown_silent;	// unknown sources: no answer instead of 403
	unsigned unknown_per_s; // answers per source and second before silence
	unsigned auth_failures, auth_lockout_s;
	unsigned register_min_s, register_max_s;
	unsigned ring_timeout_s;    // trunk-side limits: an unanswered INVITE of ours
	unsigned session_expires_s; // 0: no session timers
	unsigned min_se_s;
	unsigned calls_per_s; // new calls taken a second; 0: no limit
	unsigned unknown_connections, unknown_connections_each; // TCP; of one source
	struct config_prefix *health_peers;			// whose OPTIONS are answered
	unsigned health_peer_count;
};

// --- tenants ---
struct config_tenant;

// A number as it is dialled: of one of the tenant's, or the beginning of such ("+49221*").
struct config_dialled {
	const struct config_tenant *tenant;
	const char *text; // its one form, by the tenant's plan
	const struct config_number *number;
};

#define CONFIG_TARGETS_MAX  4 // of a trunk, and of one call over all that it may fail over to
#define CONFIG_FAILOVER_MAX 3

struct config_rewrite { // "+86:0"
	char strip[24], add[24];
};

// Calls out, through a trunk.
struct config_out {
	struct config_listen targets[CONFIG_TARGETS_MAX]; // tried in this order; none: no calls out
	unsigned target_count;
	char domain[CONFIG_NAME_MAX];			       // of URIs; "": the target's address
	char user[CONFIG_NAME_MAX], password[CONFIG_NAME_MAX]; // for 401 and 407; "": none
	char caller[CONFIG_NAME_MAX];			       // who calls where nobody says; ""
	struct config_rewrite *rewrites;
	unsigned rewrite_count;
	struct config_trunk *failover[CONFIG_FAILOVER_MAX]; // tried after the targets
	unsigned failover_count;
	bool registers;			 // we do, with the targets
	bool redirect_number;		 // a 3xx may name another number
	unsigned quiet_s;		 // a target that says nothing so long is left
	unsigned calls_max, calls_per_s; // 0: no limit
};

struct config_trunk {
	char name[CONFIG_NAME_MAX];
	struct config_tenant *tenant;
	struct config_prefix *peers;
	unsigned peer_count;
	unsigned media;		 // index of the media address its callers' RTP uses
	enum codec_id codecs[4]; // preference
	unsigned codec_count;
	uint8_t ptime_ms;
	bool media_anywhere;
	unsigned calls_max;   // both ways; 0: no limit
	unsigned calls_per_s; // that come; 0: no limit
	struct config_out out;
	uint8_t bare; // as configured: 0: like the tenant, else enum number_bare + 1
	struct number_plan
		plan; // what its numbers mean: the tenant's, where it has none of its own
};

struct config_number {
	char number[CONFIG_NAME_MAX]; // user part that was dialled; "400*": whatever begins so
	struct config_tenant *tenant;
	struct config_flow *flow;
	bool record;
};

struct config_prompt {
	char name[CONFIG_NAME_MAX];
	struct config_tenant *tenant;
	char *file;  // absolute, or relative to the configuration file's folder (made absolute)
	uint32_t id; // in the prompt store, < PROMPTS_MAX; stable over reloads for tenant and name
	struct config_mark mark;
};

// A flow is a graph of named steps; each step names its successors by index. Checked at load:
// every reference stands, every step can be reached, no way loops without waiting on a caller
// or ending.
struct config_step_kind; // control/config/step.h

#define STEP_NONE UINT16_MAX // as a successor: hang up

// What a flow notes of its call: so many at most, names and texts with their final zero.
#define VARIABLES_MAX	  16
#define VARIABLE_NAME_MAX 32
#define VARIABLE_TEXT_MAX 65

struct config_menu {
	uint32_t prompt;		 // index into prompts
	uint32_t invalid_prompt;	 // UINT32_MAX: none
	uint16_t on_digit[16];		 // '0'-'9', '*', '#', 'A'-'D': step, or STEP_NONE: invalid
	uint16_t on_timeout, on_invalid; // after the last try; STEP_NONE: hang up
	unsigned timeout_ms;		 // after the prompt's end
	unsigned tries;
	bool barge;
	bool masked;		       // the digit is nobody else's
	char store[VARIABLE_NAME_MAX]; // variable that takes it, "": none
};

// Skills with levels: an agent's own, or the least that a caller asks for.
#define CONFIG_LEVEL_MAX 10 // from 1

struct config_skill {
	char name[CONFIG_NAME_MAX];
	struct config_tenant *tenant;
};

#define CONFIG_PAUSE_MAX 64

struct config_pause {		    // what an agent may be away for
	char name[CONFIG_NAME_MAX]; // its code
	struct config_tenant *tenant;
	char text[CONFIG_PAUSE_MAX];
};

struct config_level {
	struct config_skill *skill;
	uint8_t level;
};

struct config_levels { // in the order of the file, each skill once
	struct config_level *list;
	unsigned count;
};

// Of callers: 0 is served first, and theirs of whom nothing is said in the middle.
#define CONFIG_PRIORITY_MAX    7
#define CONFIG_PRIORITY_MIDDLE 4

struct config_vary { // set, branch, lookup: what is done with which variable
	char name[VARIABLE_NAME_MAX];
	char text[VARIABLE_TEXT_MAX]; // set: to, "": nothing; branch: is
	char from[16];		      // set: number of the call, "": the text; lookup: what
	uint16_t otherwise;	      // branch: else
	bool begins;		      // branch
	unsigned timeout_ms;	      // lookup
};

struct config_step {
	char name[CONFIG_NAME_MAX];
	const struct config_step_kind *kind;
	// play: then; queue: when the caller leaves it unanswered (full, timeout); conference: when
	// there is no place in it
	uint16_t next;
	uint32_t prompt; // play; hangup: played before, UINT32_MAX: none
	bool barge;	 // play
	struct config_menu menu;
	struct config_vary vary;
	struct config_queue *queue;
	struct config_levels skills; // queue: beside, or in place of, the queue's own
	uint8_t priority;	     // queue
	struct config_agent *prefer; // queue: rather than others; or who is named by vary.name
	struct config_conference *conference;
	bool muted;	     // conference: listens only
	unsigned sip_status; // hangup before an answer; 0: BYE
};

struct config_flow {
	char name[CONFIG_NAME_MAX];
	struct config_tenant *tenant;
	struct config_step *steps; // steps[0] is where a call starts
	unsigned step_count;
	bool faulty; // while loading: something in it was wrong already
};

enum config_ringback { RINGBACK_NONE, RINGBACK_E180, RINGBACK_CN, RINGBACK_US };

#define CONFIG_RINGS_MAX 8 // of a queue

// Agents who serve a queue because of the team that they are of.
struct config_crew {
	struct config_team **teams;
	unsigned team_count;
	struct config_agent **agents; // of these teams, who has no place in the queue before
	unsigned agent_count;
};

struct config_ring { // from when a caller has waited for so long on
	unsigned after_s;
	struct config_levels skills; // what it asks for less: to these levels; 0: not any more
	uint8_t priority;	     // if that is a better one
	struct config_agent **agents;
	unsigned agent_count;
	struct config_crew crew;
};

#define CONFIG_HOURS_MAX 16 // of a reserve

struct config_hours { // "mon-fri 09:00-12:00"
	char text[32];
};

struct config_reserve { // called by how many wait, by how long one has waited, or by the clock
	struct config_agent **agents;
	unsigned agent_count;
	struct config_crew crew;
	unsigned from, to;	     // from 0: not by how many wait
	unsigned wait_s;	     // 0: not by how long one has waited
	struct config_hours *during; // by the clock, in the node's time zone
	unsigned during_count;
};

struct config_queue {
	char name[CONFIG_NAME_MAX];
	struct config_tenant *tenant;
	char policy[32];	 // a name of control/router/policy.c's table: "longest-idle"
	uint32_t music;		 // prompt index, UINT32_MAX: silence
	uint8_t ringback;	 // heard instead of music: enum config_ringback
	uint32_t answer_prompt;	 // played to the agent before the bridge, UINT32_MAX: none
	unsigned ring_timeout_s; // per offer
	unsigned wait_max_s;	 // 0: no limit
	unsigned size_max;	 // waiting callers; 0: no limit
	unsigned wrap_up_s;
	unsigned reject_pause_s; // an agent that rejects or does not answer is left alone so long
	unsigned short_call_ms;	 // a conversation that the agent ends sooner was none; 0: all are
	unsigned service_level_s;
	bool record;
	struct config_levels skills; // what each of its callers asks for
	struct config_agent **agents;
	unsigned agent_count;
	struct config_crew crew;
	struct config_ring *rings; // by when they are due
	unsigned ring_count;
	struct config_reserve reserve;
	unsigned last_agent_s;	    // 0: it does not matter who talked with a caller before
	unsigned last_agent_wait_s; // for that one alone
	unsigned serve_within_s;
	uint8_t weight;
};

struct config_conference {
	char name[CONFIG_NAME_MAX];
	struct config_tenant *tenant;
	unsigned parties_max;
	uint32_t music;			    // whoever is alone hears it, UINT32_MAX: silence
	uint32_t join_prompt, leave_prompt; // all hear it, UINT32_MAX: none
};

#define CONFIG_DIALS_MAX 4 // trunks that an agent's phone dials out through

struct config_beginning { // of numbers: "021", "+49", "021*"; "*": of all
	char text[32];
};

struct config_agent {
	char name[CONFIG_NAME_MAX]; // SIP user and digest user name, unique over all tenants
	struct config_tenant *tenant;
	char password[CONFIG_NAME_MAX];
	char display[CONFIG_NAME_MAX];
	unsigned media;
	enum codec_id codecs[4];
	unsigned codec_count;
	uint8_t ptime_ms;
	bool media_anywhere;
	bool ready_on_register;		 // else away until set ready
	unsigned weight;		 // of a draw by weights
	struct config_prefix *redirects; // 3xx targets that may be followed
	unsigned redirect_count;
	struct config_prefix *from; // where it may register from; none: anywhere
	unsigned from_count;
	struct config_levels skills;
	struct config_team *team; // NULL: of none, as the two below
	struct config_group *group;
	const struct config_region *region;
	// What the phone may dial itself: nothing, where no trunk or no beginning stands.
	struct config_trunk *dials[CONFIG_DIALS_MAX]; // the first that has room
	unsigned dials_count;
	struct config_beginning *dials_to, *dials_not; // the longest that fits says
	unsigned dials_to_count, dials_not_count;
	char dials_as[CONFIG_NAME_MAX]; // who calls; "": the trunk's caller
	unsigned dials_max;		// at once
	bool dials_record;
};

struct config_tenant {
	char name[CONFIG_NAME_MAX];
	struct number_plan plan;
};

struct config_recording {
	char directory[256];
	unsigned flush_s;
	unsigned calls_max;	 // recorded at once: sizes the shared chunk mapping
	uint64_t free_min_bytes; // below this the disk counts as full
	unsigned retention_days; // 0: for ever
	uint64_t retention_bytes;
};

struct config_store {
	char directory[256]; // event log segments and SQLite file
	uint64_t segment_bytes;
	unsigned sync;		 // enum eventlog_sync
	unsigned retention_days; // of the event log
	uint64_t retention_bytes;
	unsigned history_days; // of the database
	uint64_t history_bytes;
};

struct config_control {
	char socket[108];
	char user[32], group[32]; // to become after start; empty: stay
	unsigned drain_limit_s;
	char log_level[16];
};

struct config {
	char file[256];
	char node[CONFIG_NAME_MAX];
	struct config_engine engine;
	struct config_sip sip;
	struct config_recording recording;
	struct config_store store;
	struct config_control control;
	struct config_tenant *tenants;
	unsigned tenant_count;
	struct config_trunk *trunks;
	unsigned trunk_count;
	struct config_number *numbers;
	unsigned number_count;
	struct config_prompt *prompts;
	unsigned prompt_count;
	struct config_flow *flows;
	unsigned flow_count;
	struct config_queue *queues;
	unsigned queue_count;
	struct config_conference *conferences;
	unsigned conference_count;
	struct config_agent *agents;
	unsigned agent_count;
	struct config_skill *skills;
	unsigned skill_count;
	struct config_pause *pauses;
	unsigned pause_count;
	struct config_site *sites;
	unsigned site_count;
	struct config_shift *shifts;
	unsigned shift_count;
	struct config_team *teams;
	unsigned team_count;
	struct config_group *groups;
	unsigned group_count;
	struct config_region *regions;
	unsigned region_count;
	// config.c's own
	unsigned users;
	struct config_agent **agents_by_name; // sorted
	struct config_dialled *dialled;	      // sorted by tenant and text
	unsigned dialled_count;
	struct config_area *areas; // sorted by config_area_order
	unsigned area_count;
	struct config_arena *arena; // holds all of this, itself included
};

struct config *config_hold(struct config *c);
void config_release(struct config *c); // frees it with its last user; NULL allowed

// Look-ups; NULL where there is none. A number, in its one form (number_normal), is found exactly,
// else without its visual separators, else by the longest "400*"; a trunk by the longest prefix
// that holds the source.
const struct config_number *config_find_number(
	const struct config *c, const struct config_tenant *tenant, const char *called);
// Whether the tenant may call as this number: it, or the beginning of it, is one of its numbers.
bool config_owns_number(
	const struct config *c, const struct config_tenant *tenant, const char *caller);
const struct config_trunk *config_find_trunk(
	const struct config *c, const char *tenant, const char *name);
struct config_agent *config_find_agent(const struct config *c, const char *name);
struct config_member {
	struct config_agent *agent;
	uint8_t ring;
	bool reserve;
};
// The nth of those who may serve the queue: its agents, then those of its rings, then its reserve;
// of each of these who is named before whose team is.
// False: there are no more.
bool config_queue_member(const struct config_queue *q, unsigned n, struct config_member *out);
// At which level of a skill somebody is, or one is asked for; 0: the skill is not among them.
unsigned config_level_of(const struct config_levels *levels, const struct config_skill *skill);
// Whether one of them has the address in it.
bool config_prefixes_hold(
	const struct config_prefix *list, unsigned count, const struct addr *address);
