/*
 * Tables that fill themselves: a file that defines a language, a result parser, a report format or
 * a sandbox backend registers it here, and no other file has to know.
 *
 *     REGISTER(languages, struct language, python);             in runners/lang_python.c
 *     REGISTRY(languages, struct language);                     in the header of the kind
 *     REGISTRY_EACH(languages, struct language, it) { ... }     a loop over all of them
 *
 * The linker gathers the pointers (a section named like a C identifier gets __start_ and __stop_
 * symbols, see ld(1) "orphan sections"), ordered by link order, which the Makefile keeps sorted.
 */
#ifndef BASE_REGISTRY_H
#define BASE_REGISTRY_H

#define REGISTRY(kind, type)                                                                       \
	extern const type *const __start_registry_##kind[];                                        \
	extern const type *const __stop_registry_##kind[]

#define REGISTER(kind, type, object)                                                               \
	static const type *const registry_entry_##object                                           \
		__attribute__((used, retain, section("registry_" #kind))) = &(object)

#define REGISTRY_EACH(kind, type, it)                                                              \
	for (const type *const *it = __start_registry_##kind; it < __stop_registry_##kind; it++)

#define REGISTRY_COUNT(kind) ((size_t)(__stop_registry_##kind - __start_registry_##kind))

#endif
