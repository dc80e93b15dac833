// Scalar values of the configuration: numbers with units, words, addresses, names.
#include "control/config/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "control/config/config.h"
#include "engine/base/str.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit time_units[] = { // milliseconds
	{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit byte_units[] = {{"B", 1}, {"kB", 1000}, {"MB", 1000000},
	{"GB", 1000000000}, {"TB", 1000000000000}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20},
	{"GiB", 1ull << 30}, {"TiB", 1ull << 40}, {NULL, 0}};

// "20s" with units: 0 needs none.
static int quantity(const char *text, const struct unit *units, uint64_t *out)
{
	char number[24];
	size_t digits = strspn(text, "0123456789");
	uint64_t value;
	if (digits == 0 || str_copy_n(number, sizeof(number), text, digits) ||
		str_u64(number, &value))
		return -EINVAL;
	const char *unit = text + digits + strspn(text + digits, " ");
	*out = value;
	if (*unit == '\0')
		return value == 0 ? 0 : -EINVAL;
	for (const struct unit *u = units; u->name != NULL; u++)
		if (strcmp(u->name, unit) == 0)
			return __builtin_mul_overflow(value, u->factor, out) ? -EINVAL : 0;
	return -EINVAL;
}

static void store(void *slot, size_t size, uint64_t value)
{
	uint8_t small = (uint8_t)value;
	uint16_t medium = (uint16_t)value;
	uint32_t large = (uint32_t)value;
	if (size == 1)
		memcpy(slot, &small, 1);
	else if (size == 2)
		memcpy(slot, &medium, 2);
	else if (size == 4)
		memcpy(slot, &large, 4);
	else
		memcpy(slot, &value, 8);
}

static int store_ranged(const struct config_field *f, size_t size, uint64_t value, void *slot)
{
	if (value > INT64_MAX || (int64_t)value < f->min || (int64_t)value > f->max)
		return -EINVAL;
	store(slot, size, value);
	return 0;
}

static int read_duration(
	const struct config_field *f, const char *text, uint64_t unit_ms, void *slot)
{
	uint64_t ms;
	if (quantity(text, time_units, &ms) || ms % unit_ms != 0)
		return -EINVAL;
	return store_ranged(f, f->size, ms / unit_ms, slot);
}

static int read_bool(const char *text, bool *slot)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on"};
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*slot = i & 1;
			return 0;
		}
	}
	return -EINVAL;
}

static int read_word(
	const struct config_field *f, enum config_type type, const char *text, void *slot)
{
	for (unsigned i = 0; f->names[i] != NULL; i++) {
		if (strcmp(f->names[i], text) != 0)
			continue;
		if (type == CONFIG_WORD)
			return str_copy(slot, f->size, text) ? -EINVAL : 0;
		store(slot, f->size, i);
		return 0;
	}
	return -EINVAL;
}

static bool name_fits(const char *text, const char *marks, bool any_script)
{
	const unsigned char *c = (const unsigned char *)text;
	for (; *c != '\0'; c++)
		if (*c < 0x80 ? !isalnum(*c) && strchr(marks, *c) == NULL : !any_script)
			return false;
	return c != (const unsigned char *)text;
}

// Letters of all scripts may stand in names of ours, but not where SIP carries them.
static int read_name(
	const struct config_field *f, enum config_type type, const char *text, void *slot)
{
	const char *star = strchr(text, '*');
	const char *marks = type == CONFIG_NUMBER ? "-_.+*#" : "-_.+";
	if (strlen(text) >= f->size || !name_fits(text, marks, type == CONFIG_NAME))
		return -EINVAL;
	if (star != NULL && star[1] != '\0' && star != text)
		return -EINVAL;
	return str_copy(slot, f->size, text);
}

// "address/bits", or an address alone for a single one when whole is set.
static int read_prefix(const char *text, bool whole, struct config_prefix *slot)
{
	char ip[64];
	struct config_prefix p;
	uint64_t bits;
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	if (str_copy_n(ip, sizeof(ip), text, len) || addr_parse(ip, &p.net) || p.net.port != 0)
		return -EINVAL;
	uint64_t most = p.net.family == ADDR_IP4 ? 32 : 128;
	if (slash == NULL ? !whole : str_u64(slash + 1, &bits) || bits > most)
		return -EINVAL;
	p.bits = (uint8_t)(slash ? bits : most);
	*slot = p;
	return 0;
}

static void prefix_clear_host(struct config_prefix *p)
{
	for (unsigned i = p->bits; i < sizeof(p->net.ip) * 8; i++)
		p->net.ip[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

static int read_ip(const char *text, struct addr *slot)
{
	struct addr a;
	if (addr_parse(text, &a) || a.port != 0 || strchr(text, '[') != NULL)
		return -EINVAL;
	*slot = a;
	return 0;
}

static int read_listen(const char *text, struct config_listen *slot)
{
	size_t len = strcspn(text, ":");
	struct config_listen l = {.transport = transport_find(text, len)};
	if (l.transport == UA_TRANSPORTS || text[len] == '\0' ||
		!str_starts(text, transport_of(l.transport)->name))
		return -EINVAL;
	if (addr_parse(text + len + 1, &l.address))
		return -EINVAL;
	if (l.address.port == 0)
		l.address.port = transport_of(l.transport)->port;
	*slot = l;
	return 0;
}

// What a number begins with, and what it is to begin with: signs that can be dialled.
static int read_rewrite(const char *text, struct config_rewrite *slot)
{
	static const char dialled[] = "0123456789+*#";
	struct config_rewrite w = {0};
	size_t strip = strspn(text, dialled);
	if (text[strip] != ':' || text[strip + 1 + strspn(text + strip + 1, dialled)] != '\0' ||
		str_copy_n(w.strip, sizeof(w.strip), text, strip) ||
		str_copy(w.add, sizeof(w.add), text + strip + 1))
		return -EINVAL;
	*slot = w;
	return 0;
}

static int read_port_range(const char *text, uint16_t *slot)
{
	char first[8];
	uint64_t from, to;
	const char *dash = strchr(text, '-');
	if (dash == NULL || str_copy_n(first, sizeof(first), text, (size_t)(dash - text)) ||
		str_u64(first, &from) || str_u64(dash + 1, &to))
		return -EINVAL;
	if (from < 1024 || from % 2 != 0 || to > UINT16_MAX || to % 2 != 1 || to < from)
		return -EINVAL;
	slot[0] = (uint16_t)from;
	slot[1] = (uint16_t)to;
	return 0;
}

static int read_integer(const struct config_field *f, const char *text, void *slot)
{
	uint64_t value;
	if (str_u64(text, &value))
		return -EINVAL;
	return store_ranged(f, f->size, value, slot);
}

static int read_codec(const char *text, enum codec_id *slot)
{
	const struct codec *codec = codec_by_name(text);
	if (codec == NULL)
		return -EINVAL;
	*slot = codec->id;
	return 0;
}

int config_scalar_read(
	const struct config_field *f, enum config_type type, const char *text, void *slot)
{
	int err;
	switch (type) {
	case CONFIG_STRING:
		return strlen(text) < f->size ? str_copy(slot, f->size, text) : -EINVAL;
	case CONFIG_NAME:
	case CONFIG_USER:
	case CONFIG_NUMBER:
		return read_name(f, type, text, slot);
	case CONFIG_INT:
		return read_integer(f, text, slot);
	case CONFIG_BOOL:
		return read_bool(text, slot);
	case CONFIG_SECONDS:
		return read_duration(f, text, 1000, slot);
	case CONFIG_MILLISECONDS:
		return read_duration(f, text, 1, slot);
	case CONFIG_BYTES:
		return quantity(text, byte_units, slot);
	case CONFIG_CHOICE:
	case CONFIG_WORD:
		return read_word(f, type, text, slot);
	case CONFIG_CODEC:
		return read_codec(text, slot);
	case CONFIG_IP:
		return read_ip(text, slot);
	case CONFIG_PREFIX:
		err = read_prefix(text, true, slot);
		if (err == 0)
			prefix_clear_host(slot);
		return err;
	case CONFIG_INTERFACE:
		return read_prefix(text, false, slot);
	case CONFIG_LISTEN:
		return read_listen(text, slot);
	case CONFIG_REWRITE:
		return read_rewrite(text, slot);
	case CONFIG_PORT_RANGE:
		return read_port_range(text, slot);
	default:
		return -EINVAL;
	}
}

struct config_field config_scalar_item(const struct config_field *f)
{
	struct config_field item = *f;
	item.type = f->item;
	item.size = f->item_size;
	return item;
}

void config_scalar_list(const struct config_field *f, char *base)
{
	const struct config_field one = config_scalar_item(f);
	unsigned *count = (unsigned *)(void *)(base + f->count_offset);
	for (const char *at = f->fallback; *at != '\0'; at += strspn(at, ", ")) {
		char item[32];
		size_t len = strcspn(at, ",");
		str_copy_n(item, sizeof(item), at, len);
		config_scalar_read(&one, one.type, item, base + f->offset + *count * one.size);
		(*count)++;
		at += len;
	}
}

static void expected_names(const struct config_field *f, char out[192])
{
	struct str_buf b;
	str_buf_init(&b, out, 192);
	str_buf_add(&b, "one of");
	for (unsigned i = 0; f->names[i] != NULL; i++)
		str_buf_add(&b, "%s %s", i ? "," : "", f->names[i]);
}

static void expected_codecs(char out[192])
{
	struct str_buf b;
	str_buf_init(&b, out, 192);
	str_buf_add(&b, "one of");
	for (unsigned i = CODEC_NONE + 1; i < CODEC_COUNT; i++)
		if (codec_get(i) != NULL)
			str_buf_add(&b, "%s %s", i > 1 ? "," : "", codec_get(i)->name);
}

// Types whose values are the same wherever they stand.
static const char *const expected_fixed[] = {
	[CONFIG_NAME] = "a name of letters, digits, '-', '_', '.' or '+'",
	[CONFIG_USER] = "a name of Latin letters, digits, '-', '_', '.' or '+'",
	[CONFIG_NUMBER] = "a number of digits, letters, '+', '-', '_', '.' or '#', "
			  "with '*' only at its start or end",
	[CONFIG_FILE] = "a file name",
	[CONFIG_BOOL] = "yes or no",
	[CONFIG_BYTES] = "a size like 10GiB",
	[CONFIG_IP] = "an IPv4 or IPv6 address without %interface",
	[CONFIG_PREFIX] = "an address or a prefix like 192.0.2.0/24",
	[CONFIG_INTERFACE] = "an address with its prefix length like 192.0.2.10/24",
	[CONFIG_LISTEN] = "udp:ADDRESS:PORT or tcp:ADDRESS:PORT",
	[CONFIG_REWRITE] = "STRIP:ADD like \"+86:0\", of digits, '+', '*' and '#'",
	[CONFIG_PORT_RANGE] =
		"ports from an even one, 1024 or above, to an odd one like 16384-32767",
	[CONFIG_REF_PORT] = "a port of engine.ports",
	[CONFIG_REF_MEDIA] = "a media address of engine.media",
	[CONFIG_REF_PROMPT] = "a prompt of this tenant",
	[CONFIG_REF_FLOW] = "a flow of this tenant",
	[CONFIG_REF_QUEUE] = "a queue of this tenant",
	[CONFIG_REF_AGENT] = "an agent of this tenant",
	[CONFIG_REF_CONFERENCE] = "a conference of this tenant",
	[CONFIG_REF_TRUNK] = "a trunk of this tenant",
	[CONFIG_REF_SKILL] = "a skill of this tenant's list",
	[CONFIG_REF_SITE] = "a site of this tenant's list",
	[CONFIG_REF_SHIFT] = "a shift of this tenant",
	[CONFIG_REF_TEAM] = "a team of this tenant",
	[CONFIG_REF_GROUP] = "a group of this tenant's list",
	[CONFIG_REF_STEP] = "a step of this flow",
	[CONFIG_LIST] = "a list",
	[CONFIG_SECTION] = "a map",
	[CONFIG_MAP] = "a map",
	[CONFIG_STEPS] = "a map of steps",
	[CONFIG_DIGITS] = "a map of digits",
	[CONFIG_NAMES] = "a list of names",
	[CONFIG_LEVELS] = "a map of skills, each with a level",
	[CONFIG_ITEMS] = "a list of maps",
};

// "5min": in the largest unit that fits.
static const char *duration_text(uint64_t ms, char out[24])
{
	const struct unit *best = &time_units[ms == 0]; // "0s"
	for (const struct unit *u = time_units; u->name != NULL && ms > 0; u++)
		if (ms % u->factor == 0)
			best = u;
	str_format(out, 24, "%llu%s", (unsigned long long)(ms / best->factor), best->name);
	return out;
}

static void expected_duration(const struct config_field *f, uint64_t unit_ms, char out[192])
{
	char least[24], most[24];
	str_format(out, 192, "a duration from %s to %s",
		duration_text((uint64_t)f->min * unit_ms, least),
		duration_text((uint64_t)f->max * unit_ms, most));
}

void config_scalar_expected(const struct config_field *f, enum config_type type, char out[192])
{
	switch (type) {
	case CONFIG_STRING:
		str_format(out, 192, "text of up to %u bytes", f->size - 1);
		break;
	case CONFIG_INT:
		str_format(out, 192, "an integer from %lld to %lld", (long long)f->min,
			(long long)f->max);
		break;
	case CONFIG_SECONDS:
		expected_duration(f, 1000, out);
		break;
	case CONFIG_MILLISECONDS:
		expected_duration(f, 1, out);
		break;
	case CONFIG_CHOICE:
	case CONFIG_WORD:
		expected_names(f, out);
		break;
	case CONFIG_CODEC:
		expected_codecs(out);
		break;
	default:
		str_copy(out, 192, expected_fixed[type]);
	}
}
