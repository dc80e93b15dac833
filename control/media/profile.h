// Profiles of RTP, as an m= line names them, and suites of SRTP: one table of each.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum media_profile {
	PROFILE_NONE, // none of these
	PROFILE_AVP,
	PROFILE_AVPF,	    // RFC 4585
	PROFILE_SAVP,	    // RFC 3711, keys by RFC 4568
	PROFILE_SAVPF,	    // RFC 5124
	PROFILE_DTLS_SAVP,  // keys by DTLS (RFC 5764)
	PROFILE_DTLS_SAVPF, // as browsers offer it
	PROFILES,
};

struct media_profile_row {
	const char *protocol; // of an m= line
	bool feedback;	      // RTCP when there is something to say
	bool keyed;	      // SRTP whose keys stand in the SDP
	bool served;	      // a stream of it can be had from us; else it is declined
};

const struct media_profile_row *media_profile_get(enum media_profile p);
enum media_profile media_profile_find(const char *protocol, size_t len); // case-insensitive

#define MEDIA_KEY_MAX 44 // bytes of master key and salt

struct media_keys {    // of one direction
	uint8_t suite; // its number as RFC 5764 and RFC 7714 register it; 0: none
	uint8_t bytes; // of key
	uint8_t key[MEDIA_KEY_MAX];
};

static inline bool media_keys_equal(const struct media_keys *a, const struct media_keys *b)
{
	return a->suite == b->suite && a->bytes == b->bytes && !memcmp(a->key, b->key, a->bytes);
}

struct media_suite {
	const char *name; // in a crypto attribute (RFC 4568, RFC 7714)
	uint8_t number;
	uint8_t key, salt; // bytes
};

const struct media_suite *media_suite_find(const char *name, size_t len); // NULL: none of ours
