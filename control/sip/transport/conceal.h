// Secrets in SIP messages that are kept for people to read: what answers to passwords are made of
// (a digest, its nonces), whatever else authenticates, keys of media, passwords in URIs.
#pragma once

#include <stddef.h>

// In place: their characters become '-', all else stays, its place too. text: a message, whole or
// cut anywhere.
void conceal(char *text, size_t len);
