// What a kill leaves of a record at an event log's end.
#pragma once

// A record that the kill cut: the first half of the newest segment's first one, behind its last.
void log_half_written(const char *folder);
