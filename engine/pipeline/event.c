/* The words of events (formats.md). */
#include "engine/pipeline/event.h"

const char *event_type_name(enum event_type type)
{
	switch (type) {
	case EVENT_STAGE: return "stage";
	case EVENT_OUTPUT: return "output";
	case EVENT_VERDICT: return "verdict";
	}
	return "unknown";
}

const char *event_status_name(enum event_status status)
{
	switch (status) {
	case EVENT_STARTED: return "started";
	case EVENT_DONE: return "done";
	case EVENT_FAILED: return "failed";
	case EVENT_SKIPPED: return "skipped";
	}
	return "unknown";
}
