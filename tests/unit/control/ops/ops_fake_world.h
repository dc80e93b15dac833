// What the two halves of the fake daemon share.
#pragma once

struct config;
struct media_voice;
struct ops;

#define OPS_FAKE_CALL	   "18a5c3f2b1d4e600a1b2c3d400000001" // who talks
#define WORLD_NOW_NS	   1776000000000000000ull	      // 2026-04-12 13:20:00 UTC
#define WORLD_CALLER_VOICE ((const struct media_voice *)1)
#define WORLD_AGENT_VOICE  ((const struct media_voice *)2)

void world_configure(const struct config *config);
void world_event(struct ops *ops); // one more in the live feed
