// CRC-32C (Castagnoli, RFC 3720 appendix B.4): of event log records and recording chunks.
#pragma once

#include <stddef.h>
#include <stdint.h>

// crc is 0 for a first call, or the previous result to go on. SSE4.2 where the CPU has it.
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
