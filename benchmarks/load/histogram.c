#include "histogram.h"

/* Values below 2^7 have a row each; above, each power of two has 2^7 rows. */
static unsigned row_of(uint64_t value) {
    if (value < 1u << HISTOGRAM_BITS) return (unsigned)value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_BITS;
    return ((shift + 1) << HISTOGRAM_BITS) + (unsigned)((value >> shift) & ((1 << HISTOGRAM_BITS) - 1));
}

static uint64_t value_of(unsigned row) {
    if (row < 1u << HISTOGRAM_BITS) return row;
    unsigned shift = (row >> HISTOGRAM_BITS) - 1;
    uint64_t mantissa = (row & ((1 << HISTOGRAM_BITS) - 1)) | 1 << HISTOGRAM_BITS;
    return mantissa << shift;
}

void histogram_add(struct histogram *histogram, uint64_t value) {
    histogram->counts[row_of(value)]++;
    histogram->total++;
    if (value > histogram->largest) histogram->largest = value;
}

uint64_t histogram_at(const struct histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)(share * (double)histogram->total), seen = 0;
    for (unsigned row = 0; row < sizeof histogram->counts / sizeof *histogram->counts; row++) {
        seen += histogram->counts[row];
        if (seen > wanted) return value_of(row);
    }
    return histogram->largest;
}
