// Recovery of recordings: from the shared mapping after a kill, from the file alone after a
// power cut.
#include "control/record/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/base/below.h"
#include "control/record/name.h"
#include "control/record/placing.h"
#include "dsp/wav.h"
#include "engine/base/crc32c.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("record");

static uint64_t recover_samples(const struct mapping *m, uint32_t recording, uint32_t in_file)
{
	const struct mapping_recording *e = &m->recordings[recording];
	uint64_t samples = (uint64_t)in_file * CHUNK_SAMPLES;
	uint64_t length = atomic_load_explicit(&e->length, memory_order_acquire);

	if (length)
		return length - 1;
	for (unsigned i = 0; i < 2 * TAP_CHUNKS; i++) {
		const struct tap_lane *l = mapping_lane(m, recording, i & 1);
		uint64_t word = atomic_load_explicit(&l->filled[i >> 1], memory_order_acquire);
		uint64_t total = (word >> 32) * CHUNK_SAMPLES + (uint32_t)word;

		if ((uint32_t)word && total > samples)
			samples = total;
	}
	return samples;
}

// What the entry says that can be true of a recording: the file lies where ours do.
static bool recover_plausible(const struct mapping *m, uint32_t recording)
{
	const struct mapping_recording *e = &m->recordings[recording];
	uint32_t in_file = (uint32_t)atomic_load_explicit(&e->in_file, memory_order_relaxed);

	return (e->law == CODEC_PCMU || e->law == CODEC_PCMA) && memchr(e->id, 0, sizeof(e->id)) &&
		memchr(e->file, 0, sizeof(e->file)) && recording_below(e->file) &&
		in_file <= RECORDING_CHUNKS_MAX &&
		recover_samples(m, recording, in_file) <=
		(uint64_t)RECORDING_CHUNKS_MAX * CHUNK_SAMPLES;
}

// Below our folder and through no stranger's link, whatever the name says.
static int recover_open(const char *directory, const char *file)
{
	const char *below = recording_below(file), *name = strrchr(file, '/') + 1;
	char folder[RECORDING_FILE_MAX];
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	str_copy_n(folder, sizeof(folder), below, name - 1 - below);
	int day = below_open(dir, folder, true);
	close(dir);
	if (day < 0)
		return day;
	int fd = openat(day, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	int rc = fd < 0 ? -errno : fd;
	close(day);
	return rc;
}

// Writes the chunks that are not in the file. Chunks without memory are silence.
static int recover_write(
	const struct mapping *m, uint32_t recording, int fd, struct recording_result *out)
{
	const struct mapping_recording *e = &m->recordings[recording];
	uint64_t in_file = atomic_load_explicit(&e->in_file, memory_order_acquire);
	struct chunk_from from = {m, recording, 0, codec_get(e->law)->silence};
	uint8_t *bytes = malloc(CHUNK_BYTES);
	int rc = bytes ? 0 : -ENOMEM;

	out->samples = recover_samples(m, recording, (uint32_t)in_file);
	out->crc32c = in_file >> 32;
	for (uint64_t index = (uint32_t)in_file; !rc && index * CHUNK_SAMPLES < out->samples;
		index++) {
		uint64_t rest = out->samples - index * CHUNK_SAMPLES;
		uint32_t samples = rest < CHUNK_SAMPLES ? rest : CHUNK_SAMPLES;

		from.index = (uint32_t)index;
		out->crc32c = chunk_interleave(&from, bytes, samples, out->crc32c);
		rc = recording_write(fd, bytes, 2 * samples, WAV_HEADER + index * CHUNK_BYTES);
	}
	free(bytes);
	return rc ? rc : recording_finish(fd, e->law, out->samples);
}

static void recover_one(const struct mapping *m, uint32_t recording, const char *directory,
	struct recording_result *out)
{
	const struct mapping_recording *e = &m->recordings[recording];

	*out = (struct recording_result){
		.call = e->call,
		.recovered = true,
		.start_wall_ns = e->start_wall_ns,
		.law = e->law,
		.side = {mapping_ledger(m, recording, 0), mapping_ledger(m, recording, 1)},
	};
	str_copy(out->id, sizeof(out->id), e->id);
	str_copy(out->file, sizeof(out->file), e->file);
	if (atomic_load_explicit(&e->state, memory_order_acquire) == MAPPING_DONE) {
		out->samples = e->samples;
		out->crc32c = e->crc32c;
		out->error = e->error;
		return;
	}
	int fd = recover_open(directory, e->file);
	out->error = fd < 0 ? fd : recover_write(m, recording, fd, out);
	if (!out->error)
		out->error = recording_sync_folder(e->file);
	if (fd >= 0)
		close(fd);
	if (out->error)
		log_error("a recording of the killed process could not be written out file=%s "
			  "error=%s",
			out->file, strerror(-out->error));
	else
		log_info("wrote out a recording of the killed process file=%s samples=%llu",
			out->file, (unsigned long long)out->samples);
}

// A result is told at each start until the log has it; the sound need not be there for that.
static void recover_saved(struct mapping_recording *e, const struct recording_result *result)
{
	e->samples = result->samples;
	e->crc32c = result->crc32c;
	e->error = result->error;
	atomic_store_explicit(&e->state, MAPPING_DONE, memory_order_release);
}

// Returns how many could not be saved.
static size_t recover_entries(struct recovered *out, struct mapping *m, const char *directory)
{
	size_t unsaved = 0;

	for (uint32_t i = 0; i < m->head->recordings; i++) {
		struct mapping_recording *e = &m->recordings[i];
		struct recording_result *result = &out->list[out->count];
		uint32_t state = atomic_load_explicit(&e->state, memory_order_acquire);

		if (state == MAPPING_FREE)
			continue;
		if (!recover_plausible(m, i)) {
			log_error("a recording's entry is damaged, its sound is kept file=%s "
				  "entry=%u",
				m->path, i);
			unsaved++;
			continue;
		}
		recover_one(m, i, directory, result);
		if (state == MAPPING_DONE || !result->error) {
			recover_saved(e, result);
			out->entries[out->count] = e;
		} else {
			unsaved++;
		}
		out->count++;
	}
	return unsaved;
}

// What could not be saved stays under another name until someone has looked at it.
static void recover_keep(struct mapping *m, size_t unsaved)
{
	char path[sizeof(m->path)], count[STR_COUNT_MAX];

	str_copy(path, sizeof(path), m->path);
	int rc = mapping_put_aside(m);
	if (rc)
		log_error("cannot be renamed, it stays file=%s error=%s", path, strerror(-rc));
	if (m->foreign)
		log_error("what a killed process of another version was recording stays in %s: "
			  "stop the service, rename it to %s and start that version once",
			m->path, path);
	else if (!m->memory)
		log_error("what a killed process was recording cannot be read and stays in %s: if "
			  "memory was short, stop the service, rename it to %s and start",
			m->path, path);
	else
		log_error("%s of the killed process could not be written out, the sound stays in "
			  "%s: make room, stop the service, rename it to %s and start",
			str_count(count, unsaved, "recording"), m->path, path);
}

int recover_mappings(const char *directory, struct recovered *out, char error[512])
{
	size_t entries = 1;
	int rc = mapping_find(directory, &out->mappings, &out->mapping_count, error);

	for (size_t i = 0; i < out->mapping_count; i++)
		entries += out->mappings[i].memory ? out->mappings[i].head->recordings : 0;
	if (rc)
		return rc;
	out->list = calloc(entries, sizeof(*out->list));
	out->entries = calloc(entries, sizeof(struct mapping_recording *));
	if (!out->list || !out->entries)
		return -ENOMEM;
	for (size_t i = 0; i < out->mapping_count; i++) {
		struct mapping *m = &out->mappings[i];
		size_t unsaved = m->memory ? recover_entries(out, m, directory) : 0;

		if (unsaved || !m->memory)
			recover_keep(m, unsaved);
		else
			mapping_drop_sound(m);
	}
	return 0;
}

void recover_fini(struct recovered *r, bool told)
{
	for (size_t i = 0; i < r->mapping_count; i++)
		mapping_close(&r->mappings[i], !told || r->mappings[i].aside);
	free(r->mappings);
	free(r->list);
	free((void *)r->entries);
	*r = (struct recovered){};
}
