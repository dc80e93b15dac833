// Sounds as G.711 bytes of one law, ready to be sent: speech, digits, expected prompts.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/ringload/profile/profile.h"

struct sound {
	uint8_t *bytes; // owned
	uint32_t len;
};

#define DIGIT_NAMES "0123456789*#ABCD" // in the order of RFC 4733's events

struct sound_set {
	struct sound *speech; // owned, at least one
	uint32_t count;
	struct sound digit[16]; // the tone alone, as long as digit_on
	struct sound silence;
	struct sound prompt[PROFILE_LIST_MAX]; // of each number; len 0: none is expected
};

// A whole file of at most so many bytes, as it is. 0, or -errno: nothing is to be freed.
int sound_read_file(const char *path, uint32_t most, struct sound *out);

// 0, or -errno with what is wrong.
int sound_set_init(struct sound_set *set, const struct profile *p, char error[256]);
void sound_set_fini(struct sound_set *set);
