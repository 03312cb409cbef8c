/* Workspaces made to be kept wrongly: what hostile code leaves must not reach beyond its revision. */
#include <errno.h>
#include <sys/mount.h>

#include "tests/plain_user.h"
#include "tests/revisions_cmocka.h"

static void fails(struct drive *d, enum error_code code)
{
	assert_int_equal(drive_commit(d), -1);
	if (d->err.code != code)
		fail_msg("%s", d->err.text);
	assert_int_equal(entries(d, "building"), 0);
	assert_false(d->changes.revised);
}

static void test_names_are_only_names(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1",
	     "touch -- '-rf' 'a\nb' '\\' '*' ':' ',' 'x=y' \"$(printf '\\377\\001')\";"
	     "mkdir 'd\n/x' 2>/dev/null; mkdir '..a' '. '; echo in >'..a/...';"
	     "ln -s '\n' nl");
	assert_int_equal(d->changes.count, 10);
	step(d, CHAIN("r1"), "r2", "rm -- '-rf' 'a\nb'; rm -r '..a'; echo x >'*'");
	open_chain(d, CHAIN("r2", "r1"), NULL, false);
	says(d, "ls -A | tr '\\377\\001' '!?'", "*\n,\n. \n:\n\\\nnl\nx=y\n!?\n");
	assert_int_equal(d->ops->compare(d->state, CHAIN("r2", "r1"), CHAIN("r1"), &d->arena,
					 &d->changes, &d->err),
			 0);
	assert_int_equal(d->changes.count, 4);
	assert_int_equal(changed(d, "a\nb"), 'A');
	assert_int_equal(changed(d, "..a/..."), 'A');
}

static void test_too_deep_is_refused(void **state)
{
	struct drive *d = *state;

	open_chain(d, NONE, "r1", false);
	assert_int_equal(drive_snapshot(d, "s"), 0);
	shell(d, "i=0; while [ $i -lt 300 ]; do mkdir dddddddddd && cd dddddddddd || exit 1;"
		 " i=$((i+1)); done");
	fails(d, ERROR_TOO_LARGE);
	assert_int_equal(drive_rollback(d, "s"), 0);
	shell(d, "p=.; i=0; while [ $i -lt 95 ]; do p=$p/d; i=$((i+1)); done;"
		 " mkdir -p $p; echo deep >$p/f");
	commit(d);
	drive_close(d);
	step(d, CHAIN("r1"), "r2",
	     "p=.; i=0; while [ $i -lt 95 ]; do p=$p/d; i=$((i+1)); done;"
	     " echo deeper >$p/f");
	assert_int_equal(d->changes.count, 1);
	assert_int_equal(d->changes.items[0].what, 'M');
}

/* Each revision's part of a path is a descriptor of the engine's. */
static void test_deep_in_every_revision(void **state)
{
	struct drive *d = *state;
	const char *chain[SANDBOX_CHAIN_MAX + 1] = {NULL};
	char ids[SANDBOX_CHAIN_MAX][16];
	int i = 0;

	for (; i < SANDBOX_CHAIN_MAX; i++) {
		snprintf(ids[i], sizeof(ids[i]), "r%d", i);
		open_chain(d, chain, ids[i], false);
		shell(d, "p=.; i=0; while [ $i -lt 95 ]; do p=$p/d; i=$((i+1)); done;"
			 " mkdir -p $p; echo deep >>$p/f");
		if (drive_commit(d))
			break;
		drive_close(d);
		memmove(chain + 1, chain, sizeof(chain) - sizeof(chain[0]));
		chain[0] = ids[i];
	}
	assert_in_range(i, 10, SANDBOX_CHAIN_MAX - 1);
	assert_int_equal(d->err.code, ERROR_TOO_LARGE);
	assert_int_equal(entries(d, "revisions"), i);
	assert_int_equal(entries(d, "building"), 0);
	assert_int_equal(d->ops->compare(d->state, NONE, chain, &d->arena, &d->changes, &d->err),
			 0);
	assert_int_equal(d->changes.count, 1);
}

/* A content that the tmpfs holds once must not fill the disk a thousand times. */
static void test_many_names_are_one_content(void **state)
{
	struct drive *d = *state;
	struct stat first, last;

	step(d, NONE, "r1",
	     "head -c 1000000 /dev/zero >f; mkdir s; i=0;"
	     " while [ $i -lt 300 ]; do ln f s/$i; i=$((i+1)); done");
	assert_int_equal(d->changes.bytes, 1003520 + 4096); /* whole blocks, and the folder */
	assert_int_equal(d->changes.count, 301);
	stat_of(d, "r1", "f", &first);
	stat_of(d, "r1", "s/299", &last);
	assert_int_equal(first.st_ino, last.st_ino);
	/* A write through one name is one file's again, as overlayfs has it. */
	step(d, CHAIN("r1"), "r2", "echo x >s/7");
	assert_int_equal(d->changes.count, 1);
	open_chain(d, CHAIN("r2", "r1"), NULL, false);
	says(d, "cat s/7; wc -c <s/8; wc -c <f", "x\n1000000\n1000000\n");
}

static void test_holes_count(void **state)
{
	struct drive *d = *state;

	d->limits.disk = 32 << 20;
	open_chain(d, NONE, "r1", false);
	shell(d, "for i in 1 2 3 4 5; do truncate -s 8M $i; done");
	fails(d, ERROR_TOO_LARGE);
	assert_int_equal(entries(d, "revisions"), 0);
	shell(d, "rm 5");
	commit(d);
	assert_true(d->changes.revised);
}

static void test_links_are_never_followed(void **state)
{
	struct drive *d = *state;
	char line[512], target[64] = "";
	int dir;

	snprintf(line, sizeof(line), "%s/victim", d->folder);
	assert_int_equal(mkdir(line, 0777), 0);
	snprintf(line, sizeof(line),
		 "ln -s /etc/passwd p; ln -s %s/victim v; ln -s / root; mkdir d; echo x >d/f",
		 d->folder);
	step(d, NONE, "r1", line);
	assert_int_equal(d->ops->view(d->state, CHAIN("r1"), &dir, &d->err), 0);
	assert_int_equal(readlinkat(dir, "p", target, sizeof(target) - 1), 11);
	assert_string_equal(target, "/etc/passwd");
	close(dir);
	/* What was a link becomes a folder, and the other way round. */
	snprintf(line, sizeof(line),
		 "rm v; mkdir v; echo x >v/file; rm -r d; ln -s %s/victim d; rm p; echo x >p",
		 d->folder);
	step(d, CHAIN("r1"), "r2", line);
	step(d, CHAIN("r2", "r1"), "r3", "rm d; mkdir d; echo y >d/file; echo y >v/other");
	snprintf(line, sizeof(line), "%s/victim", d->folder);
	assert_int_equal(rmdir(line), 0);
	open_chain(d, CHAIN("r3", "r2", "r1"), "flat", true);
	assert_int_equal(drive_put(d, "root/tmp/x", "x"), -1);
	assert_int_equal(drive_remove(d, "root/etc/passwd"), -1);
	assert_int_equal(d->err.code, ERROR_INPUT);
	shell(d, "echo z >z");
	commit(d);
	drive_close(d);
	open_chain(d, CHAIN("flat"), NULL, false);
	says(d, "cat d/file p v/file v/other z; readlink root", "y\nx\nx\ny\nz\n/\n");
}

static const char forge[] =
	"python3 -c \"\n"
	"import os\n"
	"for path in ['.', 'd', 'd/f', 'f', 'new', 'd/n']:\n"
	"  for name in ['opaque', 'whiteout', 'redirect', 'metacopy', 'origin', 'upper', 'impure']:\n"
	"    for prefix in ['user.overlay.', 'user.overlay.overlay.']:\n"
	"      for value in [b'y', b'x', b'/etc']:\n"
	"        try: os.setxattr(path, prefix + name, value)\n"
	"        except OSError: pass\n"
	"\"";

/* overlayfs keeps its own notes in attributes that anybody may set on their files. */
static void test_forged_marks_hide_nothing(void **state)
{
	struct drive *d = *state;
	const char *all = "cat f d/f d/s/g new d/n; ls -A . d";
	const char *expected = "f\nf\ng\nn\nn\n.:\nd\nf\nnew\n\nd:\nf\nn\ns\n";

	step(d, NONE, "r1", "echo f >f; mkdir -p d/s; echo f >d/f; echo g >d/s/g");
	open_chain(d, CHAIN("r1"), "r2", false);
	shell(d, "echo n >new; echo n >d/n; touch d/f f; chmod 750 d");
	shell(d, forge);
	says(d, all, expected);
	assert_int_equal(drive_snapshot(d, "s"), 0);
	shell(d, forge);
	says(d, all, expected);
	commit(d);
	assert_int_equal(changed(d, "d/s/g"), '-');
	assert_int_equal(changed(d, "f"), '-');
	drive_close(d);
	/* And again on top of what was kept. */
	open_chain(d, CHAIN("r2", "r1"), "r3", false);
	says(d, all, expected);
	shell(d, forge);
	says(d, all, expected);
	shell(d, "echo x >d/x; rm f");
	commit(d);
	assert_int_equal(d->changes.count, 2);
	drive_close(d);
	holds(d, CHAIN("r3", "r2", "r1"),
	      "./d/f|644|f|\n./d/n|644|n|\n./d/s/g|644|g|\n./d/x|644|x|\n./new|644|n|\n"
	      "./d/ 750\n./d/s/ 755\n");
}

/* A device 0:0 is what overlayfs deletes with. */
static void test_whiteouts_cannot_be_made(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1", "echo f >f; mkdir d; echo g >d/g");
	open_chain(d, CHAIN("r1"), "r2", false);
	shell(d, "mknod n c 0 0; mknod d/n c 0 0; rm f; mknod f c 0 0; mknod /tmp/n c 0 0;"
		 "mknod /out/n c 0 0; mv /tmp/n m; cp -a /out/n o; ln /out/n p; mv -T /out/n d;"
		 "mkfifo fifo; echo kept >k");
	says(d, "find . | sort", ".\n./d\n./d/g\n./fifo\n./k\n");
	commit(d);
	assert_int_equal(d->changes.count, 2);
	drive_close(d);
	holds(d, CHAIN("r2", "r1"), "./d/g|644|g|\n./k|644|kept|\n./d/ 755\n");
}

static void test_no_rights_are_kept(void **state)
{
	struct drive *d = *state;
	struct stat st;

	step(d, NONE, "r1",
	     "cp /usr/bin/id x; chmod 6755 x; mkdir d n; chmod 3777 d; echo s >n/s;"
	     "echo s >secret; chmod 0 secret n/s n");
	stat_of(d, "r1", "x", &st);
	assert_int_equal(st.st_mode & 07777, 0755);
	stat_of(d, "r1", "d", &st);
	assert_int_equal(st.st_mode & 07777, 0777);
	step(d, CHAIN("r1"), "r2", "./x -u >who; cat n/s >copy");
	open_chain(d, CHAIN("r2", "r1"), NULL, false);
	says(d, "cat who copy secret", "1000\ns\ns\n");
	drive_close(d);
	assert_int_equal(d->ops->forget(d->state, "r1", &d->err), 0);
	assert_int_equal(entries(d, "building"), 0);
}

/* A disk that has room for one more of these, and then has not. */
static void test_a_full_disk(void **state)
{
	struct drive *d = *state;

	assert_int_equal(mkdir(d->state, 0700), 0);
	if (mount("assay-test", d->state, "tmpfs", 0, "size=3m,mode=700") < 0)
		skip();
	d->limits.disk = 64 << 20;
	step(d, NONE, "r1", "head -c 1500000 /dev/zero >a");
	open_chain(d, CHAIN("r1"), "r2", false);
	shell(d, "head -c 4000000 /dev/urandom >b; echo c >c");
	fails(d, ERROR_NO_SPACE);
	assert_int_equal(entries(d, "revisions"), 1);
	shell(d, "rm b");
	commit(d);
	drive_close(d);
	open_chain(d, CHAIN("r2", "r1"), NULL, false);
	says(d, "ls; cat c", "a\nc\nc\n");
	drive_close(d);
	assert_int_equal(umount2(d->state, MNT_DETACH), 0);
}

/* Of what is allowed, so much is left. */
static void leaves(struct allowance *allowance, uint64_t bytes)
{
	assert_true(allowance_take(allowance, bytes));
	assert_false(allowance_take(allowance, 1));
	allowance_give(allowance, (int64_t)bytes);
}

static void refused(struct drive *d, const char *line)
{
	open_chain(d, CHAIN("r1"), "r2", false);
	shell(d, line);
	assert_int_equal(drive_commit(d), -1);
	assert_int_equal(d->err.code, ERROR_DENIED);
	assert_non_null(strstr(d->err.text, "more than is left of somebody's disk"));
	assert_false(d->changes.revised);
	drive_close(d);
	assert_int_equal(entries(d, "revisions"), 1);
	assert_int_equal(entries(d, "building"), 0);
}

static void test_no_more_than_is_allowed(void **state)
{
	struct drive *d = *state;

	d->allowance = allowance_new("somebody's disk");
	allowance_give(d->allowance, 100 * 4096);
	step(d, NONE, "r1", "head -c 40960 /dev/zero >f; mkdir d; : >d/empty");
	assert_int_equal(d->changes.bytes, 12 * 4096);
	leaves(d->allowance, 88 * 4096);
	refused(d, "head -c 400000 /dev/zero >g");
	refused(d, "head -c 1 /dev/zero >g; truncate -s 400000 hole");
	refused(d, "i=0; while [ $i -lt 89 ]; do : >e$i; i=$((i+1)); done");
	refused(d, "i=0; while [ $i -lt 89 ]; do mkdir e$i; i=$((i+1)); done");
	refused(d, "i=0; while [ $i -lt 89 ]; do ln -s f e$i; i=$((i+1)); done");
	leaves(d->allowance, 88 * 4096);
	/* nothing new, nothing taken; and all of what is left fits */
	open_chain(d, CHAIN("r1"), "r2", false);
	shell(d, "cp f t; cat t >f; rm t");
	commit(d);
	assert_false(d->changes.revised);
	leaves(d->allowance, 88 * 4096);
	step(d, CHAIN("r1"), "r2", "head -c 360448 /dev/zero >g");
	leaves(d->allowance, 0);
	allowance_release(d->allowance);
	d->allowance = NULL;
}

static void test_thirty_thousand_files(void **state)
{
	struct drive *d = *state;
	struct stat a, b;

	step(d, NONE, "r1",
	     "python3 -c \"\n"
	     "import os\n"
	     "for i in range(300):\n"
	     "  os.mkdir('d%d' % i)\n"
	     "  for j in range(100): open('d%d/f%d' % (i, j), 'w').write(str(j))\n\"");
	assert_int_equal(d->changes.count, 10000); /* the most that is listed */
	step(d, CHAIN("r1"), "r2", "rm -r d7; echo x >d8/f8");
	assert_int_equal(d->changes.count, 101);
	open_chain(d, CHAIN("r2", "r1"), "flat", true);
	shell(d, "echo y >d9/f9");
	commit(d);
	assert_int_equal(d->changes.count, 1);
	assert_int_equal(d->changes.bytes, 300 * 4096); /* the folders, and one file */
	drive_close(d);
	stat_of(d, "r1", "d299/f99", &a);
	stat_of(d, "flat", "d299/f99", &b);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(d->ops->compare(d->state, CHAIN("r1"), CHAIN("flat"), &d->arena,
					 &d->changes, &d->err),
			 0);
	assert_int_equal(d->changes.count, 102);
}

#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TESTS                                                                                      \
	RUNS(test_names_are_only_names), RUNS(test_too_deep_is_refused),                           \
		RUNS(test_deep_in_every_revision), RUNS(test_many_names_are_one_content),          \
		RUNS(test_holes_count), RUNS(test_links_are_never_followed),                       \
		RUNS(test_forged_marks_hide_nothing), RUNS(test_whiteouts_cannot_be_made),         \
		RUNS(test_no_rights_are_kept), RUNS(test_a_full_disk),                             \
		RUNS(test_no_more_than_is_allowed), RUNS(test_thirty_thousand_files)

AS_BOTH_USERS("revisions attack", TESTS)
