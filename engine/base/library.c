/* A shared library that is loaded when it is first needed. */
#include "engine/base/library.h"

#include <dlfcn.h>
#include <pthread.h>

static int load(const char *soname, const char *const *names, size_t count, void **symbols,
		struct error *err)
{
	if (count == 0 || symbols[count - 1])
		return 0; /* the last is filled in last */
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return error_set(err, ERROR_UNAVAILABLE, "load a library: %s", dlerror());
	for (size_t i = 0; i < count; i++) {
		symbols[i] = dlsym(library, names[i]);
		if (!symbols[i])
			return error_set(err, ERROR_UNAVAILABLE, "load a library: %s", dlerror());
	}
	return 0;
}

int library_load(const char *soname, const char *const *names, size_t count, void **symbols,
		 struct error *err)
{
	static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&loading);
	int rc = load(soname, names, count, symbols, err);
	pthread_mutex_unlock(&loading);
	return rc;
}
