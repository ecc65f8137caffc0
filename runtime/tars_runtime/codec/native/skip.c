/* Passing over values that nobody asked for: bounded in depth, and counted. */
#include "cursor.h"

static int skip_bytes(Cursor *c, Py_ssize_t size) {
    if (size < 0 || size > left(c)) return FAULT;
    c->at += size;
    return 0;
}

static int skip_elements(Cursor *c, int each) {
    Py_ssize_t count = read_count(c, each);
    if (count < 0) return FAULT;
    for (Py_ssize_t i = 0; i < count * each; i++) {
        int tag, code = read_head(c, &tag);
        if (skip(c, code) < 0) return FAULT;
    }
    return 0;
}

static int skip_fields(Cursor *c) {
    int last = c->last;
    c->last = -1;
    int state = skip_struct(c);
    c->last = last;
    return state;
}

/* Pass over one value whose head is read. */
int skip(Cursor *c, int code) {
    static const int8_t widths[] = {1, 2, 4, 8, 4, 8};
    if (code >= INT8 && code <= FLOAT64) return skip_bytes(c, widths[code]);
    if (code == ZERO) return 0;
    if (code == STRING1 || code == STRING4 || code == SIMPLE_LIST)
        return skip_bytes(c, read_length(c, code));
    if (code != MAP && code != LIST && code != STRUCT_BEGIN) return FAULT;
    if (enter(c) < 0) return FAULT;
    int state = code == STRUCT_BEGIN ? skip_fields(c) : skip_elements(c, code == MAP ? 2 : 1);
    leave(c);
    return state;
}

/* Pass over one member whose head is read. */
static int skip_member(Cursor *c, int tag, int code) {
    if (ascend(c, tag) < 0 || spend(c, 1) < 0) return FAULT;
    return skip(c, code);
}

/* The whole of `find`: pass over the members with lower tags. */
int skip_to(Cursor *c, int tag) {
    while (c->at < c->end) {
        const uint8_t *before = c->at;
        int found, code = read_head(c, &found);
        if (code == FAULT) return FAULT;
        if (code == STRUCT_END || found > tag) {
            c->at = before;
            return ABSENT;
        }
        if (found == tag) return ascend(c, found) < 0 ? FAULT : code;
        if (skip_member(c, found, code) < 0) return FAULT;
    }
    return ABSENT;
}

/* Pass over the rest of a struct, and its end. */
int skip_struct(Cursor *c) {
    for (;;) {
        int tag, code = read_head(c, &tag);
        if (code == STRUCT_END) return 0;
        if (code == FAULT || skip_member(c, tag, code) < 0) return FAULT;
    }
}

/* Pass over the rest of a message's body. */
int skip_members(Cursor *c) {
    while (c->at < c->end) {
        int tag, code = read_head(c, &tag);
        if (code == FAULT || skip_member(c, tag, code) < 0) return FAULT;
    }
    return 0;
}
