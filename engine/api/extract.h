/* The blocks of a reply, without running anything. */
#ifndef API_EXTRACT_H
#define API_EXTRACT_H

#include "engine/api/call.h"

/* Answers {"blocks": [...], "execution": null}; text lives as long as the call. */
void extract_answer(struct call *call, const char *text);

#endif
