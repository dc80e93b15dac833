// A recording against its ledger: header, sample count, checksum.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/record/mapping.h"
#include "control/record/recorder.h"
#include "dsp/wav.h"
#include "engine/base/crc32c.h"
#include "engine/base/str.h"

static int verify_map(
	const struct recording_result *expected, const uint8_t *file, size_t size, char why[256])
{
	struct wav_info info;
	int rc = wav_parse(file, size, &info);

	if (rc && rc != -ENODATA) {
		str_format(why, 256, "has no WAVE header");
		return -EBADMSG;
	}
	if (info.channels != 2 || info.rate_hz != 8000 ||
		info.format != (expected->law == CODEC_PCMA ? WAV_ALAW : WAV_ULAW)) {
		str_format(why, 256, "is of another format than the ledger says");
		return -EBADMSG;
	}
	uint64_t bytes = 2 * expected->samples;
	if (rc || info.data_bytes != bytes || size != info.data_offset + bytes) {
		str_format(why, 256, "has %u bytes of sound in %zu, the ledger says %llu",
			info.data_bytes, size, (unsigned long long)bytes);
		return -EBADMSG;
	}
	uint32_t crc = crc32c(0, file + info.data_offset, bytes);
	if (crc == expected->crc32c)
		return 0;
	str_format(why, 256, "has sound with CRC32C %08x, the ledger says %08x", crc,
		expected->crc32c);
	return -EBADMSG;
}

int recording_check_open(int fd, const struct recording_result *expected, char why[256])
{
	struct stat file;
	void *map = MAP_FAILED;

	why[0] = 0;
	if (fd >= 0 && !fstat(fd, &file))
		map = mmap(NULL, file.st_size ? file.st_size : 1, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		str_format(why, 256, "cannot be read: %s", strerror(errno));
	if (map == MAP_FAILED)
		return -EBADMSG;
	int rc = verify_map(expected, map, file.st_size, why);
	munmap(map, file.st_size ? file.st_size : 1);
	return rc;
}

int recording_check(const struct recording_result *expected, char why[256])
{
	int fd = open(expected->file, O_RDONLY | O_CLOEXEC);
	int rc = recording_check_open(fd, expected, why);

	if (fd >= 0)
		close(fd);
	return rc;
}
