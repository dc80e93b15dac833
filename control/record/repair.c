// A recording's file made whole: after a power cut from what is in it alone.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/record/recover.h"
#include "control/record/recorder.h"
#include "dsp/wav.h"
#include "engine/base/crc32c.h"
#include "engine/base/str.h"

#define SECTOR 512u  // the least that a disk writes
#define BLOCK  4096u // and what we write

int recording_write(int fd, const uint8_t *data, size_t bytes, uint64_t offset)
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
int recording_finish(int fd, enum codec_id law, uint64_t samples)
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
		rc = recording_write(fd, header, sizeof(header), 0);
	if (!rc && ftruncate(fd, WAV_HEADER + 2 * samples))
		rc = -errno;
	if (!rc && fdatasync(fd))
		rc = -errno;
	return rc;
}

static bool sector_unwritten(const uint8_t *at)
{
	return !at[0] && !memcmp(at, at + 1, SECTOR - 1);
}

// Space that was allocated and not written reads as 0, which is sound at full scale: real sound
// does not stay there on both sides for 32 ms. Behind the last sector that was written there is
// nothing; a hole before it is silence. Bytes of sound.
static uint64_t repair_sound(uint8_t *sound, uint64_t bytes, uint8_t silence)
{
	uint64_t end = bytes;

	if (end % SECTOR && !sound[end - 1]) // a file that was cut short there
		while (end % SECTOR && !sound[end - 1])
			end--;
	while (end && end % SECTOR == 0 && sector_unwritten(sound + end - SECTOR))
		end -= SECTOR;
	for (uint64_t at = 0; at + SECTOR <= end; at += SECTOR)
		if (sector_unwritten(sound + at))
			memset(sound + at, silence, SECTOR);
	// The last block was filled up with silence.
	uint64_t least = end > BLOCK ? end - BLOCK : 0;
	while (end > least && sound[end - 1] == silence)
		end--;
	return end + (end & 1);
}

static int repair_map(int fd, uint8_t *file, size_t size, struct recording_result *out)
{
	struct wav_info info;
	uint32_t declared;
	int rc = wav_parse(file, size, &info);

	if ((rc && rc != -ENODATA) || info.data_offset != WAV_HEADER)
		return -EBADMSG;
	memcpy(&declared, file + WAV_HEADER - sizeof(declared), sizeof(declared));
	out->law = info.format == WAV_ALAW ? CODEC_PCMA : CODEC_PCMU;
	// A header that says a size was written when all of it was safe.
	uint64_t bytes = info.data_bytes;
	if (!declared)
		bytes = repair_sound(file + WAV_HEADER, bytes, codec_get(out->law)->silence);
	out->samples = bytes / 2;
	out->crc32c = crc32c(0, file + WAV_HEADER, bytes);
	return msync(file, size, MS_SYNC) ? -errno : recording_finish(fd, out->law, out->samples);
}

static int repair_file(int fd, struct recording_result *out)
{
	struct stat file;

	if (fstat(fd, &file))
		return -errno;
	if (file.st_size < WAV_HEADER)
		return -EBADMSG;
	void *map = mmap(NULL, file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
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
