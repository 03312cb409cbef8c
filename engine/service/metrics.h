/* What an operator watches: counters and times of a service, in Prometheus' text format. */
#ifndef SERVICE_METRICS_H
#define SERVICE_METRICS_H

#include "engine/net/server/http.h"
#include "engine/service/metrics_text.h"
#include "engine/service/service.h"

struct metrics;

/* Listens to the service's executions (service_on_final) until metrics_free. */
struct metrics *metrics_new(struct service *service);
void metrics_free(struct metrics *metrics);

/* A request was answered with that status. */
void metrics_answered(struct metrics *metrics, unsigned status);

/* All there is, as METRICS_TYPE; http NULL: nothing of it. */
void metrics_write(const struct metrics *metrics, const struct http *http, struct buf *out);

/* Of this process, under the names that all Prometheus clients use; for metrics.c. */
void metrics_process(struct buf *out);

#endif
