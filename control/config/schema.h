// What may stand in a configuration file: one const table per kind of map. Reading, checking
// and docs/configuration.md all follow these tables.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/codec.h"

enum config_type {
	// scalars
	CONFIG_STRING, // char[]
	CONFIG_NAME,   // char[]: letters of any script, digits, - _ . +
	CONFIG_USER,   // the same in ASCII, for SIP
	CONFIG_NUMBER, // char[]: what a caller may dial, "*" as the last for a beginning
	CONFIG_FILE,   // char *: relative to the configuration file's folder, made absolute
	CONFIG_INT,    // unsigned of any size, min … max
	CONFIG_BOOL,
	CONFIG_SECONDS, // unsigned: "20s", "5min", min … max
	CONFIG_MILLISECONDS,
	CONFIG_BYTES,	   // uint64_t: "10GiB"
	CONFIG_CHOICE,	   // number of the word in names
	CONFIG_WORD,	   // char[]: one of names
	CONFIG_CODEC,	   // enum codec_id
	CONFIG_IP,	   // struct addr without a port
	CONFIG_PREFIX,	   // struct config_prefix: network, bits below the prefix cleared
	CONFIG_INTERFACE,  // struct config_prefix: address of one host and its prefix
	CONFIG_LISTEN,	   // struct config_listen: "udp:192.0.2.1:5060"
	CONFIG_REWRITE,	   // struct config_rewrite: "+86:0"
	CONFIG_PORT_RANGE, // two uint16_t: "16384-32767", even to odd
	// references to named things, resolved when all is read
	CONFIG_REF_PORT,       // unsigned: index
	CONFIG_REF_MEDIA,      // unsigned: index
	CONFIG_REF_PROMPT,     // uint32_t: index, UINT32_MAX: none
	CONFIG_REF_FLOW,       // struct config_flow *
	CONFIG_REF_QUEUE,      // struct config_queue *
	CONFIG_REF_AGENT,      // struct config_agent *
	CONFIG_REF_CONFERENCE, // struct config_conference *
	CONFIG_REF_TRUNK,      // struct config_trunk *
	CONFIG_REF_SKILL,      // struct config_skill *
	CONFIG_REF_SITE,       // struct config_site *
	CONFIG_REF_SHIFT,      // struct config_shift *
	CONFIG_REF_TEAM,       // struct config_team *
	CONFIG_REF_GROUP,      // struct config_group *
	CONFIG_REF_STEP,       // uint16_t: index within the flow, STEP_NONE: none
	// structures
	CONFIG_LIST,	// of `item`s: inline array or arena pointer, with a count
	CONFIG_SECTION, // a map with fixed keys, into the same struct
	CONFIG_MAP,	// name → thing, into an array of struct config
	CONFIG_STEPS,	// name → step: the body of a flow
	CONFIG_DIGITS,	// digit → step: uint16_t[16]
	CONFIG_NAMES,	// a list of names, each a thing of its own, into an array of struct config
	CONFIG_LEVELS,	// skill → level: struct config_levels, min … max
	CONFIG_ITEMS,	// a list of maps, each of `sub`: arena pointer, with a count; max of them
};

struct config_schema;

struct config_field {
	const char *key;
	enum config_type type;
	uint32_t offset; // in the struct that the map fills; CONFIG_MAP: in struct config
	uint32_t size;
	const char *help;
	const char *fallback;	  // text that stands for an absent key; NULL: the key is required
	int64_t min, max;	  // CONFIG_INT and durations
	const char *const *names; // CONFIG_CHOICE, CONFIG_WORD; ends in NULL
	// CONFIG_LIST
	enum config_type item;
	uint32_t item_size;
	uint32_t inline_max; // 0: arena pointer
	// CONFIG_LIST, CONFIG_MAP, CONFIG_NAMES, CONFIG_LEVELS, CONFIG_ITEMS
	uint32_t count_offset;
	const struct config_schema *sub; // CONFIG_SECTION, CONFIG_MAP, CONFIG_NAMES, _ITEMS
	bool fixed;			 // built at the start: a reload cannot change it
};

#define CONFIG_NO_OFFSET UINT32_MAX

// A map with fixed keys.
struct config_schema {
	const char *title; // "an agent", in the reference
	const char *help;
	const struct config_field *fields; // ends with key NULL
	// of a thing in a CONFIG_MAP: its name is at offset 0
	uint32_t size, name_size;
	enum config_type name_type;
	uint32_t tenant_offset; // CONFIG_NO_OFFSET: belongs to none
	uint32_t mark_offset;	// CONFIG_NO_OFFSET: has none
	const char *shorthand;	// key that a scalar stands for: `welcome: file.wav`
};

extern const struct config_schema config_schema_root;
extern const struct config_schema config_schema_tenant;

const struct config_field *config_schema_find(const struct config_schema *s, const char *key);
bool config_type_is_ref(enum config_type type);
// "engine.opus_sessions": how many may be coded in it at once; "": it has no state. Returns out.
#define CONFIG_KEY_MAX 64
char *config_coders_key(enum codec_id codec, char out[CONFIG_KEY_MAX]);
