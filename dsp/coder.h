// What a codec with state offers to the table of codecs.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODEC_PAYLOAD_MAX 480 // bytes: 60 ms of 64 kbit/s

struct codec_tx {	  // what a stream is to be sent like; 0: the codec's default
	uint32_t rate_hz; // of the samples: 8000 or 16000
	uint32_t bits_per_s;
	uint8_t complexity;   // 1 … 10
	uint8_t loss_percent; // expected: so much redundancy is sent
	bool dtx;	      // silence may be left out
	bool constant;	      // every payload of one length is equally long
};

struct codec_coder {
	size_t (*tx_bytes)(void), (*rx_bytes)(void); // of state; it must not move
	void (*tx_init)(void *tx, const struct codec_tx *how);
	void (*rx_init)(void *rx, uint32_t rate_hz); // samples wanted: 8000 or 16000
	// As of struct codec. decode: at most 60 ms.
	uint32_t (*encode)(void *tx, uint8_t *payload, const int16_t *samples, uint32_t n);
	uint32_t (*decode)(void *rx, int16_t *samples, const uint8_t *payload, uint32_t len);
};
