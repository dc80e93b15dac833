// We as a carrier's customer: a trunk with `register` is registered with its first target that lets
// us (RFC 3261 10.2), and again before that ends; a 401 or 407 is answered with its password.
#pragma once

struct enrols;
struct ua;

int enrols_init(struct ua *ua);	      // 0 or -ENOMEM
void enrols_fini(struct ua *ua);      // they end by themselves there; none: nothing
void enrols_configure(struct ua *ua); // at start, once it listens, and after a reload
