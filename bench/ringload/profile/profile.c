// Keys of a profile as one table: parsing, defaults, ranges and help come from it.
#include "bench/ringload/profile/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/doc.h"
#include "engine/base/str.h"

#define FILE_MAX 65536

enum key_kind {
	KEY_TEXT,
	KEY_COUNT,
	KEY_NUMBER,
	KEY_MS,
	KEY_SHARE,
	KEY_FLAG,
	KEY_CHOICE,
	KEY_HOLD,
	KEY_LIST
};

struct key {
	const char *name;
	enum key_kind kind;
	size_t offset, size;
	const char *fallback; // also says what form it has
	double low, high;
	const char *choices, *help;
	bool option; // of the command line alone
};

#define AT(field) offsetof(struct profile, field), sizeof(((struct profile *)0)->field)

static const struct key keys[] = {
	{"target", KEY_TEXT, AT(target), "127.0.0.1:5060", 0, 0, NULL, "SIP server under load"},
	{"local", KEY_TEXT, AT(local), "127.0.0.1:5070", 0, 0, NULL, "own address and SIP port"},
	{"port", KEY_TEXT, AT(port), "", 0, 0, NULL,
		"RTP over a DPDK port: KIND:DEVICE[,ARGUMENTS] as in af_xdp:eth1; else UDP "
		"sockets"},
	{"media", KEY_TEXT, AT(media), "", 0, 0, NULL,
		"with port: its own address, 10.98.0.10/24; SIP stays on local"},
	{"gateway", KEY_TEXT, AT(gateway), "", 0, 0, NULL, "with port: where the far ends are"},
	{"number", KEY_LIST, AT(number), "9000", 0, 0, NULL, "dialled in turn; one or a list"},
	{"from", KEY_TEXT, AT(from), "2000", 0, 0, NULL,
		"caller's number; the call's count is added"},
	{"calls", KEY_COUNT, AT(calls), "10", 0, 50000, NULL, "calls at once"},
	{"calls_total", KEY_COUNT, AT(calls_total), "0", 0, 1000000, NULL,
		"calls in all; 0: what rate and duration give"},
	{"rate", KEY_NUMBER, AT(rate), "10", 0.01, 10000, NULL, "new calls a second"},
	{"duration", KEY_MS, AT(duration_ms), "10s", 100, 3600000, NULL,
		"new calls begin until then; each still has its hold time"},
	{"ramp", KEY_MS, AT(ramp_ms), "0s", 0, 600000, NULL,
		"media of this first part is not measured, nor how soon a free agent is rung"},
	{"hold", KEY_HOLD, AT(hold), "8s", 0, 0, NULL,
		"8s, uniform 5s-10s, or exponential 8s, from the answer on"},
	{"hang_up", KEY_CHOICE, AT(hang_up), "bye", 0, 0, "bye wait vanish",
		"bye; wait for the server's; vanish: no packet more"},
	{"codec", KEY_CHOICE, AT(codec), "pcmu", 0, 0, "pcmu pcma", "law of what is sent"},
	{"ptime", KEY_MS, AT(ptime_ms), "20ms", 10, 60, NULL, "10, 20, 30, 40 or 60 ms"},
	{"rtp_port", KEY_COUNT, AT(rtp_port), "20000", 1024, 65000, NULL, "first of the RTP ports"},
	{"rtp_sockets", KEY_COUNT, AT(rtp_sockets), "8", 1, 64, NULL,
		"sockets that all callers share; a stream is known by the far end's address"},
	{"speech", KEY_TEXT, AT(speech), "", 0, 0, NULL,
		"folder of .wav, .ul, .al files (8 kHz mono) to say; else a tone and pauses"},
	{"seed", KEY_COUNT, AT(seed), "1", 0, 4294967295.0, NULL, "of everything that is random"},
	{"expect_prompt", KEY_LIST, AT(expect_prompt), "", 0, 0, NULL,
		"FILE or NUMBER=FILE: what the server plays from its first packet on, byte by "
		"byte"},
	{"prompt_loops", KEY_FLAG, AT(prompt_loops), "no", 0, 0, NULL, "it begins anew at its end"},
	{"stamps", KEY_FLAG, AT(stamps), "no", 0, 0, NULL,
		"time and count lead each payload: for relays and echoes"},
	{"digits", KEY_TEXT, AT(digits), "", 0, 0, NULL, "pressed in each call"},
	{"digits_numbers", KEY_TEXT, AT(digits_numbers), "", 0, 0, NULL,
		"only who dials one of these presses them: 1,2,3"},
	{"digits_at", KEY_MS, AT(digits_at_ms), "2500ms", 0, 600000, NULL, "after the answer"},
	{"digit_on", KEY_MS, AT(digit_on_ms), "100ms", 20, 2000, NULL, "length of a digit"},
	{"digit_off", KEY_MS, AT(digit_off_ms), "100ms", 20, 2000, NULL, "pause after it"},
	{"digit_level", KEY_NUMBER, AT(digit_level_dbm0), "-9", -40, 0, NULL, "dBm0 of each tone"},
	{"digits_share", KEY_SHARE, AT(digits_share), "100%", 0, 1, NULL, "callers who press them"},
	{"inband_share", KEY_SHARE, AT(inband_share), "50%", 0, 1, NULL,
		"of these, in-band; the others by telephone-event (RFC 4733)"},
	{"loss", KEY_SHARE, AT(loss), "0%", 0, 1, NULL, "packets left out"},
	{"reorder", KEY_SHARE, AT(reorder), "0%", 0, 1, NULL, "packets sent after the next one"},
	{"duplicate", KEY_SHARE, AT(duplicate), "0%", 0, 1, NULL, "packets sent twice"},
	{"jitter", KEY_MS, AT(jitter_ms), "0ms", 0, 200, NULL, "each packet is late by up to that"},
	{"agents", KEY_COUNT, AT(agents), "0", 0, 10000, NULL, "phones that register and answer"},
	{"agent_name", KEY_TEXT, AT(agent_name), "agent", 0, 0, NULL, "led by it, from agent1 on"},
	{"agent_password", KEY_TEXT, AT(agent_password), "secret", 0, 0, NULL, "of all of them"},
	{"agent_answer", KEY_MS, AT(agent_answer_ms), "200ms", 0, 60000, NULL, "they ring so long"},
	{"agent_talk", KEY_HOLD, AT(agent_talk), "0ms", 0, 0, NULL,
		"then they hang up, as hold; 0ms: the caller does. Each call is then to be with "
		"one agent and, with stamps, each to hear the other"},
	{"mute", KEY_FLAG, AT(mute), "no", 0, 0, NULL, "no RTP is sent: SIP alone"},
	{"spin", KEY_FLAG, AT(spin), "no", 0, 0, NULL, "never sleep: finer, but a whole core"},
	{"loss_max", KEY_SHARE, AT(loss_max), "0.1%", 0, 1, NULL, "a clean load loses less"},
	{"delay_max", KEY_NUMBER, AT(delay_max_ms), "25", 0, 10000, NULL, "ms at p99, or less"},
	{"spacing_max", KEY_NUMBER, AT(spacing_max_ms), "10", 0, 10000, NULL,
		"ms that 99 % of the packets may be off their place, or less"},
	{"gap", KEY_MS, AT(gap_ms), "1ms", 1, 100, NULL,
		"the host stood still if time jumps by more"},
	{"streams", KEY_TEXT, AT(streams), "", 0, 0, NULL,
		"no SIP: file of far ends, ADDRESS:PORT a line", true},
	{"find_limit", KEY_FLAG, AT(find_limit), "no", 0, 0, NULL,
		"largest clean load between 1 and calls", true},
	{"save", KEY_TEXT, AT(save), "", 0, 0, NULL, "file to keep the results in (JSON)", true},
	{"diff", KEY_TEXT, AT(diff), "", 0, 0, NULL, "compare with results kept", true},
	{"saved", KEY_TEXT, AT(saved), "", 0, 0, NULL, "with --diff: instead of a run", true},
	{"plot", KEY_TEXT, AT(plot), "", 0, 0, NULL, "file for a picture (SVG)", true},
	{"ringctl_socket", KEY_TEXT, AT(ringctl_socket), "", 0, 0, NULL,
		"ringhall's command socket: asks which digits it reported", true},
	{"recordings", KEY_COUNT, AT(recordings), "0", 0, 10000, NULL,
		"with ringctl_socket: so many of the calls' recordings are read and compared",
		true},
	{"probe_cores", KEY_TEXT, AT(probe_cores), "", 0, 0, NULL,
		"CPUs like 0,1 whose own gaps are watched too (real-time priority)", true},
	{"json", KEY_FLAG, AT(json), "no", 0, 0, NULL, "one JSON object a line", true},
	{"quiet", KEY_FLAG, AT(quiet), "no", 0, 0, NULL, "no progress bar", true},
	{"i_own_this_target", KEY_FLAG, AT(owned), "no", 0, 0, NULL,
		"lift the limit to loopback and closed network namespaces", true},
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

// Dashes and underscores are one.
static const struct key *key_find(const char *name)
{
	char plain[64];

	str_copy(plain, sizeof(plain), name);
	for (char *c = plain; *c; c++)
		*c = *c == '-' ? '_' : *c;
	for (size_t i = 0; i < KEYS; i++)
		if (str_equal(keys[i].name, plain))
			return &keys[i];
	return NULL;
}

static int list_add(struct profile_list *l, const char *text)
{
	if (*text == '\0')
		return 0;
	if (l->count == PROFILE_LIST_MAX)
		return -EINVAL;
	return str_copy(l->item[l->count++], sizeof(l->item[0]), text) ? -EINVAL : 0;
}

static int key_number(const struct key *k, void *field, const char *text)
{
	double value;
	int err = k->kind == KEY_SHARE ? value_share(text, &value)
		: k->kind == KEY_MS    ? value_ms(text, &value)
				       : value_number(text, &value);

	if (err || value < k->low || value > k->high)
		return -EINVAL;
	if (k->size == sizeof(double))
		*(double *)field = value;
	else if (k->low < 0)
		*(int32_t *)field = (int32_t)value;
	else
		*(uint32_t *)field = (uint32_t)value;
	return 0;
}

static int key_set(const struct key *k, struct profile *p, const char *text)
{
	void *field = (char *)p + k->offset;

	switch (k->kind) {
	case KEY_TEXT:
		return str_copy(field, k->size, text) ? -EINVAL : 0;
	case KEY_FLAG:
		return value_flag(text, field);
	case KEY_CHOICE:
		return value_choice(text, k->choices, field);
	case KEY_HOLD:
		return value_hold(text, field);
	case KEY_LIST:
		return list_add(field, text);
	default:
		return key_number(k, field, text);
	}
}

void profile_init(struct profile *p)
{
	*p = (struct profile){0};
	for (size_t i = 0; i < KEYS; i++)
		key_set(&keys[i], p, keys[i].fallback);
}

int profile_set(struct profile *p, const char *name, const char *text, char error[256])
{
	const struct key *k = key_find(name);

	if (!k) {
		str_format(error, 256, "%s: no such key", name);
		return -EINVAL;
	}
	if (key_set(k, p, text) == 0)
		return 0;
	str_format(error, 256, "%s: %s is no value for it; one is %s", name, text,
		k->choices		 ? k->choices
			: k->fallback[0] ? k->fallback
					 : "a text that is not too long");
	return -EINVAL;
}

// The value of one key: a scalar, or a list where the key takes one.
static int profile_node(
	struct profile *p, struct config_doc *d, config_node pair[2], char error[256])
{
	const char *name = config_doc_text(d, pair[0]);
	const char *text = config_doc_text(d, pair[1]);
	const struct key *k = name ? key_find(name) : NULL;

	if (!k || k->option) {
		str_format(error, 256, "%s: no such key", name ? name : "?");
		return -EINVAL;
	}
	if (k->kind == KEY_LIST)
		((struct profile_list *)(void *)((char *)p + k->offset))->count = 0;
	if (text)
		return profile_set(p, name, text, error);
	for (unsigned i = 0; k->kind == KEY_LIST && i < config_doc_count(d, pair[1]); i++) {
		text = config_doc_text(d, config_doc_item(d, pair[1], i));
		if (!text || profile_set(p, name, text, error))
			return -EINVAL;
	}
	if (k->kind == KEY_LIST)
		return 0;
	str_format(error, 256, "%s: takes one value", name);
	return -EINVAL;
}

static int profile_read(struct profile *p, const char *text, size_t len, char error[256])
{
	struct config_doc_error problem = {0};
	struct config_doc *d;
	char why[256];

	if (config_doc_new(text, len, &d, &problem)) {
		str_format(error, 256, "%u: %s", problem.mark.line, problem.text);
		return -EINVAL;
	}
	config_node root = config_doc_root(d);
	int err = 0;
	for (unsigned i = 0; !err && i < config_doc_count(d, root); i++) {
		config_node pair[2] = {config_doc_key(d, root, i), config_doc_value(d, root, i)};

		err = profile_node(p, d, pair, why);
		if (err)
			str_format(error, 256, "%u: %.240s", config_doc_mark(d, pair[0]).line, why);
	}
	config_doc_free(d);
	return err;
}

int profile_load(struct profile *p, const char *path, char error[256])
{
	char why[256], *text = malloc(FILE_MAX);
	FILE *f = fopen(path, "re");

	if (!f || !text) {
		str_format(error, 256, "%.200s: %s", path, strerror(errno));
		free(text);
		return -EINVAL;
	}
	size_t len = fread(text, 1, FILE_MAX, f);
	fclose(f);
	int err = profile_read(p, text, len, why);
	if (err)
		str_format(error, 256, "%.120s:%.120s", path, why);
	free(text);
	return err;
}

// Lists of the command line replace the profile's, but grow when named again.
static int profile_option(struct profile *p, char **word, uint32_t seen[2], char error[256])
{
	const struct key *k = key_find(word[0] + 2);

	if (k && k->kind == KEY_LIST) {
		struct profile_list *l = (void *)((char *)p + k->offset);

		if (seen[l == &p->number]++ == 0)
			l->count = 0;
	}
	if (k && k->kind == KEY_FLAG && (!word[1] || str_starts(word[1], "--")))
		return profile_set(p, word[0] + 2, "yes", error);
	if (!word[1]) {
		str_format(error, 256, "%s: a value is missing", word[0]);
		return -EINVAL;
	}
	int err = profile_set(p, word[0] + 2, word[1], error);
	return err ? err : 1;
}

int profile_options(struct profile *p, int argc, char **argv, char error[256])
{
	uint32_t seen[2] = {0, 0};
	int i = 1;

	if (argc > 1 && !str_starts(argv[1], "--")) {
		if (profile_load(p, argv[1], error))
			return -EINVAL;
		i = 2;
	}
	for (; i < argc; i++) {
		if (str_equal(argv[i], "--help"))
			return 1;
		if (!str_starts(argv[i], "--")) {
			str_format(error, 256, "%s: the profile's file comes first, once", argv[i]);
			return -EINVAL;
		}
		int used = profile_option(p, argv + i, seen, error);
		if (used < 0)
			return used;
		i += used;
	}
	return 0;
}

int profile_check(const struct profile *p, char error[256])
{
	const char *wrong = NULL;

	if (p->ptime_ms % 10 || p->ptime_ms == 50)
		wrong = "ptime: 10, 20, 30, 40 or 60 ms";
	else if (p->digits[strspn(p->digits, "0123456789*#ABCD")])
		wrong = "digits: 0 to 9, *, #, A to D";
	else if (p->rtp_port % 2)
		wrong = "rtp_port: an even one";
	else if (p->streams[0] == '\0' && p->calls > 0 && p->number.count == 0)
		wrong = "number: none to dial";
	else if (p->find_limit && p->calls < 2)
		wrong = "find_limit: calls is the upper end, at least 2";
	if (wrong)
		str_copy(error, 256, wrong);
	return wrong ? -EINVAL : 0;
}

void profile_help(FILE *out)
{
	fprintf(out,
		"usage: ringload [PROFILE.yaml] [--KEY VALUE]...\n"
		"Places calls (SIP and RTP over UDP), judges what comes back, prints figures.\n"
		"Exit: 0 clean, 1 not clean, 2 wrong use, 3 machine too noisy.\n\n"
		"keys of a profile, also options:\n");
	for (size_t i = 0; i < KEYS; i++) {
		if (keys[i].option && !keys[i - 1].option)
			fprintf(out, "\noptions of the command line alone:\n");
		fprintf(out, "  %-18s %s%s%s%s\n", keys[i].name, keys[i].help,
			keys[i].fallback[0] ? " (" : "", keys[i].fallback,
			keys[i].fallback[0] ? ")" : "");
	}
}
