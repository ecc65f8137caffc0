/* The type codes of the wire (TarsCpp's Tars.h; docs/wire.md). */
#ifndef TARS_WIRE_H
#define TARS_WIRE_H

enum {
    INT8, INT16, INT32, INT64, FLOAT32, FLOAT64, STRING1, STRING4, MAP, LIST,
    STRUCT_BEGIN, STRUCT_END, ZERO, SIMPLE_LIST
};

#endif
