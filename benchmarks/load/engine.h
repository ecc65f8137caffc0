/* The loop: N connections, at most M requests in flight on each, closed loop or at a fixed rate. */
#ifndef LOAD_ENGINE_H
#define LOAD_ENGINE_H

#include <stdint.h>
#include <sys/socket.h>

#include "frames.h"
#include "histogram.h"

struct plan {
    enum protocol protocol;
    struct sockaddr_storage address;
    socklen_t address_length;
    unsigned connections, inflight;
    double seconds, warmup, rate, timeout; /* seconds; rate is requests/s, 0 = as fast as replies come */
    uint64_t count;                        /* requests to send, 0 = until the time is over */
    int lazy;                              /* dial a connection with its first request */
};

struct outcome {
    uint64_t replies;   /* in the measured time */
    uint64_t total;     /* warm-up included */
    uint64_t failed;    /* replies with a result other than 0 */
    uint64_t late;      /* replies after `timeout` */
    uint64_t lost;      /* sent, never answered */
    uint64_t broken;    /* connections that failed or were closed */
    double seconds;
    struct histogram latency;
};

/* Returns an error text or NULL. */
const char *engine_run(const struct plan *plan, struct frames *frames, struct outcome *outcome);

#endif
