// Libraries and their versions, written by meson from libraries.c.in.
#pragma once

struct ops_library {
	const char *name, *version;
};

extern const struct ops_library ops_libraries[];
extern const unsigned ops_library_count;
