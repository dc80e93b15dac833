// The head of a SIP message as octets: its lines, before anybody decodes them. What libre cannot
// read at all is answered from these, and where a message on a connection ends follows from them.
//
// A header's name is known by the whole of it. Libre knows it by 12 bits of a hash, so that a name
// made for it would be read as Content-Length or From; head_tame undoes that.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/base/re.h"

enum head_field { // those that we look at; all others are HEAD_OTHER
	HEAD_CALL_ID,
	HEAD_CONTACT,
	HEAD_CONTENT_LENGTH,
	HEAD_CONTENT_TYPE,
	HEAD_CSEQ,
	HEAD_FROM,
	HEAD_MAX_FORWARDS,
	HEAD_RECORD_ROUTE,
	HEAD_ROUTE,
	HEAD_TO,
	HEAD_VIA,
	HEAD_OTHER,
};

struct head_line {
	enum head_field field;
	struct pl name, value; // value: as it came, folds and all, without blanks around it
	bool broken;	       // no colon, or nothing before it
};

struct head_start { // METHOD URI SIP/2.0 or SIP/2.0 200 OK
	struct pl line;
	struct pl word[3]; // without the blank between them; the third is all the rest
	bool response;
	bool broken; // not three of them
};

// Octets of the head in text, with the blank line that ends it; 0: it does not end here. from:
// where to begin looking, when what is before it was looked at.
size_t head_size(const char *text, size_t len, size_t from);
struct head_start head_start(const char *text, size_t size);
// The next header line, from *at on, which begins as 0. False: no more. size: of the head, or of as
// much of it as came.
bool head_next(const char *text, size_t size, size_t *at, struct head_line *out);
// The first of a field; value.p NULL: there is none.
struct pl head_find(const char *text, size_t size, enum head_field field);
// In place: renames what libre would take for one of its own fields and is not, and writes the
// version as libre wants it.
void head_tame(char *text, size_t size);
