/* The names of objects and functions that requests ask for, as strings that are made once.
 *
 * A fixed number of places, each of which the next pair of names with the same hash takes over:
 * whatever peers send, this does not grow.
 */
#ifndef TARS_NAMES_H
#define TARS_NAMES_H

#include "plain.h"

#define PLACES 1024 /* a power of two */

typedef struct {
    PyObject *bytes; /* NULL: a free place */
    PyObject *servant, *function;
} Names;

typedef struct {
    Names places[PLACES];
} NamesCache;

/* The two strings of a request, new references; FAULT: not UTF-8, or a Python exception. */
int names_of(NamesCache *cache, const PlainRequest *request, PyObject **servant,
             PyObject **function);
void names_clear(NamesCache *cache);

#endif
