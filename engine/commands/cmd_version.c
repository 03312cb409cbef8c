/* assay version: which Assay and which libraries, for bug reports. */
#include <cjson/cJSON.h>
#include <cmark.h>
#include <expat.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <seccomp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <uv.h>

#include "engine/commands/commands.h"
#include "engine/commands/streams.h"

#ifndef ASSAY_COMMIT
#define ASSAY_COMMIT "unknown"
#endif

static int run(const void *settings, const char *operand)
{
	const struct scmp_version *seccomp = seccomp_version();
	XML_Expat_Version expat = XML_ExpatVersionInfo();
	char pcre2[64] = "unknown";
	struct error err = {0};
	struct buf out;

	(void)settings;
	(void)operand;
	pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
	buf_init(&out, 4096);
	buf_printf(&out, "assay %s (commit %s)\n", ASSAY_VERSION, ASSAY_COMMIT);
	buf_printf(&out, "libuv %s\n", uv_version_string());
	buf_printf(&out, "pcre2 %s\n", pcre2);
	buf_printf(&out, "cjson %s\n", cJSON_Version());
	buf_printf(&out, "sqlite %s\n", sqlite3_libversion());
	buf_printf(&out, "libseccomp %u.%u.%u\n", seccomp->major, seccomp->minor, seccomp->micro);
	buf_printf(&out, "cmark %s\n", cmark_version_string());
	buf_printf(&out, "expat %d.%d.%d\n", expat.major, expat.minor, expat.micro);
	int rc = streams_write(NULL, out.data, out.len, &err);
	buf_done(&out);
	if (rc == 0)
		return EXIT_OK;
	streams_complain("version", err.text);
	return EXIT_CANNOT;
}

static const struct option_spec options[] = {{.name = NULL}};

const struct subcommand cmd_version = {
	.name = "version",
	.summary = "Shows the versions of Assay and of its libraries",
	.options = options,
	.run = run,
};
