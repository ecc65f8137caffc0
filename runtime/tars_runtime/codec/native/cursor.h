/* Reading: a position in bytes that nobody vouches for, and what may still be read.
 *
 * Every function that can fail says FAULT (or NULL). A fault needs no reason: the reference
 * engine decodes the message again and tells it.
 */
#ifndef TARS_CURSOR_H
#define TARS_CURSOR_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "wire.h"

#define ABSENT (-1)
#define FAULT (-2)

typedef struct {
    const uint8_t *at, *end;
    int depth;             /* values that may still be opened */
    Py_ssize_t elements;   /* elements that may still come */
    Py_ssize_t string;     /* the longest string */
    const char *charset;   /* NULL: strict UTF-8 */
    const char *errors;
    int strict;
    int last;              /* strict: the tag before */
} Cursor;

int skip(Cursor *c, int code);
int skip_to(Cursor *c, int tag);
int skip_struct(Cursor *c);
int skip_members(Cursor *c);

static inline Py_ssize_t left(const Cursor *c) { return c->end - c->at; }

static inline uint16_t load16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }

static inline uint32_t load32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t load64(const uint8_t *p) {
    return (uint64_t)load32(p) << 32 | load32(p + 4);
}

/* Read a head: the type code; the tag goes to *tag. */
static inline int read_head(Cursor *c, int *tag) {
    *tag = -1;
    if (c->at >= c->end) return FAULT;
    int byte = *c->at++;
    *tag = byte >> 4;
    if (byte >= 0xF0) {
        if (c->at >= c->end) return FAULT;
        *tag = *c->at++;
        if (c->strict && *tag < 15) return FAULT;
    }
    return byte & 15;
}

/* Go to the value at a tag: its type code; ABSENT before a higher tag, a struct's end, the end. */
static inline int find(Cursor *c, int tag) {
    if (c->at >= c->end) return ABSENT;
    int byte = *c->at;
    if (byte < 0xF0 && !c->strict) {
        if ((byte & 15) == STRUCT_END) return ABSENT;
        int here = byte >> 4;
        if (here == tag) {
            c->at++;
            return byte & 15;
        }
        if (here > tag) return ABSENT;
    }
    return skip_to(c, tag);
}

/* Read the head of an element, which must be at a tag. */
static inline int expect(Cursor *c, int tag) {
    int found, code = read_head(c, &found);
    return found == tag && code != STRUCT_END ? code : FAULT;
}

/* Read the payload of an integer; 0 if all is well. */
static inline int read_number(Cursor *c, int code, int64_t *value) {
    static const int8_t widths[] = {1, 2, 4, 8};
    if (code == ZERO) {
        *value = 0;
        return 0;
    }
    if (code < INT8 || code > INT64 || left(c) < widths[code]) return FAULT;
    switch (code) {
    case INT8: *value = (int8_t)*c->at; break;
    case INT16: *value = (int16_t)load16(c->at); break;
    case INT32: *value = (int32_t)load32(c->at); break;
    default: *value = (int64_t)load64(c->at); break;
    }
    c->at += widths[code];
    return 0;
}

/* Read a count or a length. */
static inline Py_ssize_t read_size(Cursor *c) {
    int64_t value;
    int code = expect(c, 0);
    if (code == INT64 || read_number(c, code, &value) < 0 || value < 0) return FAULT;
    return (Py_ssize_t)value;
}

static inline int spend(Cursor *c, Py_ssize_t elements) {
    c->elements -= elements;
    return c->elements < 0 ? FAULT : 0;
}

/* Read the count of a vector or, with 2 values each, of a map: no more than bytes that remain. */
static inline Py_ssize_t read_count(Cursor *c, int each) {
    Py_ssize_t count = read_size(c);
    if (count < 0 || count > left(c) / each || spend(c, count * each) < 0) return FAULT;
    return count;
}

/* Read the length of a string's or of bytes, and check that so many are there. */
static inline Py_ssize_t read_length(Cursor *c, int code) {
    Py_ssize_t length;
    if (code == STRING1) {
        if (left(c) < 1) return FAULT;
        length = *c->at++;
    } else if (code == STRING4) {
        if (left(c) < 4) return FAULT;
        length = load32(c->at);
        c->at += 4;
    } else {
        if (expect(c, 0) != INT8) return FAULT;
        length = read_size(c);
    }
    return length <= c->string && length <= left(c) ? length : FAULT;
}

static inline int enter(Cursor *c) { return --c->depth < 0 ? FAULT : 0; }

static inline void leave(Cursor *c) { c->depth++; }

/* In strict mode, hold tags to their order. */
static inline int ascend(Cursor *c, int tag) {
    if (c->strict && tag <= c->last) return FAULT;
    c->last = tag;
    return 0;
}

#endif
