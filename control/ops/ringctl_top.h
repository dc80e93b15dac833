// `ringctl top`: the screen, refreshed every second until q or Ctrl-C.
#pragma once

#include "control/ops/ringctl_client.h"
#include "control/ops/ringctl_text.h"

// Returns the exit code; error says why it cannot run here.
int top_run(const struct output *o, const char *socket, char error[CLIENT_ERROR_MAX]);
