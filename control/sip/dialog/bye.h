// BYE, which ends a leg at once but is heard of later: a trunk that asks for its password and does
// not get it keeps the call, and bills it. What it takes to answer lives until the BYE's end.
#pragma once

struct ua;

void byes_drop(struct ua *ua); // at stop: those whose end was not heard of
