/* The plain layouts, read and written. Every byte between the values is a constant. */
#include "plain.h"

#include "buffer.h"

#define SIZED(text) (text), (Py_ssize_t)sizeof(text) - 1

/* Pass over bytes that can only be these. */
static inline int constant(Cursor *c, const char *bytes, Py_ssize_t size) {
    if (left(c) < size || memcmp(c->at, bytes, size) != 0) return FAULT;
    c->at += size;
    return 0;
}

/* An int of at most 32 bits at a tag. */
static inline int narrow(Cursor *c, int tag, int32_t *number) {
    int64_t value;
    if (left(c) < 1 || *c->at >> 4 != tag) return FAULT;
    int code = *c->at++ & 15;
    if (code == INT64 || read_number(c, code, &value) < 0) return FAULT;
    *number = (int32_t)value;
    return 0;
}

/* An id: as `narrow`, but no ZERO, which is the id of pushes. */
static inline int identity(Cursor *c, int tag, int32_t *id) {
    if (left(c) < 1 || (*c->at & 15) == ZERO) return FAULT;
    return narrow(c, tag, id);
}

static inline int span(Cursor *c, Py_ssize_t size, Span *found) {
    if (size < 0 || size > left(c)) return FAULT;
    found->start = c->at;
    found->size = size;
    c->at += size;
    return 0;
}

/* A string whose length is a byte. */
static inline int name(Cursor *c, int tag, Span *found) {
    if (left(c) < 2 || *c->at != (tag << 4 | STRING1)) return FAULT;
    c->at += 2;
    return span(c, c->at[-1], found);
}

/* The bytes of a body behind the heads of theirs: a length and so many. */
static inline int body(Cursor *c, Span *found) {
    int32_t size;
    return narrow(c, 0, &size) < 0 ? FAULT : span(c, size, found);
}

int plain_request(const uint8_t *at, const uint8_t *end, PlainRequest *found) {
    Cursor c = {.at = at, .end = end};
    if (constant(&c, SIZED("\x10\x01\x2c\x3c")) < 0 || identity(&c, 4, &found->id) < 0) return FAULT;
    found->names.start = c.at;
    if (name(&c, 5, &found->servant) < 0 || name(&c, 6, &found->function) < 0) return FAULT;
    found->names.size = c.at - found->names.start;
    if (constant(&c, SIZED("\x7d\x00")) < 0 || body(&c, &found->body) < 0) return FAULT;
    if (narrow(&c, 8, &found->timeout) < 0) return FAULT;
    return constant(&c, SIZED("\x98\x0c\xa8\x0c")) < 0 || c.at != end ? FAULT : 0;
}

int plain_response(const uint8_t *at, const uint8_t *end, PlainResponse *found) {
    Cursor c = {.at = at, .end = end};
    if (constant(&c, SIZED("\x10\x01\x2c")) < 0 || identity(&c, 3, &found->id) < 0) return FAULT;
    if (constant(&c, SIZED("\x4c\x5c\x6d\x00")) < 0 || body(&c, &found->body) < 0) return FAULT;
    return constant(&c, SIZED("\x78\x0c")) < 0 || c.at != end ? FAULT : 0;
}

/* How many bytes `store_integer` makes of a number. */
static inline int width(int64_t value) {
    if (value == 0) return 1;
    if (value == (int8_t)value) return 2;
    return value == (int16_t)value ? 3 : 5;
}

static inline uint8_t *store(uint8_t *p, const void *bytes, Py_ssize_t size) {
    memcpy(p, bytes, size);
    return p + size;
}

static inline uint8_t *store_span(uint8_t *p, Span span) { return store(p, span.start, span.size); }

/* A frame to be filled: its length stands there, `*p` is behind it. `rest`: what comes besides
 * names, body and the body's length. */
static PyObject *open_frame(uint8_t **p, Py_ssize_t rest, Py_ssize_t names, Py_ssize_t body) {
    if (names > INT32_MAX / 2 || body > INT32_MAX / 2) {
        PyErr_SetString(PyExc_OverflowError, "expected names and a body of less than 1 GiB");
        return NULL;
    }
    Py_ssize_t size = 4 + rest + names + width(body) + body;
    PyObject *made = PyBytes_FromStringAndSize(NULL, size);
    if (made != NULL) *p = store32((uint8_t *)PyBytes_AS_STRING(made), (uint32_t)size);
    return made;
}

PyObject *plain_request_frame(int32_t id, Span names, Span body, int32_t timeout) {
    uint8_t *p;
    PyObject *made = open_frame(&p, 4 + width(id) + 2 + width(timeout) + 4, names.size, body.size);
    if (made == NULL) return NULL;
    p = store_integer(store(p, SIZED("\x10\x01\x2c\x3c")), 4, id);
    p = store(store_span(p, names), SIZED("\x7d\x00"));
    p = store_span(store_integer(p, 0, body.size), body);
    store(store_integer(p, 8, timeout), SIZED("\x98\x0c\xa8\x0c"));
    return made;
}

PyObject *plain_success_frame(int32_t id, Span body) {
    uint8_t *p;
    PyObject *made = open_frame(&p, 3 + width(id) + 4 + 2, 0, body.size);
    if (made == NULL) return NULL;
    p = store_integer(store(p, SIZED("\x10\x01\x2c")), 3, id);
    p = store_integer(store(p, SIZED("\x4c\x5c\x6d\x00")), 0, body.size);
    store(store_span(p, body), SIZED("\x78\x0c"));
    return made;
}
