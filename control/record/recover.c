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

#include "control/record/name.h"
#include "control/record/placing.h"
#include "dsp/wav.h"
#include "engine/base/crc32c.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("record");

static int write_whole(int fd, const uint8_t *data, size_t bytes, uint64_t offset)
{
	while (bytes) {
		ssize_t put = pwrite(fd, data, bytes, offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put ? -errno : -ENOSPC;
		data += put;
		bytes -= put;
		offset += put;
	}
	return 0;
}

// The file as it has to be: header, length, on the disk.
static int file_finish(int fd, enum codec_id law, uint64_t samples)
{
	uint8_t header[WAV_HEADER];
	struct wav_info info = {
		.format = law == CODEC_PCMA ? WAV_ALAW : WAV_ULAW,
		.channels = 2,
		.rate_hz = 8000,
		.data_bytes = 2 * samples,
	};

	int rc = wav_write_header(header, sizeof(header), &info);
	if (!rc)
		rc = write_whole(fd, header, sizeof(header), 0);
	if (!rc && ftruncate(fd, WAV_HEADER + 2 * samples))
		rc = -errno;
	if (!rc && fdatasync(fd))
		rc = -errno;
	return rc;
}

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

static int recover_open(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0 && errno == ENOENT) {
		int rc = recording_make_folders(file);

		if (rc)
			return rc;
		fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	}
	return fd < 0 ? -errno : fd;
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
		rc = write_whole(fd, bytes, 2 * samples, WAV_HEADER + index * CHUNK_BYTES);
	}
	free(bytes);
	return rc ? rc : file_finish(fd, e->law, out->samples);
}

static void recover_one(const struct mapping *m, uint32_t recording, struct recording_result *out)
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
	int fd = recover_open(e->file);
	out->error = fd < 0 ? fd : recover_write(m, recording, fd, out);
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

int recover_mapping(const struct mapping *m, struct recovered *out)
{
	*out = (struct recovered){};
	if (!m->memory)
		return 0;
	out->list = calloc(m->head->recordings, sizeof(*out->list));
	if (!out->list)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->head->recordings; i++) {
		const struct mapping_recording *e = &m->recordings[i];
		uint32_t state = atomic_load_explicit(&e->state, memory_order_acquire);

		if (state == MAPPING_FREE || !codec_get(e->law))
			continue;
		recover_one(m, i, &out->list[out->count]);
		out->unsaved += state == MAPPING_OPEN && out->list[out->count].error;
		out->count++;
	}
	return 0;
}

// Sound up to the last byte that is not 0: space that was allocated and not written reads as 0,
// and real sound does not stay at full scale.
static uint64_t repair_trim(const uint8_t *sound, uint64_t bytes)
{
	while (bytes && !sound[bytes - 1])
		bytes--;
	return bytes + (bytes & 1);
}

static int repair_map(int fd, const uint8_t *file, size_t size, struct recording_result *out)
{
	struct wav_info info;
	uint32_t declared;
	int rc = wav_parse(file, size, &info);

	if ((rc && rc != -ENODATA) || info.data_offset != WAV_HEADER)
		return -EBADMSG;
	memcpy(&declared, file + WAV_HEADER - sizeof(declared), sizeof(declared));
	// A header that says a size was the recording's last act: all of it is sound.
	uint64_t bytes = info.data_bytes;
	if (!declared)
		bytes = repair_trim(file + WAV_HEADER, bytes);
	out->law = info.format == WAV_ALAW ? CODEC_PCMA : CODEC_PCMU;
	out->samples = bytes / 2;
	out->crc32c = crc32c(0, file + WAV_HEADER, bytes);
	return file_finish(fd, out->law, out->samples);
}

static int repair_file(int fd, struct recording_result *out)
{
	struct stat file;

	if (fstat(fd, &file))
		return -errno;
	if (file.st_size < WAV_HEADER)
		return -EBADMSG;
	void *map = mmap(NULL, file.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	int rc = repair_map(fd, map, file.st_size, out);
	munmap(map, file.st_size);
	return rc;
}

void recording_repair(const struct callid *call, const char *file, struct recording_result *out)
{
	const char *name = strrchr(file, '/');

	*out = (struct recording_result){.call = *call, .recovered = true};
	str_copy(out->file, sizeof(out->file), file);
	name = name ? name + 1 : file;
	size_t len = strlen(name);
	str_copy_n(out->id, sizeof(out->id), name, len > 4 ? len - 4 : len);
	int fd = open(file, O_RDWR | O_CLOEXEC);
	out->error = fd < 0 ? -errno : repair_file(fd, out);
	if (fd >= 0)
		close(fd);
}
