/* The bytes that grow. */
#include "buffer.h"

void buffer_open(Buffer *b) {
    b->start = b->at = b->first;
    b->end = b->first + ON_STACK;
}

void buffer_close(Buffer *b) {
    if (b->start != b->first) PyMem_Free(b->start);
}

int buffer_grow(Buffer *b, Py_ssize_t size) {
    Py_ssize_t used = buffer_size(b), room = b->end - b->start;
    if (size > PY_SSIZE_T_MAX / 2 - used) return FAULT;
    while (room < used + size) room *= 2;
    uint8_t *moved = b->start == b->first ? PyMem_Malloc(room) : PyMem_Realloc(b->start, room);
    if (moved == NULL) {
        PyErr_NoMemory();
        return FAULT;
    }
    if (b->start == b->first) memcpy(moved, b->first, used);
    b->start = moved;
    b->at = moved + used;
    b->end = moved + room;
    return 0;
}
