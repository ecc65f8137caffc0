/* From bytes to values, by the table. */
#ifndef TARS_DECODE_H
#define TARS_DECODE_H

#include "cursor.h"
#include "table.h"

/* A new value, or NULL: a fault, or a Python exception. */
PyObject *decode_message(const Table *table, Cursor *c);

#endif
