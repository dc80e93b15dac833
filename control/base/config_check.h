// What must hold between values of the configuration, once each of them is right by itself.
#pragma once

#include "control/base/config_read.h"

void config_check_engine(struct config_read *r);  // ports, media addresses, sessions, cores
void config_check_sip(struct config_read *r);	  // listeners, limits, folders
void config_check_store(struct config_read *r);	  // the event log's sizes
void config_check_numbers(struct config_read *r); // what is dialled; fills in plans and dialled
// Trunks, queues, agents and flows; fills in what stands by default.
void config_check_tenants(struct config_read *r);
// was: the configuration in force. What was built at the start must have stayed.
void config_check_reload(struct config_read *r, const struct config *was);
