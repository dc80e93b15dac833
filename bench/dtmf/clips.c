// Folders of WAV files, mapped and cut.
#include "bench/dtmf/clips.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dsp/frame.h"
#include "dsp/wav.h"
#include "engine/base/str.h"

#define CLIP_SAMPLES_MIN (FRAME_RATE / 2)
#define SILENCE_DBM0	 (-55) // a clip of nothing proves nothing at any level

static int add(struct clips *c, const int16_t *samples, uint32_t count)
{
	double energy = 0;

	for (uint32_t i = 0; i < count; i++)
		energy += (double)samples[i] * samples[i];
	double dbm0 = 10 * log10(energy / count / (32767.0 * 32767 / 2) + 1e-12) + 3.14;
	if (dbm0 < SILENCE_DBM0)
		return 0;
	if (c->count == c->room) {
		uint32_t room = c->room ? 2 * c->room : 1024;
		struct clip *more = realloc(c->clip, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		c->clip = more;
		c->room = room;
	}
	c->clip[c->count++] = (struct clip){samples, count, (float)dbm0};
	c->samples += count;
	return 0;
}

// The mapping stays until the program ends.
static const uint8_t *map(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *at;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || st.st_size == 0) {
		close(fd);
		return NULL;
	}
	*len = (size_t)st.st_size;
	at = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

static int add_file(struct clips *c, const char *path)
{
	struct wav_info info;
	size_t len;
	const uint8_t *file = map(path, &len);
	int err = 0;

	if (!file || wav_parse(file, len, &info) || info.format != WAV_PCM16 ||
		info.rate_hz != FRAME_RATE || info.channels != 1 || info.data_offset % 2)
		return 0;
	const int16_t *sound = (const int16_t *)(const void *)(file + info.data_offset);
	uint32_t count = info.data_bytes / 2;
	for (uint32_t at = 0; !err && count - at >= CLIP_SAMPLES_MIN;) {
		uint32_t n = count - at < CLIP_SAMPLES_MAX ? count - at : CLIP_SAMPLES_MAX;
		err = add(c, sound + at, n);
		at += n;
	}
	c->files++;
	return err;
}

int clips_load(struct clips *c, const char *folder)
{
	char pattern[512];
	glob_t found;
	int err = 0;

	*c = (struct clips){.clip = NULL};
	if (str_format(pattern, sizeof(pattern), "%s/*.wav", folder) < 0)
		return 0;
	if (glob(pattern, 0, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc && !err; i++)
		err = add_file(c, found.gl_pathv[i]);
	globfree(&found);
	return err;
}
