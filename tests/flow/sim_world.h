// What the doubles share with the world that they stand in.
#pragma once

struct config;

struct config *sim_config(void); // in force
