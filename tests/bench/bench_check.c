/* How fast is checking? MB/s with every rule on, against grep -P of the same patterns; how it grows. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "tests/validators_support.h"
#include "validators/ruleset.h"

enum { TEXT_MAX = 8 << 20, FILE_MAX = 1 << 20, REAL_MIN = 1 << 17 };

static struct ruleset *rules;

/* Real code of the machine, by ending; the rules' own examples where there is none. */
static const struct {
	const char *language, *folders[2], *ending;
} corpora[] = {
	{"python", {"/usr/lib/python3.11", "/usr/lib/python3"}, ".py"},
	{"javascript", {"/usr/share/nodejs", "/usr/lib/node_modules"}, ".js"},
	{"bash", {"/var/lib/dpkg/info"}, ".postinst"},
	{"go", {"/usr/local/go/src", "/usr/lib/go-1.19/src"}, ".go"},
};

/* nftw(3) has no argument for its caller. */
static struct buf *gathering;
static const char *wanted_ending;

static int gather(const char *path, const struct stat *info, int kind, struct FTW *at)
{
	size_t len = strlen(path), ending = strlen(wanted_ending);
	struct buf text;

	(void)info;
	(void)at;
	if (kind != FTW_F || len < ending || strcmp(path + len - ending, wanted_ending) != 0)
		return 0;
	buf_init(&text, FILE_MAX);
	if (file_read(path, &text, NULL) == 0 && !memchr(text.data, 0, text.len))
		buf_append(gathering, text.data, text.len);
	buf_done(&text);
	return gathering->len >= TEXT_MAX;
}

static void add_examples(struct buf *out, const char *language)
{
	const struct rule_group *group = ruleset_group(rules, language);

	while (out->len < TEXT_MAX)
		for (size_t i = 0; i < group->count; i++)
			for (size_t k = 0; group->rules[i]->misses[k]; k++)
				buf_printf(out, "%s\n", group->rules[i]->misses[k]);
}

/* Processor time, so that a busy machine changes little. */
static double cpu_ms(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double check_once(const char *language, const char *text, size_t len, size_t *findings)
{
	struct block block = support_block(language, text, len);
	struct blocks blocks = {.items = &block, .count = 1};
	struct check_limits limits = {0};
	struct findings found;
	struct arena arena;

	arena_init(&arena);
	double start = cpu_ms(RUSAGE_SELF);
	validators_check(rules, &limits, len, &blocks, &arena, &found, NULL);
	double took = cpu_ms(RUSAGE_SELF) - start;
	*findings = found.count;
	arena_done(&arena);
	return took;
}

static double best_of(int times, const char *language, const char *text, size_t len,
		      size_t *findings)
{
	double best = 1e9;

	for (int i = 0; i < times; i++) {
		double took = check_once(language, text, len, findings);
		best = took < best ? took : best;
	}
	return best;
}

/* One grep for each pattern, for grep -P takes only one. */
static double grep_all(const char *language, const char *path)
{
	const struct rule_group *group = ruleset_group(rules, language);
	double start = cpu_ms(RUSAGE_CHILDREN);

	for (size_t i = 0; i < group->count; i++) {
		pid_t pid = vfork(); /* NOLINT: a fork of ours would count as grep's time */
		if (pid == 0) {
			execlp("grep", "grep", "-caP", "-e", group->rules[i]->pattern, path, NULL);
			_exit(127);
		}
		int status = 0;
		waitpid(pid, &status, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
			return 0;
	}
	return cpu_ms(RUSAGE_CHILDREN) - start;
}

static double grep_of(const char *language, const struct buf *text)
{
	char path[] = "/tmp/bench-check-XXXXXX";
	int fd = mkstemp(path), null = dup(1);
	double took = 0;

	if (fd < 0 || null < 0)
		return 0;
	fflush(stdout);
	if (freopen("/dev/null", "w", stdout) &&
	    file_write_fd(fd, text->data, text->len, NULL) == 0)
		took = grep_all(language, path);
	fflush(stdout);
	dup2(null, 1);
	close(null);
	close(fd);
	unlink(path);
	return took;
}

static void growth(const char *language, const struct buf *text)
{
	size_t found;

	printf("  %-12s", "doubling");
	for (size_t size = text->len / 8; size && size <= text->len; size *= 2)
		printf("  %.1f MiB %.1f ms", (double)size / (1 << 20),
		       best_of(3, language, text->data, size, &found));
	printf("\n");
}

/* Every line makes a rule try its pattern: the scanner's worst day. */
static void dense(const char *language)
{
	const struct rule_group *group = ruleset_group(rules, language);
	struct buf text;
	size_t found;

	buf_init(&text, TEXT_MAX);
	while (!text.truncated)
		for (size_t i = 0; i < group->count; i++)
			buf_printf(&text, "%s\n", group->rules[i]->misses[0]);
	double took = best_of(3, language, text.data, text.len, &found);
	printf("  %-12s  %.0f MB/s (near misses of every rule, nothing else)\n", "worst day",
	       (double)text.len / 1e3 / took);
	buf_done(&text);
}

/* TEXT_MAX bytes; says whether they are real code. A small machine's come again and again. */
static bool fill(struct buf *text, size_t corpus)
{
	struct buf found;

	buf_init(&found, TEXT_MAX);
	gathering = &found;
	wanted_ending = corpora[corpus].ending;
	for (int i = 0; i < 2 && corpora[corpus].folders[i]; i++)
		nftw(corpora[corpus].folders[i], gather, 16, FTW_PHYS);
	bool real = found.len > REAL_MIN;
	while (real && text->len < TEXT_MAX)
		buf_append(text, found.data, found.len);
	if (!real)
		add_examples(text, corpora[corpus].language);
	buf_done(&found);
	return real;
}

static void bench(size_t corpus)
{
	const char *language = corpora[corpus].language;
	size_t found, rule_count = ruleset_group(rules, language)->count;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	bool real = fill(&text, corpus);
	double ours = best_of(5, language, text.data, text.len, &found);
	double theirs = grep_of(language, &text);
	double speed = (double)text.len / 1e3 / ours;
	printf("%s: %zu rules on %.1f MB of %s: %.0f MB/s, %zu findings\n", language, rule_count,
	       (double)text.len / 1e6, real ? corpora[corpus].folders[0] : "examples", speed,
	       found);
	if (theirs > 0)
		printf("  %-12s  %.0f MB/s, check is %.1fx as fast\n", "grep -P",
		       (double)text.len / 1e3 / theirs, theirs / ours);
	growth(language, &text);
	dense(language);
	buf_done(&text);
}

int main(void)
{
	struct error err = {0};
	double start = clock_ms();

	setenv("LC_ALL", "C", 1);
	if (ruleset_load(&rules, NULL, &err) != 0) {
		fprintf(stderr, "bench_check: %s\n", err.text);
		return 1;
	}
	printf("loading %zu rules: %.2f ms\n", rules->count, clock_ms() - start);
	for (size_t i = 0; i < sizeof(corpora) / sizeof(corpora[0]); i++)
		bench(i);
	ruleset_free(rules);
	return 0;
}
