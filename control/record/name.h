// Where a recording lies: directory/tenant/YYYY-MM-DD/HHMMSS-mmm-caller-call.wav, local time of its
// beginning; HHMMSSb where clocks were set back and these minutes come for the second time.
#pragma once

#include "control/record/recorder.h"

#define RECORDING_ID_MAX   64
#define RECORDING_FILE_MAX 512

// Names from outside (tenants, callers) keep letters, digits and "+-_"; the rest becomes "_".
// 0 or -ENAMETOOLONG.
int recording_name(const char *directory, const struct recording_request *q,
	char id[RECORDING_ID_MAX], char file[RECORDING_FILE_MAX]);
// The part of a name below the recording folder: tenant/day/name.wav. NULL if it has no such part.
const char *recording_below(const char *file);
// Makes the folders that lead to the file: the recording folder itself, tenant and day.
int recording_make_folders(const char *file);
int recording_sync_folder(const char *file); // makes the file's name safe; 0 or -errno
