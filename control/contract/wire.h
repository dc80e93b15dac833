// The wire between the daemon and ringctl.
//
// A request is a line {"command":"calls show","args":["…"],"options":{"limit":"5"}}, an option
// without a value having "". The answer is any number of lines {"row":{…}} and, last,
// {"end":{"error":null,"exit":0}}, with "note" where rows were left out; then the daemon closes. A
// connection carries one command.
// Exit codes: 0 done, 1 failed, 2 the command was wrong, 3 what it names does not exist.
#pragma once

#define WIRE_ROWS_MAX 10000 // of one answer from the records

enum request_exit { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_MISSING = 3 };
