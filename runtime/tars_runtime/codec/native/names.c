/* The names that were seen. */
#include "names.h"

static size_t place_of(Span span) {
    uint64_t hash = (uint64_t)span.size, word;
    const uint8_t *p = span.start;
    for (Py_ssize_t rest = span.size; rest > 0; p += 8, rest -= 8) {
        word = 0;
        memcpy(&word, p, rest < 8 ? (size_t)rest : 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    return hash & (PLACES - 1);
}

static inline int is_here(const Names *place, Span span) {
    return place->bytes != NULL && PyBytes_GET_SIZE(place->bytes) == span.size &&
           memcmp(PyBytes_AS_STRING(place->bytes), span.start, span.size) == 0;
}

static PyObject *text(Span span) {
    return PyUnicode_DecodeUTF8((const char *)span.start, span.size, NULL);
}

static void clear(Names *place) {
    Py_CLEAR(place->bytes);
    Py_CLEAR(place->servant);
    Py_CLEAR(place->function);
}

static int learn(Names *place, const PlainRequest *request) {
    Span span = request->names;
    Names made = {NULL, NULL, NULL};
    if ((made.servant = text(request->servant)) == NULL ||
        (made.function = text(request->function)) == NULL ||
        (made.bytes = PyBytes_FromStringAndSize((const char *)span.start, span.size)) == NULL) {
        clear(&made);
        return FAULT;
    }
    clear(place); /* bytes and strings: no Python code runs when they go */
    *place = made;
    return 0;
}

int names_of(NamesCache *cache, const PlainRequest *request, PyObject **servant,
             PyObject **function) {
    Names *place = &cache->places[place_of(request->names)];
    if (!is_here(place, request->names) && learn(place, request) < 0) return FAULT;
    *servant = Py_NewRef(place->servant);
    *function = Py_NewRef(place->function);
    return 0;
}

void names_clear(NamesCache *cache) {
    for (int i = 0; i < PLACES; i++) clear(&cache->places[i]);
}
