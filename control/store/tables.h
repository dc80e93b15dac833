// The store's tables as lists of columns.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum column_kind {
	COLUMN_TEXT,
	COLUMN_REASON, // text, of a failure: none where it turns out to be none
	COLUMN_NUMBER,
	COLUMN_BOOL,
	COLUMN_ROWS, // an array of objects, as JSON
	// Not from the body:
	COLUMN_CALL,	 // the record's call id as text
	COLUMN_TENANT,	 // the record's tenant
	COLUMN_SEQUENCE, // the record's sequence
	COLUMN_TIME,	 // the record's wall time, ns
	COLUMN_START,	 // the body's time of the beginning, else the record's
	COLUMN_STATE,	 // of a recording: "open", "whole", "failed"
	COLUMN_EVENT,	 // the name of its type
	COLUMN_LATER,	 // not from a record: NULL until the store knows
};

enum table_conflict {	// a row with this key is there already
	CONFLICT_KEEP,	// the first one stays
	CONFLICT_MERGE, // what the new one knows replaces the old, unless it is a beginning
};

struct store_column {
	const char *name;   // in SQL; quoted where it is made
	const char *member; // of the body and of an answer's JSON
	enum column_kind kind;
	bool key;
	bool added;   // older versions did not have it: NULL in their rows
	bool private; // not in a list where the caller asked for privacy, or "anonymous"
};

struct store_table {
	const char *name;
	const struct store_column *columns;
	size_t count;
	enum table_conflict conflict;
	const char *indices; // SQL, run at open
};

extern const struct store_table store_calls, store_recordings, store_agent_states, store_segments,
	store_offers;
