// Streams by file: line n belongs to RTP socket n modulo rtp_sockets.
#include "bench/ringload/streams.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/addr.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

static struct addr *remotes; // of all lines
static uint32_t count;

static int streams_add(const char *line)
{
	struct addr *grown = realloc(remotes, (count + 1) * sizeof(*remotes));

	if (!grown)
		return -ENOMEM;
	remotes = grown;
	int err = addr_parse(line, &remotes[count]);
	count += !err;
	return err;
}

int streams_load(struct profile *p, char error[256])
{
	char line[ADDR_TEXT_MAX];
	FILE *f = fopen(p->streams, "re");
	int err = f ? 0 : -errno;

	free(remotes);
	remotes = NULL;
	count = 0;
	while (!err && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		err = streams_add(line);
	}
	if (f)
		fclose(f);
	if (err || count == 0)
		str_format(error, 256, "%.200s: line %u is no ADDRESS:PORT", p->streams, count + 1);
	p->calls = count;
	return err || count == 0 ? -EINVAL : 0;
}

static enum digit_way streams_digits(struct load *l)
{
	const struct profile *p = l->profile;

	if (p->digits[0] == '\0' || rng_below(&l->rng, 1000000) >= p->digits_share * 1e6)
		return DIGITS_NONE;
	return rng_below(&l->rng, 1000000) < p->inband_share * 1e6 ? DIGITS_INBAND : DIGITS_EVENT;
}

void streams_start(struct load *l)
{
	if (!l->profile->streams[0])
		return;
	l->free_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct call *c = &l->calls[i];

		if (!load_allows(l, &remotes[i]))
			continue;
		media_path_init(&c->stream.path, &remotes[i]);
		c->stream.event_pt = 101;
		c->stream.digits = streams_digits(l);
		c->stream.prompt = l->sounds.prompt[0].len ? &l->sounds.prompt[0] : NULL;
		c->count = i;
		load_listen(l, c);
	}
}

void streams_stop(struct load *l)
{
	for (uint32_t i = 0; l->profile->streams[0] && i < count; i++)
		load_hush(l, &l->calls[i]);
}
