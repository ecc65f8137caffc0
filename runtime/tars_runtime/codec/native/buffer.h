/* Writing: bytes that grow, the first few on the stack. */
#ifndef TARS_BUFFER_H
#define TARS_BUFFER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "wire.h"

#define FAULT (-2)
#define ON_STACK 4096

typedef struct {
    uint8_t *start, *at, *end;
    int depth;           /* values that may still be opened */
    Py_ssize_t string;   /* the longest string */
    const char *charset; /* NULL: strict UTF-8 */
    const char *errors;
    int elide;           /* leave out what equals its default */
    uint8_t first[ON_STACK];
} Buffer;

void buffer_open(Buffer *b);
void buffer_close(Buffer *b);
int buffer_grow(Buffer *b, Py_ssize_t size); /* room for size more bytes; FAULT: no memory */

static inline Py_ssize_t buffer_size(const Buffer *b) { return b->at - b->start; }

static inline int need(Buffer *b, Py_ssize_t size) {
    return b->end - b->at >= size ? 0 : buffer_grow(b, size);
}

static inline uint8_t *store16(uint8_t *p, uint16_t value) {
    *p++ = (uint8_t)(value >> 8);
    *p++ = (uint8_t)value;
    return p;
}

static inline uint8_t *store32(uint8_t *p, uint32_t value) {
    return store16(store16(p, (uint16_t)(value >> 16)), (uint16_t)value);
}

static inline uint8_t *store64(uint8_t *p, uint64_t value) {
    return store32(store32(p, (uint32_t)(value >> 32)), (uint32_t)value);
}

/* A head; room for it is there. */
static inline uint8_t *store_head(uint8_t *p, int tag, int code) {
    if (tag < 15) {
        *p++ = (uint8_t)(tag << 4 | code);
        return p;
    }
    *p++ = (uint8_t)(0xF0 | code);
    *p++ = (uint8_t)tag;
    return p;
}

#define LARGEST 10 /* bytes of an integer: a head of two, a payload of eight */

/* Head and payload of an integer, in the smallest type; room for it is there. */
static inline uint8_t *store_integer(uint8_t *p, int tag, int64_t value) {
    if (value == (int8_t)value) {
        if (value == 0) return store_head(p, tag, ZERO);
        p = store_head(p, tag, INT8);
        *p++ = (uint8_t)value;
        return p;
    }
    if (value == (int16_t)value) return store16(store_head(p, tag, INT16), (uint16_t)value);
    if (value == (int32_t)value) return store32(store_head(p, tag, INT32), (uint32_t)value);
    return store64(store_head(p, tag, INT64), (uint64_t)value);
}

static inline int write_integer(Buffer *b, int tag, int64_t value) {
    if (need(b, LARGEST) < 0) return FAULT;
    b->at = store_integer(b->at, tag, value);
    return 0;
}

static inline int write_head(Buffer *b, int tag, int code) {
    if (need(b, 2) < 0) return FAULT;
    b->at = store_head(b->at, tag, code);
    return 0;
}

#endif
