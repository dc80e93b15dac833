// The terminal as a whole screen: raw keys, the alternate screen, and both given back whatever
// ends the program.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct terminal_size {
	unsigned columns, lines;
};

enum terminal_key {
	KEY_NONE, // nothing more for now
	KEY_OTHER,
	KEY_UP,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_QUIT,
	KEY_SORT,
};

// False: this is no terminal that can do it; why says so in a sentence.
bool terminal_open(const char **why);
void terminal_close(void);
struct terminal_size terminal_size(void);
void terminal_write(const char *text, size_t len); // all of it
// One key out of what was typed: text is what was read, *used how much of it the key took.
enum terminal_key terminal_key(const char *text, size_t len, size_t *used);
