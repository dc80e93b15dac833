// RTCP from any bytes; and what we write is what we read.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rtp/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtcp_info info;
	struct rtcp_out out = {.ssrc = 5, .reports = true};
	uint8_t own[RTCP_BYTES_MAX];

	if (rtcp_parse(data, (uint32_t)size, 0x11223344, &info) == 0 && info.reported)
		(void)rtcp_round_trip_us(&info.block, 1000000000ull * 3600);
	if (size < sizeof(out.report))
		return 0;
	memcpy(&out.report, data, sizeof(out.report));
	out.bye = data[0] & 1;
	out.sender = data[0] & 2;
	out.report.lost = (int32_t)((uint32_t)out.report.lost << 8) >> 8;
	uint32_t len = rtcp_write(own, &out);
	if (len > sizeof(own) || rtcp_parse(own, len, out.report.ssrc, &info) || !info.reported ||
		info.block.lost != out.report.lost || info.bye != out.bye)
		abort();
	return 0;
}
