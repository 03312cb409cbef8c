/* Whole files and whole trees: the few things that everybody does with the file system. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

struct digest;

/*
 * Reads all of fd or path up to out->max; longer is ERROR_TOO_LARGE. A pipe that has nothing yet is waited
 * for, whoever made it non-blocking.
 */
int file_read_fd(int fd, const char *name, struct buf *out, struct error *err);
int file_read(const char *path, struct buf *out, struct error *err);

/* Writes through a temporary name and rename, so that a reader sees the old or the new whole. */
int file_write(const char *path, const char *data, size_t len, mode_t mode, struct error *err);

/* write(2) until all is written; a pipe that is full is waited for likewise. -1 sets errno as well. */
int file_write_fd(int fd, const char *data, size_t len, struct error *err);

/*
 * Copies from where both stand to the end, into the digest too where there is one. Parts that are all
 * zero become holes of `to`, which must be new. to -1: only the digest. -1 sets errno.
 */
int file_copy(int from, int to, struct digest *digest);

/* mkdir -p. */
int file_make_dirs(const char *path, mode_t mode, struct error *err);

/*
 * rm -rf of name inside dirfd, never following a symbolic link and never leaving its mount; however deep
 * it is, with few descriptors. A name that does not exist is no error.
 */
int file_remove_tree(int dirfd, const char *name, struct error *err);

bool file_exists(const char *path);

/* Nothing for -1. errno stays, so that what went wrong before can still be told. */
void file_close(int fd);

#endif
