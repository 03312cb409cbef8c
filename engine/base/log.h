/*
 * The log: lines on standard error, for whoever runs Assay. ASSAY_LOG says how much: error, warn (the
 * default), info, debug or off. Leaf folders never log; they return errors.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_OFF, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* One line, written at once: time, level, text. Line ends inside become spaces; over 4 KiB is cut. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
