// The gateway on a desktop, over Unix sockets, as QEMU has them: it connects to the console and listens on the lines.
//
//     gateway CONSOLE LINE LINE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "gateway.h"
#include "stillwire.h"

#define PORTS (GATEWAY_LINES + 1)

// The console and the lines; -1: nobody is plugged in. `full`: wait until it takes more.
static int ports[PORTS], listeners[PORTS];
static bool full[PORTS];

static void fail(const char *what) {
    perror(what);
    exit(EXIT_FAILURE);
}

static uint64_t micros(void) {
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u;
}

static int unix_socket(const char *path, bool listens) {
    struct sockaddr_un address;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    strcpy(address.sun_path, path);
    int file = socket(AF_UNIX, SOCK_STREAM, 0);
    const struct sockaddr *at = (const struct sockaddr *)&address;
    if (file < 0 || (listens ? bind(file, at, sizeof address) || listen(file, 1) : connect(file, at, sizeof address))) {
        fail(path);
    }
    fcntl(file, F_SETFL, O_NONBLOCK);
    return file;
}

static size_t write_port(size_t port, const uint8_t *bytes, size_t len) {
    if (ports[port] < 0) {
        return len; // a line that nobody holds takes everything
    }
    ssize_t written = write(ports[port], bytes, len);
    full[port] = written < (ssize_t)len;
    return written < 0 ? 0 : (size_t)written;
}

static void read_port(uint64_t now, size_t port) {
    uint8_t bytes[256];
    ssize_t len = read(ports[port], bytes, sizeof bytes);
    if (len == 0 || (len < 0 && errno != EAGAIN)) {
        if (port == 0) {
            exit(EXIT_SUCCESS);
        }
        close(ports[port]);
        ports[port] = -1;
        full[port] = false;
    } else if (len > 0 && port == 0) {
        gateway_printed(now, bytes, (size_t)len, 0);
    } else if (len > 0) {
        gateway_received(now, port - 1, bytes, (size_t)len);
    }
}

// Until something comes, a port takes more, or the host has something to do.
static void wait_for_news(struct pollfd *files) {
    for (size_t port = 0; port < PORTS; port++) {
        bool plugged = ports[port] >= 0;
        files[port].fd = plugged ? ports[port] : listeners[port];
        files[port].events = (short)(POLLIN | (plugged && full[port] ? POLLOUT : 0));
    }
    uint64_t due = gateway_poll_at(), now = micros();
    uint64_t millis = due <= now ? 0 : (due - now + 999) / 1000;
    if (poll(files, PORTS, due == SW_NEVER || millis > 60000 ? 60000 : (int)millis) < 0 && errno != EINTR) {
        fail("poll");
    }
}

int main(int argc, char **argv) {
    struct pollfd files[PORTS];
    if (argc != PORTS + 1) {
        fprintf(stderr, "usage: gateway CONSOLE LINE LINE\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    for (size_t port = 1; port < PORTS; port++) {
        listeners[port] = unix_socket(argv[port + 1], true);
        ports[port] = -1;
    }
    ports[0] = unix_socket(argv[1], false);
    if (!gateway_start(micros(), micros() ^ (uint64_t)getpid() << 32)) {
        fprintf(stderr, "gateway: the library is another version than its header\n");
        return EXIT_FAILURE;
    }
    for (;;) {
        wait_for_news(files);
        for (size_t port = 0; port < PORTS; port++) {
            if (!(files[port].revents & (POLLIN | POLLHUP | POLLERR))) {
                continue;
            }
            if (ports[port] >= 0) {
                read_port(micros(), port);
            } else if ((ports[port] = accept(listeners[port], NULL, NULL)) >= 0) {
                fcntl(ports[port], F_SETFL, O_NONBLOCK);
            }
        }
        gateway_poll(micros());
        while (gateway_send(micros(), write_port)) {
            gateway_poll(micros());
        }
    }
}
