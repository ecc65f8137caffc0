/* tars-load: load one server on this machine with given requests; says how fast it answered. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "engine.h"

enum { MOST_CONNECTIONS = 50000, MOST_INFLIGHT = 65536, MOST_SECONDS = 600 };

static const char usage[] =
    "usage: tars-load --port PORT (--frames FILE | --hex HEX) (--seconds S | --count N) [options]\n"
    "  --host H          127.0.0.0/8 or ::1; nothing else is ever loaded (127.0.0.1)\n"
    "  --connections N   connections (4)\n"
    "  --inflight M      requests in flight on each connection (32)\n"
    "  --protocol P      tars, framed (4-byte length in front), http (tars)\n"
    "  --warmup S        seconds before measuring begins (0)\n"
    "  --rate R          requests a second in all; without it, as fast as replies come\n"
    "  --timeout S       replies later than this are counted as late\n"
    "  --lazy            dial a connection with its first request, its time included\n"
    "  --json            one JSON object instead of text\n";

static _Noreturn void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("tars-load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

static double number(const char *name, const char *text, double least, double most) {
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (errno || end == text || *end || !(value >= least && value <= most))
        fail("expected %s from %g to %g, got %s", name, least, most, text);
    return value;
}

static void set_address(struct plan *plan, const char *host, int port) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)&plan->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&plan->address;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1 && ntohl(v4->sin_addr.s_addr) >> 24 == 127) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        plan->address_length = sizeof *v4;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr)) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        plan->address_length = sizeof *v6;
    } else {
        fail("expected a loopback address as --host, got %s: only this machine is loaded", host);
    }
}

static enum protocol protocol_named(const char *name) {
    if (!strcmp(name, "tars")) return TARS;
    if (!strcmp(name, "framed")) return FRAMED;
    if (!strcmp(name, "http")) return HTTP;
    fail("expected tars, framed or http as --protocol, got %s", name);
}

static unsigned char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) fail("--frames %s: %s", path, strerror(errno));
    if (fseek(file, 0, SEEK_END)) fail("--frames %s: %s", path, strerror(errno));
    long size = ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(size > 0 ? (size_t)size : 1);
    if (!bytes || size < 0 || fread(bytes, 1, (size_t)size, file) != (size_t)size)
        fail("--frames %s: could not be read", path);
    fclose(file);
    *length = (size_t)size;
    return bytes;
}

static unsigned char *read_hex(const char *text, size_t *length) {
    unsigned char *bytes = malloc(strlen(text) / 2 + 1);
    unsigned value;
    if (!bytes) fail("out of memory");
    for (*length = 0; text[0] && text[1] && sscanf(text, "%2x", &value) == 1; text += 2)
        bytes[(*length)++] = (unsigned char)value;
    if (*text) fail("expected pairs of hexadecimal digits as --hex, got %.8s", text);
    return bytes;
}

struct options {
    const char *host, *file, *hex;
    int port, json;
};

static void take(struct plan *plan, struct options *o, const char *name, const char *value) {
    if (!strcmp(name, "--host")) o->host = value;
    else if (!strcmp(name, "--port")) o->port = (int)number(name, value, 1, 65535);
    else if (!strcmp(name, "--frames")) o->file = value;
    else if (!strcmp(name, "--hex")) o->hex = value;
    else if (!strcmp(name, "--protocol")) plan->protocol = protocol_named(value);
    else if (!strcmp(name, "--connections")) plan->connections = (unsigned)number(name, value, 1, MOST_CONNECTIONS);
    else if (!strcmp(name, "--inflight")) plan->inflight = (unsigned)number(name, value, 1, MOST_INFLIGHT);
    else if (!strcmp(name, "--seconds")) plan->seconds = number(name, value, 0.01, MOST_SECONDS);
    else if (!strcmp(name, "--warmup")) plan->warmup = number(name, value, 0, MOST_SECONDS);
    else if (!strcmp(name, "--count")) plan->count = (uint64_t)number(name, value, 1, 1e9);
    else if (!strcmp(name, "--rate")) plan->rate = number(name, value, 0.1, 1e7);
    else if (!strcmp(name, "--timeout")) plan->timeout = number(name, value, 0.001, MOST_SECONDS);
    else fail("unknown option %s\n%s", name, usage);
}

static void parse(int argc, char **argv, struct plan *plan, struct options *o) {
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help")) {
            fputs(usage, stdout);
            exit(0);
        }
        if (!strcmp(argv[i], "--json")) o->json = 1;
        else if (!strcmp(argv[i], "--lazy")) plan->lazy = 1;
        else if (i + 1 == argc) fail("expected a value behind %s, got none\n%s", argv[i], usage);
        else take(plan, o, argv[i], argv[i + 1]), i++;
    }
    if (!o->port || !o->file == !o->hex || !(plan->seconds > 0 || plan->count)) fail("%s", usage);
    if (!(plan->seconds > 0)) plan->seconds = MOST_SECONDS;
    if (plan->lazy && !(plan->rate > 0)) fail("expected --rate beside --lazy, got none");
}

static void raise_file_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void print(const struct outcome *r, int json) {
    const char *form =
        json ? "{\"qps\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, "
               "\"replies\": %llu, \"total\": %llu, \"seconds\": %.3f, \"failed\": %llu, "
               "\"late\": %llu, \"lost\": %llu, \"broken\": %llu, \"cpu_seconds\": %.3f}\n"
             : "%.1f replies/s   p50 %.1f us   p99 %.1f us   max %.1f us\n"
               "%llu replies measured, %llu in all, %.3f s\n"
               "failed %llu, late %llu, lost %llu, broken connections %llu; own CPU %.3f s\n";
    const struct histogram *h = &r->latency;
    double qps = r->seconds > 0 ? (double)r->replies / r->seconds : 0;
    printf(form, qps, (double)histogram_at(h, 0.5) / 1e3, (double)histogram_at(h, 0.99) / 1e3,
           (double)h->largest / 1e3, (unsigned long long)r->replies, (unsigned long long)r->total,
           r->seconds, (unsigned long long)r->failed, (unsigned long long)r->late,
           (unsigned long long)r->lost, (unsigned long long)r->broken, cpu_seconds());
}

int main(int argc, char **argv) {
    static struct outcome outcome;
    struct plan plan = {.connections = 4, .inflight = 32};
    struct options options = {.host = "127.0.0.1"};
    struct frames frames = {0};
    size_t length;
    parse(argc, argv, &plan, &options);
    set_address(&plan, options.host, options.port);
    unsigned char *memory =
        options.file ? read_file(options.file, &length) : read_hex(options.hex, &length);
    const char *error = frames_load(&frames, plan.protocol, memory, length);
    if (error) fail("%s", error);
    raise_file_limit();
    error = engine_run(&plan, &frames, &outcome);
    if (error) fail("%s", error);
    print(&outcome, options.json);
    return outcome.failed || outcome.broken || outcome.lost ? 1 : 0;
}
