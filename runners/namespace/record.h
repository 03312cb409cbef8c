/*
 * The record of one commit, <state>/commits/<owner>-<n>/: the new contents as files "0", "1", ...
 * and, once they are all on the disk, a file "record" that says where each belongs. From then on
 * the commit will happen, by whoever carries it out; before, it never did.
 */
#ifndef NAMESPACE_RECORD_H
#define NAMESPACE_RECORD_H

#include <sys/types.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

enum record_op {
	RECORD_FILE = 'f', /* put content `number` there; a symbolic link is one, too */
	RECORD_FOLDER = 'd', /* make it, or give it its mode */
	RECORD_DELETE = 'x', /* a file or link */
	RECORD_DELETE_FOLDER = 'X', /* empty by then */
};

/*
 * text starts with one header and goes on with entries, in the order in which they are carried out.
 */
void record_header(struct buf *text, const char *workspace, uid_t uid, gid_t gid);
void record_entry(struct buf *text, enum record_op op, mode_t mode, size_t number,
		  const char *path);

/*
 * Fails when something is sure to refuse later: a folder that may not be written, a disk without
 * the room. Nothing is changed. folder holds the contents.
 */
int record_check(int folder, const struct buf *text, struct error *err);

/* Makes the commit happen whatever comes; the contents are in folder already. */
int record_seal(int folder, const struct buf *text, struct error *err);

/*
 * Carries a sealed record out; may be called again after it was cut short anywhere. Returns 0 when
 * all is in place and on the disk, and also when the record was never sealed.
 */
int record_apply(int folder, struct error *err);

#endif
