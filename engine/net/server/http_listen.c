/* Listening sockets: what their addresses look like, and how one is bound. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/net/http_syntax.h"
#include "engine/net/server/http_server.h"

enum { BACKLOG = 1024 };

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static int refuse(const char *text, struct error *err)
{
	return error_set(err, ERROR_USAGE,
			 "\"%s\" is no listener: it must be like 127.0.0.1:7357, [::1]:7357 or "
			 "unix:/run/assay.sock",
			 text);
}

static int parse_port(const char *digits, in_port_t *out)
{
	unsigned port = 0;
	if (*digits == '\0' || strlen(digits) > 5)
		return -1;
	for (; *digits; digits++) {
		if (!http_is_digit(*digits))
			return -1;
		port = port * 10 + (unsigned)(*digits - '0');
	}
	*out = htons((in_port_t)port);
	return port > 65535 ? -1 : 0;
}

static int parse_path(union address *out, const char *path)
{
	if (path[0] != '/' || strlen(path) >= sizeof(out->un.sun_path))
		return -1;
	out->un.sun_family = AF_UNIX;
	memcpy(out->un.sun_path, path, strlen(path) + 1);
	return 0;
}

static int parse(const char *text, union address *out, struct error *err)
{
	memset(out, 0, sizeof(*out));
	if (strncmp(text, "unix:", 5) == 0)
		return parse_path(out, text + 5) == 0 ? 0 : refuse(text, err);
	char host[INET6_ADDRSTRLEN];
	bool bracket = text[0] == '[';
	const char *start = text + bracket;
	const char *end = strchr(start, bracket ? ']' : ':');
	if (!end || (size_t)(end - start) >= sizeof(host))
		return refuse(text, err);
	memcpy(host, start, (size_t)(end - start));
	host[end - start] = '\0';
	const char *colon = end + bracket;
	in_port_t port;
	if (*colon != ':' || parse_port(colon + 1, &port) != 0)
		return refuse(text, err);
	out->any.sa_family = bracket ? AF_INET6 : AF_INET;
	void *bits = bracket ? (void *)&out->in6.sin6_addr : (void *)&out->in.sin_addr;
	if (inet_pton(out->any.sa_family, host, bits) != 1)
		return refuse(text, err);
	if (bracket)
		out->in6.sin6_port = port;
	else
		out->in.sin_port = port;
	return 0;
}

static socklen_t length_of(const union address *address)
{
	switch (address->any.sa_family) {
	case AF_INET: return sizeof(address->in);
	case AF_INET6: return sizeof(address->in6);
	default: return sizeof(address->un);
	}
}

/* By an address of this machine alone, or a unix socket. */
static bool is_loopback(const union address *address)
{
	if (address->any.sa_family == AF_INET)
		return ntohl(address->in.sin_addr.s_addr) >> 24 == 127;
	if (address->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address->in6.sin6_addr);
	return address->any.sa_family == AF_UNIX;
}

int http_listener_is_local(const char *text, bool *out, struct error *err)
{
	union address address;
	if (parse(text, &address, err) != 0)
		return -1;
	*out = is_loopback(&address);
	return 0;
}

/* Whether the unix socket's name is left over from a process that died. */
static bool is_stale(const union address *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	int rc = connect(fd, &address->any, sizeof(address->un));
	bool stale = rc != 0 && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int bind_unix(int fd, const union address *address, struct http_listener *listener,
		     struct error *err)
{
	const char *path = address->un.sun_path;
	struct stat found;
	/* before bind, so that nobody finds the name with another mode */
	if (fchmod(fd, 0600) != 0)
		return error_errno(err, errno, "chmod of a socket");
	int rc = bind(fd, &address->any, sizeof(address->un));
	if (rc != 0 && errno == EADDRINUSE) {
		if (lstat(path, &found) == 0 && !S_ISSOCK(found.st_mode))
			return error_set(err, ERROR_CONFLICT, "%s is there and is no socket", path);
		if (!is_stale(address))
			return error_set(err, ERROR_CONFLICT, "somebody listens on %s already",
					 path);
		unlink(path);
		rc = bind(fd, &address->any, sizeof(address->un));
	}
	if (rc != 0)
		return error_errno(err, errno, "bind %s", path);
	if (stat(path, &found) != 0)
		return error_errno(err, errno, "stat %s", path);
	snprintf(listener->path, sizeof(listener->path), "%s", path);
	listener->device = found.st_dev;
	listener->inode = found.st_ino;
	return 0;
}

/* Accepted sockets inherit these: a client whose machine vanished is noticed within minutes. */
static void set_tcp_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{SOL_SOCKET, SO_REUSEADDR, 1},   {SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, 60}, {IPPROTO_TCP, TCP_KEEPINTVL, 15},
		{IPPROTO_TCP, TCP_KEEPCNT, 4},
	};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int));
}

static int bind_tcp(int fd, const union address *address, const char *text, struct error *err)
{
	int on = 1;
	set_tcp_options(fd);
	if (address->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &address->any, length_of(address)) != 0)
		return error_errno(err, errno, "bind %s", text);
	return 0;
}

static void write_address(struct http_listener *listener, const char *text)
{
	union address bound;
	socklen_t len = sizeof(bound);
	char host[INET6_ADDRSTRLEN] = "";
	memset(&bound, 0, sizeof(bound));
	getsockname(listener->fd, &bound.any, &len);
	if (bound.any.sa_family == AF_UNIX) {
		snprintf(listener->address, sizeof(listener->address), "%s", text);
	} else if (bound.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &bound.in6.sin6_addr, host, sizeof(host));
		snprintf(listener->address, sizeof(listener->address), "[%s]:%u", host,
			 ntohs(bound.in6.sin6_port));
	} else {
		inet_ntop(AF_INET, &bound.in.sin_addr, host, sizeof(host));
		snprintf(listener->address, sizeof(listener->address), "%s:%u", host,
			 ntohs(bound.in.sin_port));
	}
}

int http_listen_bind(struct http_listener *listener, const char *text, struct error *err)
{
	union address address;
	listener->fd = -1;
	if (parse(text, &address, err) != 0)
		return -1;
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_errno(err, errno, "a socket for %s", text);
	int rc = address.any.sa_family == AF_UNIX ? bind_unix(fd, &address, listener, err)
						  : bind_tcp(fd, &address, text, err);
	if (rc == 0 && listen(fd, BACKLOG) != 0)
		rc = error_errno(err, errno, "listen on %s", text);
	if (rc != 0) {
		close(fd);
		http_listen_unlink(listener);
		return -1;
	}
	listener->fd = fd;
	write_address(listener, text);
	return 0;
}

void http_listen_unlink(struct http_listener *listener)
{
	struct stat found;
	if (listener->path[0] && lstat(listener->path, &found) == 0 &&
	    found.st_dev == listener->device && found.st_ino == listener->inode)
		unlink(listener->path);
	listener->path[0] = '\0';
}
