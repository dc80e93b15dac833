// What must hold between values of the configuration, once each of them is right by itself.
#pragma once

#include "control/config/read.h"

void config_check_engine(struct config_read *r);  // ports, media addresses, sessions, cores
void config_check_sip(struct config_read *r);	  // listeners, limits, folders
void config_check_store(struct config_read *r);	  // the event log's sizes
void config_check_numbers(struct config_read *r); // what is dialled; fills in plans and dialled
// Trunks, queues, agents and flows; fills in what stands by default.
void config_check_tenants(struct config_read *r);
// Who serves a queue by its team; fills in the crews. Before the queues' own check.
void config_check_crews(struct config_read *r);
// Whether those who are to be reached have a listener and a media address of their IP version.
void config_check_families(struct config_read *r);
// Trunks by which calls go out: targets, credentials, caller, and who is tried next. After numbers.
void config_check_out(struct config_read *r);
// Whose region numbers, callers and agents are; fills in areas. After numbers.
void config_check_regions(struct config_read *r);
void config_check_dials(struct config_read *r);	    // agents whose phones dial out. After numbers
void config_check_passwords(struct config_read *r); // weak ones, as warnings
// was: the configuration in force. What was built at the start must have stayed.
void config_check_reload(struct config_read *r, const struct config *was);
