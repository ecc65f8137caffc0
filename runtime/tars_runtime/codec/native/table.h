/* The table: what the native engine knows of a schema.
 *
 * Python makes one tuple ("row") per type, the first item its kind; a row names other types by
 * their number in the table, so that a struct may hold itself:
 *
 *   (KIND_INT, widest, low, high)      widest: the widest wire type taken (INT8 0 .. INT64 3)
 *   (KIND_BOOL,) (KIND_FLOAT,) (KIND_DOUBLE,) (KIND_BYTES,)
 *   (KIND_STRING, charset, errors)     None, None: what the options say
 *   (KIND_ENUM, {number: member})
 *   (KIND_VECTOR, element, most)       most: the longest allowed, or -1
 *   (KIND_NUMBERS, most)               bytes as a list of signed numbers
 *   (KIND_MAP, key, value)
 *   (KIND_STRUCT, class, writes_all, (member, ...))
 *   (KIND_ARGUMENTS, (member, ...))    a request's body: a tuple
 *
 *   member: (tag, attribute or place in the tuple, type, required, constant, factory, elided)
 *     constant   the default, or the table's `no_constant`
 *     factory    called for a default where there is no constant
 *     elided     the bytes of head and payload that equal the default's, or None
 *
 * A program is the rows and the message's form: (form, tag, type); see `Form`.
 */
#ifndef TARS_TABLE_H
#define TARS_TABLE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

typedef enum {
    KIND_INT, KIND_BOOL, KIND_FLOAT, KIND_DOUBLE, KIND_BYTES, KIND_STRING, KIND_ENUM,
    KIND_VECTOR, KIND_NUMBERS, KIND_MAP, KIND_STRUCT, KIND_ARGUMENTS, KINDS
} Kind;

typedef enum {
    FORM_VALUE, /* a value with its head at a tag */
    FORM_BODY,  /* members to the end of the bytes */
    FORM_VOID   /* nothing; what is there is ignored */
} Form;

typedef struct Node Node;

typedef struct {
    int tag;
    int required;
    Py_ssize_t place;     /* offset of the slot in the object, or index in the tuple */
    const Node *type;
    PyObject *constant;   /* NULL: none */
    PyObject *factory;    /* NULL: none */
    const char *elided;   /* NULL: always written */
    Py_ssize_t elided_size;
    PyObject *keeps;      /* the bytes object behind `elided` */
    int whole;            /* an integer: written without a look at its bytes */
    int plain;            /* ... and left out when it is `number`, its default */
    int64_t number;
    int64_t low;          /* ... and refused below `low` or beyond `low + span` */
    uint64_t span;
} Member;

struct Node {
    Kind kind;
    int widest;           /* INT */
    long long low, high;  /* INT */
    Py_ssize_t most;      /* VECTOR, NUMBERS */
    const Node *a, *b;    /* VECTOR: element; MAP: key, value */
    PyObject *charset;    /* STRING: bytes or NULL */
    PyObject *errors;
    PyObject *known;      /* ENUM */
    PyTypeObject *cls;    /* STRUCT */
    int writes_all;       /* STRUCT */
    Py_ssize_t count;     /* STRUCT, ARGUMENTS */
    Member *members;
};

typedef struct {
    Node *nodes;
    Py_ssize_t count;
    Form form;
    int tag;
    const Node *root;
} Table;

/* Where a slot stands in the objects of a class; -1 for what is no plain slot. */
Py_ssize_t slot_offset(PyTypeObject *cls, PyObject *name);

/* Build a table from rows; -1 with an exception (ValueError: a row the engine cannot serve). */
int table_build(Table *table, PyObject *rows, PyObject *form, PyObject *no_constant);
void table_clear(Table *table);
int table_traverse(const Table *table, visitproc visit, void *arg);

#endif
