/* libmicrohttpd, loaded when the server starts. */
#ifndef NET_HTTP_LIBRARY_H
#define NET_HTTP_LIBRARY_H

#include <microhttpd.h>

#include "engine/base/error.h"

/* Before any function of the library; may be called again. */
int http_library_load(struct error *err);

/* MHD_start_daemon without the variable arguments; options end with MHD_OPTION_END. */
struct MHD_Daemon *http_library_start(unsigned flags, MHD_AccessHandlerCallback handler, void *ctx,
				      struct MHD_OptionItem *options);

/* MHD_set_response_options without the variable arguments. */
enum MHD_Result http_library_set_flags(struct MHD_Response *response, enum MHD_ResponseFlags flags);

#endif
