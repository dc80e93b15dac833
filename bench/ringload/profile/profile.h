// What a load is: the keys of a profile (YAML), each also an option of the command line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/ringload/profile/value.h"

#define PROFILE_LIST_MAX 32

enum profile_law { LAW_PCMU, LAW_PCMA };
enum profile_hang_up { HANG_UP_BYE, HANG_UP_WAIT, HANG_UP_VANISH };

struct profile_list {
	char item[PROFILE_LIST_MAX][256];
	uint32_t count;
};

struct profile {
	char target[64], local[64], from[64], speech[256], streams[256];
	char port[192], media[64], gateway[64]; // port "": UDP sockets
	struct profile_list number, expect_prompt;
	uint32_t calls, calls_total, duration_ms, ramp_ms, ptime_ms, rtp_port, rtp_sockets;
	double rate;
	struct hold hold;
	uint32_t codec, hang_up, seed;
	bool prompt_loops, stamps, spin, mute;
	char digits[33], digits_numbers[64];
	uint32_t digits_at_ms, digit_on_ms, digit_off_ms;
	int32_t digit_level_dbm0;
	double digits_share, inband_share; // of 1
	double loss, reorder, duplicate;   // of 1, of what is sent
	uint32_t jitter_ms;
	uint32_t agents, agent_answer_ms;
	struct hold agent_talk; // 0: they do not hang up
	char agent_name[64], agent_password[64];
	uint32_t gap_ms, recordings;
	double loss_max;
	double delay_max_ms, spacing_max_ms;
	// Options of a run, not of a profile.
	bool find_limit, json, quiet, owned;
	char save[256], saved[256], diff[256], plot[256], ringctl_socket[256], probe_cores[64];
};

void profile_init(struct profile *p); // the defaults
// Sets one key from text; 0, or -EINVAL with what is wrong in error.
int profile_set(struct profile *p, const char *key, const char *text, char error[256]);
int profile_load(struct profile *p, const char *path, char error[256]);
// --key value …, the first other word is the profile's file. 0, -EINVAL with error, 1: --help.
int profile_options(struct profile *p, int argc, char **argv, char error[256]);
void profile_help(FILE *out);
// What belongs together: 0, or -EINVAL with error.
int profile_check(const struct profile *p, char error[256]);
