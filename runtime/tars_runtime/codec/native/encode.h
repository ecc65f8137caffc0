/* From values to bytes, by the table. */
#ifndef TARS_ENCODE_H
#define TARS_ENCODE_H

#include "buffer.h"
#include "table.h"

/* 0, or FAULT: a value that the reference engine must look at, or a Python exception. */
int encode_message(const Table *table, Buffer *b, PyObject *value);

#endif
