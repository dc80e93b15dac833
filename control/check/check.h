// `ringhall --check`: every mistake of a configuration at once, this machine's too.
#pragma once

#include <stdbool.h>

// Prints problems and warnings on stderr and one line on stdout where there is no problem.
// elsewhere: the file is for another machine, and of this one nothing is asked. The exit code:
// EXIT_SUCCESS, or 2. Makes and changes nothing.
int check_file(const char *file, bool elsewhere);
