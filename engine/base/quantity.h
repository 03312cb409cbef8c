/* Sizes and durations as people write them: "512M", "10G", "30s". */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include <stdint.h>

/* "64K", "512MiB", "10G", "4096": bytes; whole numbers, units of 1024. -1: it is none. */
int quantity_size(const char *text, uint64_t *out);

/* "500ms", "30s", "5m", "2h", "30": seconds unless it says. -1: it is none. */
int quantity_duration(const char *text, uint64_t *out_ms);

/* A whole number, digits only. -1: it is none. */
int quantity_count(const char *text, uint64_t *out);

enum { QUANTITY_TEXT = 32 };

/* "256 MiB", "1.5 GiB", "17 bytes"; returns out. */
const char *quantity_text(uint64_t bytes, char out[QUANTITY_TEXT]);

#endif
