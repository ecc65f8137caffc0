/* A clock that jumps: loaded before the C library, it adds the seconds that a file holds.
 * CLOCK_JUMPS names the file: two 64-bit numbers, for the wall clock and for the monotonic one. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *jumps;

__attribute__((constructor)) static void open_jumps(void) {
    int file = open(getenv("CLOCK_JUMPS"), O_RDONLY);
    void *map = mmap(NULL, 16, PROT_READ, MAP_SHARED, file, 0);
    jumps = map == MAP_FAILED ? NULL : map;
    close(file);
}

int clock_gettime(clockid_t which, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, which, now);
    if (!failed && jumps && (which == CLOCK_REALTIME || which == CLOCK_MONOTONIC))
        now->tv_sec += jumps[which == CLOCK_MONOTONIC];
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *into) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (into)
        *into = exact.tv_sec;
    return exact.tv_sec;
}
