// Programmer errors: check() stays in release builds, says where, and aborts.
// Outside errors (packets, peers, disks, users) never reach check(): they return -errno.
#pragma once

_Noreturn void check_failed(const char *expression, const char *file, int line);

#define check(c) ((c) ? (void)0 : check_failed(#c, __FILE__, __LINE__))
