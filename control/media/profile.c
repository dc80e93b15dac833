// The tables of profiles and of suites.
#include "control/media/profile.h"

#include <string.h>
#include <strings.h>

static const struct media_profile_row profiles[PROFILES] = {
	[PROFILE_NONE] = {"", false, false, false},
	[PROFILE_AVP] = {"RTP/AVP", false, false, true},
	[PROFILE_AVPF] = {"RTP/AVPF", true, false, false},
	[PROFILE_SAVP] = {"RTP/SAVP", false, true, false},
	[PROFILE_SAVPF] = {"RTP/SAVPF", true, true, false},
	[PROFILE_DTLS_SAVP] = {"UDP/TLS/RTP/SAVP", false, false, false},
	[PROFILE_DTLS_SAVPF] = {"UDP/TLS/RTP/SAVPF", true, false, false},
};

static const struct media_suite suites[] = {
	{"AES_CM_128_HMAC_SHA1_80", 1, 16, 14},
	{"AES_CM_128_HMAC_SHA1_32", 2, 16, 14},
	{"AEAD_AES_128_GCM", 7, 16, 12},
	{"AEAD_AES_256_GCM", 8, 32, 12},
};

const struct media_profile_row *media_profile_get(enum media_profile p)
{
	return &profiles[p < PROFILES ? p : PROFILE_NONE];
}

enum media_profile media_profile_find(const char *protocol, size_t len)
{
	for (unsigned i = PROFILE_NONE + 1; i < PROFILES; i++)
		if (strlen(profiles[i].protocol) == len &&
			strncasecmp(profiles[i].protocol, protocol, len) == 0)
			return i;
	return PROFILE_NONE;
}

const struct media_suite *media_suite_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (strlen(suites[i].name) == len && strncasecmp(suites[i].name, name, len) == 0)
			return &suites[i];
	return NULL;
}
