// `ringctl top`: the screen, refreshed every second until q or Ctrl-C.
#pragma once

#include "control/ringctl/client.h"
#include "control/ringctl/print/text.h"

// Returns the exit code; error says why it cannot run here.
int top_run(const struct output *o, const char *socket, char error[CLIENT_ERROR_MAX]);
