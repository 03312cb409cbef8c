/* Standard streams and files, at the one place where the program meets its caller. */
#include "engine/commands/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/commands/commands.h"
#include "engine/report/clean.h"

static bool is_standard(const char *file)
{
	return !file || strcmp(file, "-") == 0;
}

int streams_read(const char *file, const char *what, size_t max, struct buf *out, struct error *err)
{
	buf_init(out, max);
	if (!is_standard(file))
		return file_read(file, out, err);
	if (!file && isatty(STDIN_FILENO))
		return error_set(err, ERROR_USAGE,
				 "name a file that holds %s, or pipe it in (\"-\" to type it)",
				 what);
	return file_read_fd(STDIN_FILENO, "standard input", out, err);
}

static int write_special(const char *file, const char *data, size_t len, struct error *err)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_errno(err, errno, "cannot open %s", file);
	int rc = file_write_fd(fd, data, len, err);
	if (rc != 0)
		error_wrap(err, "%s", file);
	if (close(fd) != 0 && rc == 0)
		rc = error_errno(err, errno, "cannot write %s", file);
	return rc;
}

int streams_write(const char *file, const char *data, size_t len, struct error *err)
{
	if (!is_standard(file)) {
		struct stat info;
		if (stat(file, &info) == 0 && S_ISDIR(info.st_mode))
			return error_set(err, ERROR_IO, "%s is a folder", file);
		if (stat(file, &info) == 0 && !S_ISREG(info.st_mode))
			return write_special(file, data, len, err);
		/* As open(2) with 0666 would make it; umask(2) can only be read by setting it. */
		mode_t mask = umask(022);
		umask(mask);
		return file_write(file, data, len, 0666 & ~mask, err);
	}
	if (file_write_fd(STDOUT_FILENO, data, len, NULL) == 0 || errno == EPIPE)
		return 0;
	return error_errno(err, errno, "cannot write to standard output");
}

void streams_complain(const char *name, const char *text)
{
	struct buf line;

	buf_init(&line, 64 * 1024);
	buf_printf(&line, "assay%s%s: ", name ? " " : "", name ? name : "");
	clean_terminal(&line, text, strlen(text), "");
	buf_putc(&line, '\n');
	file_write_fd(STDERR_FILENO, line.data, line.len, NULL);
	buf_done(&line);
}

const char *streams_colour_choice(size_t index)
{
	static const char *const words[] = {"auto", "always", "never"};

	return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

bool streams_colour(const char *choice, int fd)
{
	const char *term = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR");

	if (choice && strcmp(choice, "auto") != 0)
		return strcmp(choice, "always") == 0;
	return isatty(fd) && term && strcmp(term, "dumb") != 0 && !(no_colour && *no_colour);
}

/* libuv aborts without a word where it can have no thread or descriptor. */
static void on_abort(int number)
{
	static const char text[] =
		"assay: cannot go on: is there a limit on memory, processes or open "
		"files (ulimit -a)?\n";
	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)number;
	(void)written;
	_exit(EXIT_CANNOT);
}

/*
 * Whoever started this may ignore or block signals: without SIGCHLD no child's end would be seen, and what runs in the
 * sandbox would be as deaf. Only an ignored SIGHUP is meant so, by nohup(1).
 */
static void hear_signals(void)
{
	struct sigaction action;
	sigset_t none;

	for (int number = 1; number < NSIG; number++) {
		if (number != SIGHUP && sigaction(number, NULL, &action) == 0 &&
		    action.sa_handler == SIG_IGN)
			signal(number, SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void streams_init(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	hear_signals();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGABRT, on_abort);
}
