/* Tables about node: its own modules, and which version of a package an import means. */
#include "runners/node_packages.h"

#include <stddef.h>
#include <string.h>

/* require("module").builtinModules of node 20, folders aside. */
static const char *const builtins[] = {
	"assert",
	"async_hooks",
	"buffer",
	"child_process",
	"cluster",
	"console",
	"constants",
	"crypto",
	"dgram",
	"diagnostics_channel",
	"dns",
	"domain",
	"events",
	"fs",
	"http",
	"http2",
	"https",
	"inspector",
	"module",
	"net",
	"os",
	"path",
	"perf_hooks",
	"process",
	"punycode",
	"querystring",
	"readline",
	"repl",
	"stream",
	"string_decoder",
	"sys",
	"timers",
	"tls",
	"trace_events",
	"tty",
	"url",
	"util",
	"v8",
	"vm",
	"wasi",
	"worker_threads",
	"zlib",
};

static const struct {
	const char *package, *version;
	const char *commonjs; /* the last that can be required, or NULL: version can */
} versions[] = {
	{"@babel/core", "^7", NULL},
	{"@babel/plugin-transform-modules-commonjs", "^7", NULL},
	{"@babel/preset-react", "^7", NULL},
	{"@jest/globals", "^29", NULL},
	{"@testing-library/jest-dom", "^6", NULL},
	{"@testing-library/react", "^16", NULL},
	{"@types/jest", "^29", NULL},
	{"@types/node", "^20", NULL},
	{"chai", "^4", NULL},
	{"chai-as-promised", "^7", NULL},
	{"chai-http", "^4", NULL},
	{"chalk", "^5", "^4"},
	{"execa", "^8", "^5"},
	{"express", "^4", NULL},
	{"file-type", "^18", "^16"},
	{"got", "^13", "^11"},
	{"inquirer", "^9", "^8"},
	{"jest", "^29", NULL},
	{"jest-environment-jsdom", "^29", NULL},
	{"jsdom", "^24", NULL},
	{"lowdb", "^7", "^1"},
	{"mocha", "^10", NULL},
	{"nanoid", "^5", "^3"},
	{"node-fetch", "^3", "^2"},
	{"ora", "^7", "^5"},
	{"p-limit", "^5", "^3"},
	{"p-queue", "^8", "^6"},
	{"react", "^18", NULL},
	{"react-dom", "^18", NULL},
	{"sinon", "^17", NULL},
	{"strip-ansi", "^7", "^6"},
	{"supertest", "^7", NULL},
	{"ts-jest", "^29", NULL},
	{"ts-node", "^10", NULL},
	{"tsx", "^4", NULL},
	{"typescript", "^5", NULL},
	{"uuid", "^9", NULL},
	{"vitest", "^2", NULL},
};

bool node_is_builtin(const char *name)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++) {
		if (strcmp(builtins[i], name) == 0)
			return true;
	}
	return false;
}

const char *node_version_of(const char *package, bool commonjs)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		if (strcmp(versions[i].package, package) == 0)
			return commonjs && versions[i].commonjs ? versions[i].commonjs
								: versions[i].version;
	}
	return "*";
}
