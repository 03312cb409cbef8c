/* libmicrohttpd, loaded when it is first needed (library.h). */
#include "engine/net/server/http_library.h"

#include "engine/base/library.h"

#define SONAME "libmicrohttpd.so.12"

#define FUNCTIONS(X)                                                                               \
	X(MHD_add_response_header)                                                                 \
	X(MHD_create_response_from_buffer)                                                         \
	X(MHD_create_response_from_callback)                                                       \
	X(MHD_destroy_response)                                                                    \
	X(MHD_get_connection_info)                                                                 \
	X(MHD_get_connection_values_n)                                                             \
	X(MHD_get_daemon_info)                                                                     \
	X(MHD_get_timeout)                                                                         \
	X(MHD_queue_response)                                                                      \
	X(MHD_quiesce_daemon)                                                                      \
	X(MHD_resume_connection)                                                                   \
	X(MHD_run)                                                                                 \
	X(MHD_set_response_options)                                                                \
	X(MHD_start_daemon)                                                                        \
	X(MHD_stop_daemon)                                                                         \
	X(MHD_suspend_connection)

LIBRARY(FUNCTIONS);

int http_library_load(struct error *err)
{
	return library_load(SONAME, names, PLACES, symbols, err);
}

/* ---- the daemon ---- */

struct MHD_Daemon *http_library_start(unsigned flags, MHD_AccessHandlerCallback handler, void *ctx,
				      struct MHD_OptionItem *options)
{
	return LIBRARY_THEIRS(MHD_start_daemon)(flags, 0, NULL, NULL, handler, ctx,
						MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

LIBRARY_PASS(enum MHD_Result, MHD_run, (struct MHD_Daemon * daemon), (daemon))
LIBRARY_PASS_VOID(MHD_stop_daemon, struct MHD_Daemon *daemon, daemon)
LIBRARY_PASS(MHD_socket, MHD_quiesce_daemon, (struct MHD_Daemon * daemon), (daemon))
LIBRARY_PASS(enum MHD_Result, MHD_get_timeout,
	     (struct MHD_Daemon * daemon, MHD_UNSIGNED_LONG_LONG *ms), (daemon, ms))
/* The variable arguments of these two are for later: none of the kinds that there are takes one. */
const union MHD_DaemonInfo *MHD_get_daemon_info(struct MHD_Daemon *daemon,
						enum MHD_DaemonInfoType what, ...)
{
	return LIBRARY_THEIRS(MHD_get_daemon_info)(daemon, what);
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
							enum MHD_ConnectionInfoType what, ...)
{
	return LIBRARY_THEIRS(MHD_get_connection_info)(connection, what);
}

/* ---- connections ---- */

LIBRARY_PASS_VOID(MHD_suspend_connection, struct MHD_Connection *connection, connection)
LIBRARY_PASS_VOID(MHD_resume_connection, struct MHD_Connection *connection, connection)
LIBRARY_PASS(int, MHD_get_connection_values_n,
	     (struct MHD_Connection * connection, enum MHD_ValueKind kind,
	      MHD_KeyValueIteratorN field, void *ctx),
	     (connection, kind, field, ctx))

/* ---- responses ---- */

LIBRARY_PASS(struct MHD_Response *, MHD_create_response_from_buffer,
	     (size_t len, void *data, enum MHD_ResponseMemoryMode mode), (len, data, mode))
LIBRARY_PASS(struct MHD_Response *, MHD_create_response_from_callback,
	     (uint64_t len, size_t block, MHD_ContentReaderCallback reader, void *ctx,
	      MHD_ContentReaderFreeCallback done),
	     (len, block, reader, ctx, done))
LIBRARY_PASS_VOID(MHD_destroy_response, struct MHD_Response *response, response)
LIBRARY_PASS(enum MHD_Result, MHD_add_response_header,
	     (struct MHD_Response * response, const char *name, const char *value),
	     (response, name, value))
LIBRARY_PASS(enum MHD_Result, MHD_queue_response,
	     (struct MHD_Connection * connection, unsigned status, struct MHD_Response *response),
	     (connection, status, response))

enum MHD_Result http_library_set_flags(struct MHD_Response *response, enum MHD_ResponseFlags flags)
{
	return LIBRARY_THEIRS(MHD_set_response_options)(response, flags, MHD_RO_END);
}
