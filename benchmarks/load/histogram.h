/* Latencies in nanoseconds, kept within 0.8 % in a fixed table, however many there are. */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS 7
#define HISTOGRAM_ROWS ((64 - HISTOGRAM_BITS) << HISTOGRAM_BITS)

struct histogram {
    uint64_t counts[HISTOGRAM_ROWS + (1 << HISTOGRAM_BITS)];
    uint64_t total, largest;
};

void histogram_add(struct histogram *histogram, uint64_t value);
/* The value below which `share` (0 to 1) of all lie; 0 of an empty histogram. */
uint64_t histogram_at(const struct histogram *histogram, double share);

#endif
