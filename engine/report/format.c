/* Looks report formats up by name. */
#include "engine/report/format.h"

#include <string.h>

const struct report_format *report_format_find(const char *name)
{
	REGISTRY_EACH (report_formats, struct report_format, it) {
		if (strcmp((*it)->name, name) == 0)
			return *it;
	}
	return NULL;
}

const char *report_format_name(size_t index)
{
	return index < REGISTRY_COUNT(report_formats) ? __start_registry_report_formats[index]->name
						      : NULL;
}
