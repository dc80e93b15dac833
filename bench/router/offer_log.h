// What it costs the control thread to write down why an agent was offered a caller: the body of
// the record, by the daemon's own function, and its append.
#pragma once

struct bench;

void offer_log_measure(struct bench *b); // log_append_ns; its log is in the current directory
