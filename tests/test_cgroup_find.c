/* Where control groups are, from the texts of /proc as they are on hosts of every kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runners/namespace/cgroup_find.h"

#define V1_MEMORY "30 24 0:26 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory\n"
#define V1_CPU "31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
#define V1_CPUSET "32 24 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
#define V2 "24 22 0:22 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V2_BESIDE "33 24 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"

struct find_case {
	const char *name, *mountinfo, *group;
	enum cgroup_controller controller;
	const char *dir; /* NULL: nowhere */
	bool v2;
};

static const struct find_case cases[] = {
	{"v2", V2, "0::/user.slice/session-1.scope\n", CGROUP_MEMORY,
	 "/sys/fs/cgroup/user.slice/session-1.scope", true},
	{"v2, in its root", V2, "0::/\n", CGROUP_CPU, "/sys/fs/cgroup", true},
	{"v1", V1_CPUSET V1_MEMORY, "4:memory:/a/b\n3:cpuset:/c\n0::/d\n", CGROUP_MEMORY,
	 "/sys/fs/cgroup/memory/a/b", false},
	{"v1, several controllers", V1_CPUSET V1_CPU, "3:cpuset:/\n2:cpu,cpuacct:/x\n", CGROUP_CPU,
	 "/sys/fs/cgroup/cpu,cpuacct/x", false},
	{"cpuset is not cpu", V1_CPUSET, "3:cpuset:/\n", CGROUP_CPU, NULL, false},
	{"both: v1 has it", V2_BESIDE V1_MEMORY, "4:memory:/m\n0::/u\n", CGROUP_MEMORY,
	 "/sys/fs/cgroup/memory/m", false},
	{"both: v1 lacks it", V1_MEMORY V2_BESIDE, "4:memory:/m\n0::/u\n", CGROUP_PIDS,
	 "/sys/fs/cgroup/unified/u", true},
	{"a container that sees its own group only",
	 "24 22 0:22 /docker/f00 /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n", "0::/docker/f00/x\n",
	 CGROUP_MEMORY, "/sys/fs/cgroup/x", true},
	{"elsewhere: what is mounted",
	 "24 22 0:22 /docker/f00 /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n", "0::/docker/f001\n",
	 CGROUP_MEMORY, "/sys/fs/cgroup", true},
	{"outside of the namespace", V2, "0::/../other\n", CGROUP_MEMORY, NULL, false},
	{"nothing mounted", "22 1 0:20 / / rw - ext4 /dev/vda rw\n", "0::/\n", CGROUP_MEMORY, NULL,
	 false},
	{"no text", "", "", CGROUP_MEMORY, NULL, false},
	{"half a line", "24 22 0:22 / /sys/fs/cgroup rw - cgroup2", "0::", CGROUP_MEMORY, NULL,
	 false},
};

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct find_case *it = &cases[i];
		struct cgroup_place place;
		cgroup_find(it->mountinfo, it->group, it->controller, &place);
		if (place.found != (it->dir != NULL))
			fail_msg("%s: %s", it->name, place.found ? place.dir : "nowhere");
		if (!it->dir)
			continue;
		assert_string_equal(place.dir, it->dir);
		assert_int_equal(place.v2, it->v2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_places)};

	return cmocka_run_group_tests_name("cgroup find", tests, NULL, NULL);
}
