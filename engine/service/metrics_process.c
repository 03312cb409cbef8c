/* What the kernel knows of this process: memory, descriptors, CPU time. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/service/metrics.h"

/* Fields of /proc/self/stat by their number in proc(5). */
enum { STAT_UTIME = 14, STAT_STIME = 15, STAT_START = 22, STAT_VSIZE = 23, STAT_RSS = 24 };

/* -1: unknown. The name in field 2 may hold anything, so they are counted behind its parenthesis. */
static double stat_field(const char *stat, int number)
{
	const char *at = strrchr(stat, ')');
	for (int field = 2; at && field < number; field++) {
		at = strchr(at, ' ');
		at += at != NULL;
	}
	return at ? strtod(at, NULL) : -1;
}

static double boot_time(void)
{
	struct buf text;
	double seconds = -1;
	buf_init(&text, 4 << 20);
	if (file_read("/proc/stat", &text, NULL) == 0) {
		const char *line = strstr(text.data, "\nbtime ");
		if (line)
			seconds = strtod(line + strlen("\nbtime "), NULL);
	}
	buf_done(&text);
	return seconds;
}

static void put_stat(struct buf *out, const char *stat)
{
	double ticks = (double)sysconf(_SC_CLK_TCK), page = (double)sysconf(_SC_PAGESIZE);
	double boot = boot_time();
	metrics_counter(out, "process_cpu_seconds_total", "User and system CPU time in seconds.",
			(stat_field(stat, STAT_UTIME) + stat_field(stat, STAT_STIME)) / ticks);
	metrics_gauge(out, "process_resident_memory_bytes", "Resident memory in bytes.",
		      stat_field(stat, STAT_RSS) * page);
	metrics_gauge(out, "process_virtual_memory_bytes", "Virtual memory in bytes.",
		      stat_field(stat, STAT_VSIZE));
	if (boot >= 0)
		metrics_gauge(out, "process_start_time_seconds",
			      "Start of the process in seconds since 1970.",
			      boot + stat_field(stat, STAT_START) / ticks);
}

static double count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	double count = 0;
	const struct dirent *entry;
	if (!folder)
		return -1;
	while ((entry = readdir(folder)))
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count - 1; /* the folder's own */
}

void metrics_process(struct buf *out)
{
	struct buf stat;
	struct rlimit limit;
	double descriptors = count_descriptors();
	buf_init(&stat, 64 * 1024);
	if (file_read("/proc/self/stat", &stat, NULL) == 0)
		put_stat(out, stat.data);
	buf_done(&stat);
	if (descriptors >= 0)
		metrics_gauge(out, "process_open_fds", "Open file descriptors.", descriptors);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		metrics_gauge(out, "process_max_fds", "The most file descriptors that may be open.",
			      limit.rlim_cur == RLIM_INFINITY ? -1 : (double)limit.rlim_cur);
}
