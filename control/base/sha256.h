// SHA-256 (FIPS 180-4), for digests of credentials: libre has MD5 and SHA-1 alone.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

void sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE]);
