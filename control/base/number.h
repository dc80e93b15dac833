// Telephone numbers: one number is written in many ways, and a plan says which are the same.
//
// Without a plan (no country) a number is what its text says. With one, all that it tells how to
// read becomes E.164 with its plus: +8640012345678, 008640012345678, 040012345678 and 40012345678
// in China. What it does not tell (short codes, names, *21#) stays, without visual separators.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_TEXT_MAX 128

enum number_bare { // what digits without any prefix are
	NUMBER_NATIONAL,
	NUMBER_E164, // with the country code in front, but no plus
	NUMBER_LOCAL,
};

struct number_plan {
	char country[4];       // country code, "86"; "": no plan
	char national[8];      // dialled before a national number, "0"; "": nothing is
	char international[8]; // dialled before a country code, "00"
	uint8_t bare;	       // enum number_bare
	uint8_t short_digits;  // of as many or fewer a bare number is a short code
};

// A whole telephone number: digits, * and #, a plus before them, and any visual separators (RFC
// 3966 3: "-.()", and blanks) between.
bool number_is(const char *text);
void number_strip(char *text); // visual separators go

// The one form of a number. text: as from SIP, with ";phone-context=+49" behind a number that is
// said to be one of that place.
void number_normal(const struct number_plan *plan, const char *text, char out[NUMBER_TEXT_MAX]);
// The same for the beginning of numbers: there are no short ones among them. False: it begins no
// number in E.164.
bool number_stem(const struct number_plan *plan, const char *text, char out[NUMBER_TEXT_MAX]);
