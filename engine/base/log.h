/*
 * The log: lines on standard error, for whoever runs Assay. ASSAY_LOG says how much: error, warn (the
 * default), info, debug or off; ASSAY_LOG_FORMAT=json makes each line an object. Leaf folders never log;
 * they return errors. No secret, code or body belongs here.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_OFF, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* One line, written at once: time, level, text. Line ends inside become spaces; over 4 KiB is cut. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct log_field {
	const char *name; /* NULL ends the list */
	const char *text; /* NULL: number, when that is over 0, else it is unknown and left out */
	double number;
};

/* One line with named values: `message name=value`. */
void log_fields(enum log_level level, const char *message, const struct log_field *fields);

#endif
