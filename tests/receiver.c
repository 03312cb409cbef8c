/* An HTTP server on loopback that answers as a test says. */
#include "tests/receiver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 4 << 20, TICK_MS = 20 };

struct connection {
	struct receiver *receiver;
	int fd;
};

static bool is_stopping(struct receiver *receiver)
{
	pthread_mutex_lock(&receiver->lock);
	bool stopping = receiver->stopping;
	pthread_mutex_unlock(&receiver->lock);
	return stopping;
}

/* Something can be read or the other side left; false: the receiver stops. */
static bool wait_readable(struct receiver *receiver, int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	while (poll(&poll_fd, 1, TICK_MS) == 0)
		if (is_stopping(receiver))
			return false;
	return true;
}

void receiver_hold(struct receiver *receiver, int fd)
{
	char text[4096];
	while (wait_readable(receiver, fd))
		if (recv(fd, text, sizeof(text), 0) <= 0)
			return;
}

void receiver_header(const char *text, const char *name, char *value, size_t size)
{
	size_t len = strlen(name);
	*value = '\0';
	for (const char *line = strstr(text, "\r\n"); line && strncmp(line, "\r\n\r\n", 4) != 0;
	     line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
			continue;
		const char *from = line + 2 + len + 1;
		from += strspn(from, " ");
		snprintf(value, size, "%.*s", (int)strcspn(from, "\r"), from);
		return;
	}
}

/* The body's start once the whole request is in text, else NULL. */
static const char *whole(const char *text, size_t len)
{
	char length[32];
	const char *end = strstr(text, "\r\n\r\n");
	if (!end)
		return NULL;
	receiver_header(text, "Content-Length", length, sizeof(length));
	size_t want = strtoul(length, NULL, 10);
	return len - (size_t)(end + 4 - text) >= want ? end + 4 : NULL;
}

static void *serve_connection(void *ctx)
{
	struct connection *connection = ctx;
	struct receiver *receiver = connection->receiver;
	char *text = calloc(1, REQUEST_MAX + 1);
	size_t len = 0;
	const char *body = NULL;
	while (!body && len < REQUEST_MAX && wait_readable(receiver, connection->fd)) {
		ssize_t got = recv(connection->fd, text + len, REQUEST_MAX - len, 0);
		if (got <= 0)
			break;
		len += (size_t)got;
		body = whole(text, len);
	}
	if (body) {
		pthread_mutex_lock(&receiver->lock);
		receiver->requests++;
		pthread_mutex_unlock(&receiver->lock);
		receiver->serve(receiver, connection->fd, text, body);
	}
	free(text);
	close(connection->fd);
	free(connection);
	pthread_mutex_lock(&receiver->lock);
	receiver->open--;
	pthread_cond_broadcast(&receiver->changed);
	pthread_mutex_unlock(&receiver->lock);
	return NULL;
}

static void *accept_all(void *ctx)
{
	struct receiver *receiver = ctx;
	while (wait_readable(receiver, receiver->listener)) {
		int fd = accept(receiver->listener, NULL, NULL);
		if (fd < 0)
			continue;
		struct connection *connection = malloc(sizeof(*connection));
		*connection = (struct connection){receiver, fd};
		pthread_mutex_lock(&receiver->lock);
		receiver->open++;
		pthread_mutex_unlock(&receiver->lock);
		pthread_t thread;
		if (pthread_create(&thread, NULL, serve_connection, connection) != 0)
			abort();
		pthread_detach(thread);
	}
	return NULL;
}

void receiver_start(struct receiver *receiver, int port, receiver_fn serve, void *ctx)
{
	*receiver = (struct receiver){.serve = serve, .ctx = ctx};
	pthread_mutex_init(&receiver->lock, NULL);
	pthread_cond_init(&receiver->changed, NULL);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t len = sizeof(address);
	int yes = 1;
	receiver->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(receiver->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(receiver->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(receiver->listener, 512) != 0 ||
	    getsockname(receiver->listener, (struct sockaddr *)&address, &len) != 0)
		abort();
	receiver->port = ntohs(address.sin_port);
	snprintf(receiver->url, sizeof(receiver->url), "http://127.0.0.1:%d", receiver->port);
	if (pthread_create(&receiver->thread, NULL, accept_all, receiver) != 0)
		abort();
}

void receiver_stop(struct receiver *receiver)
{
	pthread_mutex_lock(&receiver->lock);
	receiver->stopping = true;
	pthread_mutex_unlock(&receiver->lock);
	pthread_join(receiver->thread, NULL);
	pthread_mutex_lock(&receiver->lock);
	while (receiver->open > 0)
		pthread_cond_wait(&receiver->changed, &receiver->lock);
	pthread_mutex_unlock(&receiver->lock);
	close(receiver->listener);
}

void receiver_say(int fd, const char *format, ...)
{
	char text[4096];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (int sent = 0; sent < len;) {
		ssize_t got = send(fd, text + sent, (size_t)(len - sent), MSG_NOSIGNAL);
		if (got <= 0)
			return;
		sent += (int)got;
	}
}
