// The configuration's tables: every key with its type, range, default and help.
#include "control/config/schema.h"

#include <string.h>

#include "control/config/fields.h"
#include "control/config/schema_out.h"
#include "control/config/schema_plan.h"
#include "control/config/schema_rings.h"
#include "control/config/schema_tree.h"
#include "engine/base/str.h"
#include "engine/bounds.h"

#define THING(type) \
	.size = sizeof(struct type), .name_size = CONFIG_NAME_MAX, .name_type = CONFIG_NAME
#define OF_TENANT(type) .tenant_offset = offsetof(struct type, tenant)
#define NO_TENANT	.tenant_offset = CONFIG_NO_OFFSET
#define NO_MARK		.mark_offset = CONFIG_NO_OFFSET

// --- engine ---
static const struct config_field port_fields[] = {
	{"kind", CONFIG_WORD, AT(config_port, kind),
		"the driver; docs/operations.md says which fits", "tap",
		NAMES("tap", "af_packet", "af_xdp", "ring", "null", "memif", "pci"), .fixed = true},
	{"device", CONFIG_STRING, AT(config_port, device),
		"interface name (tap, af_packet, af_xdp), PCI address (pci) or socket (memif)", "",
		.fixed = true},
	{"extra", CONFIG_STRING, AT(config_port, extra),
		"further device arguments, verbatim: xdp_prog=/usr/lib/ringhall/media.o", "",
		.fixed = true},
	{"host", CONFIG_INTERFACE, AT(config_port, host),
		"tap: address and prefix of the kernel's end", "", .fixed = true},
	{"queues", CONFIG_INT, AT(config_port, queues),
		"receive queues; 0: one per worker where the driver can, else one", "0", 0,
		WORKERS_MAX, .fixed = true},
	END,
};
static const struct config_schema port_schema = {"a port", "DPDK ports that carry media.",
	port_fields, .size = sizeof(struct config_port),
	.name_size = sizeof(((struct config_port *)NULL)->name), .name_type = CONFIG_NAME,
	NO_TENANT, NO_MARK};

static const struct config_field media_fields[] = {
	{"port", CONFIG_REF_PORT, AT(config_media, port), "port that owns the address", NULL,
		.fixed = true},
	{"address", CONFIG_INTERFACE, AT(config_media, address),
		"the address with its prefix length: 192.0.2.10/24 or 2001:db8::10/64", NULL,
		.fixed = true},
	{"gateway", CONFIG_IP, AT(config_media, gateway),
		"next hop for far ends outside of the prefix, fe80:: too; none: all are on the "
		"link",
		"", .fixed = true},
	{"external", CONFIG_IP, AT(config_media, external),
		"what SDP says instead of the address (1:1 NAT)", ""},
	{"vlan", CONFIG_INT, AT(config_media, vlan), "802.1Q VLAN; 0: untagged", "0", 0, 4094,
		.fixed = true},
	{"dscp", CONFIG_INT, AT(config_media, dscp), "DSCP of what is sent; 46 is EF", "46", 0, 63,
		.fixed = true},
	{"rtp", CONFIG_PORT_RANGE, AT(config_media, rtp_min),
		"UDP ports, even to odd: RTP on even ones, RTCP on odd ones", "1536-65535",
		.fixed = true},
	END,
};
static const struct config_schema media_schema = {"a media address",
	"Addresses for RTP that the engine owns; the kernel must not have them.", media_fields,
	.size = sizeof(struct config_media),
	.name_size = sizeof(((struct config_media *)NULL)->name), .name_type = CONFIG_NAME,
	NO_TENANT, NO_MARK};

static const struct config_field engine_fields[] = {
	{"workers", CONFIG_INT, AT(config, engine.workers),
		"media threads, one pinned to a core each", "1", 1, WORKERS_MAX, .fixed = true},
	{"cores", CONFIG_LIST, AT(config, engine.cores),
		"CPU of each worker, as many as workers; none: the engine chooses", "", 0, 1023,
		ITEM(CONFIG_INT, int16_t), WORKERS_MAX, COUNT(config, engine.core_count),
		.fixed = true},
	{"sessions", CONFIG_INT, AT(config, engine.sessions),
		"voices at once, all workers together; a call with an agent is two", "1000", 1,
		SESSIONS_MAX, .fixed = true},
	{"g722_sessions", CONFIG_INT, AT(config, engine.coders[CODEC_G722]),
		"voices of these that may be G.722 at once; further ones are offered other codecs",
		"1000", 0, SESSIONS_MAX, .fixed = true},
	{"opus_sessions", CONFIG_INT, AT(config, engine.coders[CODEC_OPUS]),
		"the same for Opus, which takes 80 kB of memory for each; 0: no Opus", "0", 0,
		SESSIONS_MAX, .fixed = true},
	{"mixers", CONFIG_INT, AT(config, engine.mixers),
		"mixing bridges of each worker: conferences and supervised conversations", "256", 1,
		MIXERS_MAX, .fixed = true},
	{"mixer_parties", CONFIG_INT, AT(config, engine.mixer_parties),
		"parties that one of them may have", "32", 3, MIX_PARTIES_MAX, .fixed = true},
	{"mixed_parties", CONFIG_INT, AT(config, engine.mixed_parties),
		"parties of all of a worker's together, 1 kB each; 0: a 96th of its sessions, "
		"and 96 at least",
		"0", 0, SESSIONS_MAX, .fixed = true},
	{"idle", CONFIG_CHOICE, AT(config, engine.spin),
		"what a worker without work does: nap for a bounded time, or spin", "nap",
		NAMES("nap", "spin"), .fixed = true},
	{"hugepages", CONFIG_BOOL, AT(config, engine.hugepages), "use hugepages (must be reserved)",
		"no", .fixed = true},
	{"eal_args", CONFIG_STRING, AT(config, engine.eal_args), "further EAL arguments, verbatim",
		"", .fixed = true},
	{"rtp_timeout", CONFIG_SECONDS, AT(config, engine.rtp_timeout_s),
		"silence after which a far end counts as gone; 0s: never", "30s", 0, 255},
	{"jitter_min", CONFIG_MILLISECONDS, AT(config, engine.jitter_min_ms),
		"least delay of the jitter buffer", "20ms", 0, 200},
	{"jitter_max", CONFIG_MILLISECONDS, AT(config, engine.jitter_max_ms),
		"most delay of the jitter buffer", "200ms", 0, 200},
	{"speech_watch", CONFIG_BOOL, AT(config, engine.speech.watch),
		"tell when a voice begins and ends to speak; every voice is decoded then", "no"},
	{"speech_level", CONFIG_INT, AT(config, engine.speech.level_db),
		"speech is at most so many dB below 0 dBm0", "40", 0, 70},
	{"speech_hysteresis", CONFIG_INT, AT(config, engine.speech.hysteresis_db),
		"quieter than that by so many dB is silence", "6", 0, 20},
	{"speech_after", CONFIG_MILLISECONDS, AT(config, engine.speech.speech_ms),
		"how long it must be loud", "100ms", 20, 5000},
	{"silence_after", CONFIG_MILLISECONDS, AT(config, engine.speech.silence_ms),
		"how long it must be quiet", "1s", 20, 5000},
	{"load_busy", CONFIG_INT, AT(config, engine.load.busy_percent),
		"share of the time that interrupts leave a worker, in percent, that may be busy "
		"before new calls get 503; 0: any",
		"85", 0, 100},
	{"load_late", CONFIG_MILLISECONDS, AT(config, engine.load.late_ms),
		"the same for how late a worker sends, of 99 in 100 packets; 0ms: any", "10ms", 0,
		200},
	{"load_missed", CONFIG_INT, AT(config, engine.load.missed_permille),
		"the same for packets lost before the engine saw them, in a thousand; 0: any", "1",
		0, 1000},
	{"load_stolen", CONFIG_INT, AT(config, engine.load.stolen_percent),
		"share of a worker's time, in percent, that host and interrupts take, from which "
		"on the log warns; refuses no call; 0: never",
		"40", 0, 100},
	{"load_from", CONFIG_INT, AT(config, engine.load.from_percent),
		"load, in percent of the limit, from which on some of the new calls get 503; at "
		"100 all do",
		"80", 1, 100},
	{"ports", CONFIG_MAP, AT(config, engine.ports), "name → port, at least one", "",
		.max = PORTS_MAX, COUNT(config, engine.port_count), .sub = &port_schema,
		.fixed = true},
	{"media", CONFIG_MAP, AT(config, engine.media), "name → media address, at least one", "",
		.max = MEDIA_MAX, COUNT(config, engine.media_count), .sub = &media_schema,
		.fixed = true},
	END,
};
static const struct config_schema engine_schema = {"section engine",
	"The media engine. Ports, addresses, workers and sessions change with a restart.",
	engine_fields};

// --- SIP ---
static const struct config_field sip_fields[] = {
	{"listen", CONFIG_LIST, AT(config, sip.listen), "where SIP is heard: udp:192.0.2.1:5060",
		NULL, ITEM(CONFIG_LISTEN, struct config_listen), COUNT(config, sip.listen_count),
		.fixed = true},
	{"realm", CONFIG_STRING, AT(config, sip.realm), "digest realm of agents' phones",
		"ringhall"},
	{"user_agent", CONFIG_STRING, AT(config, sip.user_agent), "Server and User-Agent header",
		"Ringhall"},
	{"unknown", CONFIG_CHOICE, AT(config, sip.unknown_silent),
		"requests from unknown sources: reject (403; 401 to REGISTER and INVITE) or silent",
		"reject", NAMES("reject", "silent")},
	{"unknown_rate", CONFIG_INT, AT(config, sip.unknown_per_s),
		"answers to an unknown source and second, then silence", "10", 0, 100000},
	{"auth_failures", CONFIG_INT, AT(config, sip.auth_failures),
		"wrong passwords that lock an account out, accounts that lock an address", "5", 1,
		1000},
	{"auth_lockout", CONFIG_SECONDS, AT(config, sip.auth_lockout_s),
		"how long it stays locked out", "5min", 1, 86400},
	{"register_min", CONFIG_SECONDS, AT(config, sip.register_min_s),
		"shortest registration; shorter ones get 423", "60s", 1, 86400},
	{"register_max", CONFIG_SECONDS, AT(config, sip.register_max_s),
		"longest registration; longer ones are cut", "1h", 1, 86400},
	{"ring_timeout", CONFIG_SECONDS, AT(config, sip.ring_timeout_s),
		"an unanswered INVITE of ours is given up after this", "3min", 1, 3600},
	{"session_expires", CONFIG_SECONDS, AT(config, sip.session_expires_s),
		"how long a call lives without a sign of life of its far end (RFC 4028); 0s: no "
		"session timers",
		"30min", 0, 86400},
	{"min_se", CONFIG_SECONDS, AT(config, sip.min_se_s),
		"shortest session timer that is taken; shorter ones get 422", "90s", 90, 86400},
	{"calls_rate", CONFIG_INT, AT(config, sip.calls_per_s),
		"new calls a second, more get 503; 0: no limit", "0", 0, 1000000},
	{"health_peers", CONFIG_LIST, AT(config, sip.health_peers),
		"addresses and prefixes of balancers: their OPTIONS get 200, or 503 while the node "
		"drains or is overloaded",
		"", ITEM(CONFIG_PREFIX, struct config_prefix),
		COUNT(config, sip.health_peer_count)},
	{"unknown_connections", CONFIG_INT, AT(config, sip.unknown_connections),
		"TCP connections of unknown sources at once; phones are unknown until they have "
		"registered",
		"256", 4, 30000},
	{"unknown_connections_each", CONFIG_INT, AT(config, sip.unknown_connections_each),
		"of them from one address (IPv6: its /64) from which no phone is registered", "32",
		1, 30000},
	END,
};
static const struct config_schema sip_schema = {"section sip", "Signalling.", sip_fields};

// --- recording, store, control ---
static const struct config_field recording_fields[] = {
	{"directory", CONFIG_STRING, AT(config, recording.directory), "where recordings lie",
		"/var/lib/ringhall/recordings", .fixed = true},
	{"flush", CONFIG_SECONDS, AT(config, recording.flush_s),
		"a power cut costs a recording no more sound than that of this time", "10s", 1,
		3600},
	{"calls_max", CONFIG_INT, AT(config, recording.calls_max),
		"calls recorded at once; each takes 128 KiB of shared memory", "200", 1, 100000,
		.fixed = true},
	{"free_min", CONFIG_BYTES, AT(config, recording.free_min_bytes),
		"less free space than this counts as a full disk", "1GiB"},
	{"retention_days", CONFIG_INT, AT(config, recording.retention_days),
		"recordings are kept so long, files and ledger; 0: for ever", "365", 0, 36500},
	{"retention", CONFIG_BYTES, AT(config, recording.retention_bytes),
		"recordings beyond this go, oldest first; 0: no limit", "1TiB"},
	END,
};
static const struct config_schema recording_schema = {"section recording",
	"Recordings of calls; queues say whether theirs are recorded.", recording_fields};

static const struct config_field store_fields[] = {
	{"directory", CONFIG_STRING, AT(config, store.directory), "event log and call records",
		"/var/lib/ringhall/store", .fixed = true},
	{"segment", CONFIG_BYTES, AT(config, store.segment_bytes),
		"the event log is cut into files of this size", "64MiB"},
	{"sync", CONFIG_CHOICE, AT(config, store.sync),
		"when the event log reaches the disk itself, against power loss: once a second, or "
		"always before a caller is answered",
		"second", NAMES("never", "second", "always")},
	{"retention_days", CONFIG_INT, AT(config, store.retention_days),
		"event log segments are kept so long; 0: for ever", "30", 0, 36500},
	{"retention", CONFIG_BYTES, AT(config, store.retention_bytes),
		"event log segments beyond this go, oldest first, at least two stay; 0: no limit",
		"10GiB"},
	{"history_days", CONFIG_INT, AT(config, store.history_days),
		"call records and states of agents are kept so long; 0: for ever", "400", 0, 36500},
	{"history", CONFIG_BYTES, AT(config, store.history_bytes),
		"the oldest of them go when the database is larger; 0: no limit", "10GiB"},
	END,
};
static const struct config_schema store_schema = {
	"section store", "What happened, on disk.", store_fields};

static const struct config_field control_fields[] = {
	{"socket", CONFIG_STRING, AT(config, control.socket), "where ringctl finds the daemon",
		"/run/ringhall/ringctl.sock", .fixed = true},
	{"user", CONFIG_STRING, AT(config, control.user),
		"user to become after the start; none: stay", "", .fixed = true},
	{"group", CONFIG_STRING, AT(config, control.group), "group to become; none: the user's", "",
		.fixed = true},
	{"drain_limit", CONFIG_SECONDS, AT(config, control.drain_limit_s),
		"SIGTERM waits so long for calls to end", "5min", 0, 86400},
	{"log_level", CONFIG_WORD, AT(config, control.log_level), "least weight that is logged",
		"info", NAMES("error", "warn", "info", "debug")},
	END,
};
static const struct config_schema control_schema = {
	"section control", "The daemon's own affairs.", control_fields};

// --- tenants ---
#define CODECS(type)                                                                      \
	{                                                                                 \
		"codecs", CONFIG_LIST, AT(type, codecs), "codecs in order of preference", \
			"PCMA, PCMU", ITEM(CONFIG_CODEC, enum codec_id), 4,               \
			COUNT(type, codec_count)                                          \
	}
#define PTIME(type)                                                      \
	{                                                                \
		"ptime", CONFIG_MILLISECONDS, AT(type, ptime_ms),        \
			"sound in a packet that we send", "20ms", 10, 60 \
	}
#define MEDIA_ANYWHERE(type)                                                              \
	{                                                                                 \
		"media_anywhere", CONFIG_BOOL, AT(type, media_anywhere),                  \
			"their RTP may come from another IP address than SDP tells", "no" \
	}
#define MEDIA(type)                                                       \
	{                                                                 \
		"media", CONFIG_REF_MEDIA, AT(type, media),               \
			"media address of their RTP; none: the first", "" \
	}

static const struct config_field trunk_fields[] = {
	{"peers", CONFIG_LIST, AT(config_trunk, peers),
		"addresses and prefixes that calls come from", NULL,
		ITEM(CONFIG_PREFIX, struct config_prefix), COUNT(config_trunk, peer_count)},
	MEDIA(config_trunk),
	MEDIA_ANYWHERE(config_trunk),
	CODECS(config_trunk),
	PTIME(config_trunk),
	{"calls_max", CONFIG_INT, AT(config_trunk, calls_max),
		"calls at once, both ways; 0: no limit", "0", 0, 1000000},
	{"calls_rate", CONFIG_INT, AT(config_trunk, calls_per_s),
		"new calls a second that may come, more get 503; 0: no limit", "0", 0, 1000000},
	TRUNK_OUT_FIELDS,
	TRUNK_PLAN_FIELDS,
	END,
};
static const struct config_schema trunk_schema = {"a trunk",
	"Carriers that callers come from, and that calls go out through.", trunk_fields,
	THING(config_trunk), OF_TENANT(config_trunk), NO_MARK, "peers"};

static const struct config_field number_fields[] = {
	{"flow", CONFIG_REF_FLOW, AT(config_number, flow), "flow that answers", NULL},
	{"record", CONFIG_BOOL, AT(config_number, record),
		"record the whole call, from the answer on", "no"},
	END,
};
static const struct config_schema number_schema = {"a number",
	"Numbers that callers dial. \"400*\" stands for all that begin so, \"*\" for any; "
	"the longest wins.",
	number_fields, .size = sizeof(struct config_number), .name_size = CONFIG_NAME_MAX,
	.name_type = CONFIG_NUMBER, OF_TENANT(config_number), NO_MARK, "flow"};

static const struct config_field prompt_fields[] = {
	{"file", CONFIG_FILE, AT(config_prompt, file),
		"WAV, 8000 Hz mono, 16-bit PCM, A-law or u-law; relative to the configuration's "
		"folder",
		NULL},
	END,
};
static const struct config_schema prompt_schema = {"a prompt", "Sounds and music.", prompt_fields,
	THING(config_prompt), OF_TENANT(config_prompt), offsetof(struct config_prompt, mark),
	"file"};

static const struct config_field flow_fields[] = {
	{"*", CONFIG_STEPS, AT(config_flow, steps),
		"name → step; the first step is where a call begins", NULL,
		.count_offset = offsetof(struct config_flow, step_count)},
	END,
};
static const struct config_schema flow_schema = {"a flow",
	"What a caller hears: a map of named steps, the first one begins.", flow_fields,
	THING(config_flow), OF_TENANT(config_flow), NO_MARK};

static const struct config_field queue_fields[] = {
	{"agents", CONFIG_LIST, AT(config_queue, agents),
		"who answers; required where there are no teams", "",
		ITEM(CONFIG_REF_AGENT, struct config_agent *), COUNT(config_queue, agent_count)},
	TEAMS(config_queue, crew, "who answers because of its team, after those"),
	{"policy", CONFIG_NAME, AT(config_queue, policy),
		"which agent is next: a policy of the table below", "longest-idle"},
	{"music", CONFIG_REF_PROMPT, AT(config_queue, music), "prompt that waiting callers hear",
		""},
	{"ringback", CONFIG_CHOICE, AT(config_queue, ringback),
		"tone of a ringing phone that waiting callers hear where there is no music", "none",
		NAMES("none", "e180", "cn", "us")},
	{"answer_prompt", CONFIG_REF_PROMPT, AT(config_queue, answer_prompt),
		"prompt that the agent hears before the caller", ""},
	{"ring_timeout", CONFIG_SECONDS, AT(config_queue, ring_timeout_s),
		"how long an agent's phone rings", "20s", 1, 600},
	{"wait_max", CONFIG_SECONDS, AT(config_queue, wait_max_s),
		"a caller leaves the queue after this; 0s: never", "0s", 0, 86400},
	{"size_max", CONFIG_INT, AT(config_queue, size_max), "waiting callers; 0: no limit", "0", 0,
		1000000},
	{"wrap_up", CONFIG_SECONDS, AT(config_queue, wrap_up_s), "an agent's time after a call",
		"10s", 0, 86400},
	{"reject_pause", CONFIG_SECONDS, AT(config_queue, reject_pause_s),
		"an agent that rejects or does not answer is left alone so long", "30s", 0, 86400},
	{"short_call", CONFIG_MILLISECONDS, AT(config_queue, short_call_ms),
		"an agent that answers and hangs up within this did not take the caller, who keeps "
		"the place; 0s: never",
		"1s", 0, 60000},
	{"service_level", CONFIG_SECONDS, AT(config_queue, service_level_s),
		"answered within this counts as in time", "20s", 1, 3600},
	{"record", CONFIG_BOOL, AT(config_queue, record), "record the conversations", "no"},
	SKILLS_FIELD(config_queue,
		"skill → least level that an agent must have for its callers; none: any agent of "
		"the queue will do"),
	RINGS_FIELDS,
	END,
};
static const struct config_schema queue_schema = {"a queue", "Where callers wait for an agent.",
	queue_fields, THING(config_queue), OF_TENANT(config_queue), NO_MARK};

static const struct config_field conference_fields[] = {
	{"parties_max", CONFIG_INT, AT(config_conference, parties_max), "callers in it at once",
		"32", 2, MIX_PARTIES_MAX},
	{"music", CONFIG_REF_PROMPT, AT(config_conference, music),
		"prompt that whoever is alone in it hears", ""},
	{"join_prompt", CONFIG_REF_PROMPT, AT(config_conference, join_prompt),
		"prompt that all hear when somebody comes", ""},
	{"leave_prompt", CONFIG_REF_PROMPT, AT(config_conference, leave_prompt),
		"prompt that those who stay hear when somebody goes", ""},
	END,
};
static const struct config_schema conference_schema = {"a conference",
	"Rooms in which callers hear each other; a step of a flow leads into one. It is there as "
	"long as somebody is in it.",
	conference_fields, THING(config_conference), OF_TENANT(config_conference), NO_MARK};

static const struct config_field agent_fields[] = {
	{"password", CONFIG_STRING, AT(config_agent, password), "digest password of the phone",
		NULL},
	{"display", CONFIG_STRING, AT(config_agent, display), "name for people; none: the agent's",
		""},
	MEDIA(config_agent),
	MEDIA_ANYWHERE(config_agent),
	CODECS(config_agent),
	PTIME(config_agent),
	{"ready", CONFIG_BOOL, AT(config_agent, ready_on_register),
		"ready as soon as the phone registers; else away until set ready", "yes"},
	{"weight", CONFIG_INT, AT(config_agent, weight),
		"how often it is drawn by queues with the policy weighted-random, against others",
		"1", 1, 1000},
	{"redirects", CONFIG_LIST, AT(config_agent, redirects),
		"targets of 3xx answers that may be followed; none: never", "",
		ITEM(CONFIG_PREFIX, struct config_prefix), COUNT(config_agent, redirect_count)},
	{"from", CONFIG_LIST, AT(config_agent, from),
		"where the phone may register from; none: anywhere", "",
		ITEM(CONFIG_PREFIX, struct config_prefix), COUNT(config_agent, from_count)},
	SKILLS_FIELD(config_agent, "skill → level at which the agent has it"),
	AGENT_TREE_FIELDS,
	AGENT_DIALS_FIELDS,
	END,
};
static const struct config_schema agent_schema = {"an agent",
	"Agents' phones. The name is the SIP user and is unique over all tenants.", agent_fields,
	.size = sizeof(struct config_agent), .name_size = CONFIG_NAME_MAX, .name_type = CONFIG_USER,
	OF_TENANT(config_agent), NO_MARK, "password"};

static const struct config_field skill_fields[] = {END};
static const struct config_schema skill_schema = {
	"a skill", "", skill_fields, THING(config_skill), OF_TENANT(config_skill), NO_MARK};

static const struct config_field pause_fields[] = {
	{"text", CONFIG_STRING, AT(config_pause, text), "what people read; none: the code", ""},
	END,
};
static const struct config_schema pause_schema = {"a pause",
	"What agents may be away for; the name is the code by which `ringctl agents pause` sets "
	"it.",
	pause_fields, THING(config_pause), OF_TENANT(config_pause), NO_MARK, "text"};

static const struct config_field tenant_fields[] = {
	{"trunks", CONFIG_MAP, AT(config, trunks), "name → trunk", "", COUNT(config, trunk_count),
		.sub = &trunk_schema},
	{"numbers", CONFIG_MAP, AT(config, numbers), "number → flow", "",
		COUNT(config, number_count), .sub = &number_schema},
	{"flows", CONFIG_MAP, AT(config, flows), "name → flow", "", COUNT(config, flow_count),
		.sub = &flow_schema},
	{"prompts", CONFIG_MAP, AT(config, prompts), "name → file", "", .max = PROMPTS_MAX,
		COUNT(config, prompt_count), .sub = &prompt_schema},
	{"queues", CONFIG_MAP, AT(config, queues), "name → queue", "", COUNT(config, queue_count),
		.sub = &queue_schema},
	{"conferences", CONFIG_MAP, AT(config, conferences), "name → conference", "",
		COUNT(config, conference_count), .sub = &conference_schema},
	{"agents", CONFIG_MAP, AT(config, agents), "name → agent", "", COUNT(config, agent_count),
		.sub = &agent_schema},
	{"pauses", CONFIG_MAP, AT(config, pauses), "code → pause", "", COUNT(config, pause_count),
		.sub = &pause_schema},
	{"skills", CONFIG_NAMES, AT(config, skills),
		"what agents can be good at: names for their levels and for what callers ask for",
		"", COUNT(config, skill_count), .sub = &skill_schema},
	TREE_FIELDS,
	TENANT_PLAN_FIELDS,
	END,
};
const struct config_schema config_schema_tenant = {"a tenant",
	"Who the calls are for. Tenants share nothing but ports and media addresses.",
	tenant_fields, THING(config_tenant), NO_TENANT, NO_MARK};

// --- the file ---
static const struct config_field root_fields[] = {
	{"node", CONFIG_NAME, AT(config, node), "this machine's name in call ids and records",
		"ringhall", .fixed = true},
	{"sip", CONFIG_SECTION, 0, 0, "signalling", NULL, .sub = &sip_schema},
	{"engine", CONFIG_SECTION, 0, 0, "media", NULL, .sub = &engine_schema},
	{"recording", CONFIG_SECTION, 0, 0, "recordings", "", .sub = &recording_schema},
	{"store", CONFIG_SECTION, 0, 0, "event log and records", "", .sub = &store_schema},
	{"control", CONFIG_SECTION, 0, 0, "the daemon", "", .sub = &control_schema},
	{"tenants", CONFIG_MAP, AT(config, tenants), "name → tenant", NULL,
		COUNT(config, tenant_count), .sub = &config_schema_tenant},
	END,
};
const struct config_schema config_schema_root = {
	"the file", "A configuration is one YAML map.", root_fields};

const struct config_field *config_schema_find(const struct config_schema *s, const char *key)
{
	for (const struct config_field *f = s->fields; f->key != NULL; f++)
		if (strcmp(f->key, key) == 0)
			return f;
	return NULL;
}

bool config_type_is_ref(enum config_type type)
{
	return type >= CONFIG_REF_PORT && type <= CONFIG_REF_STEP;
}

char *config_coders_key(enum codec_id codec, char out[CONFIG_KEY_MAX])
{
	out[0] = '\0';
	for (const struct config_field *f = engine_fields; f->key != NULL; f++)
		if (f->offset == offsetof(struct config, engine.coders) + codec * sizeof(unsigned))
			str_format(out, CONFIG_KEY_MAX, "engine.%s", f->key);
	return out;
}
