/* From values to bytes: one function per kind of type, in a table at the end.
 *
 * Only objects of the very types that the schema names are written here; anything else is a
 * fault, and the reference engine's matter. So no Python code runs while a message is written,
 * and no other thread: nothing can change a list or a map between its count and its elements.
 */
#include "encode.h"

typedef int (*Write)(Buffer *b, const Node *node, int tag, PyObject *value);
static const Write WRITES[KINDS];
static int write_int(Buffer *b, const Node *node, int tag, PyObject *value);

static inline int write_value(Buffer *b, const Node *node, int tag, PyObject *value) {
    if (node->kind == KIND_INT) return write_int(b, node, tag, value); /* may be inlined */
    return WRITES[node->kind](b, node, tag, value);
}

/* A Python int of one digit, which most are, without a call; others by the library. */
static inline int as_int64(PyObject *value, int64_t *number) {
    int overflow;
    if (!PyLong_CheckExact(value) && !PyLong_Check(value)) return FAULT;
#if PY_VERSION_HEX >= 0x030C0000
    if (PyUnstable_Long_IsCompact((PyLongObject *)value)) {
        *number = PyUnstable_Long_CompactValue((PyLongObject *)value);
        return 0;
    }
#else
    Py_ssize_t digits = Py_SIZE(value);
    if (digits >= -1 && digits <= 1) {
        *number = digits * (int64_t)((PyLongObject *)value)->ob_digit[0];
        return 0;
    }
#endif
    *number = PyLong_AsLongLongAndOverflow(value, &overflow);
    return overflow ? FAULT : 0;
}

static int write_int(Buffer *b, const Node *node, int tag, PyObject *value) {
    int64_t number;
    if (as_int64(value, &number) < 0) return FAULT;
    if (number < node->low || number > node->high) return FAULT;
    return write_integer(b, tag, number);
}

static int write_enum(Buffer *b, const Node *node, int tag, PyObject *value) {
    (void)node;
    int64_t number;
    if (as_int64(value, &number) < 0 || number != (int32_t)number) return FAULT;
    return write_integer(b, tag, number);
}

static int write_bool(Buffer *b, const Node *node, int tag, PyObject *value) {
    (void)node;
    if (!PyBool_Check(value)) return FAULT;
    return write_integer(b, tag, value == Py_True);
}

static int write_float(Buffer *b, const Node *node, int tag, PyObject *value) {
    if (!PyFloat_CheckExact(value) || need(b, 10) < 0) return FAULT;
    double number = PyFloat_AS_DOUBLE(value);
    if (node->kind == KIND_DOUBLE) {
        uint8_t *p = store_head(b->at, tag, FLOAT64);
        if (PyFloat_Pack8(number, (char *)p, 0) < 0) return FAULT;
        b->at = p + 8;
        return 0;
    }
    uint8_t *p = store_head(b->at, tag, FLOAT32);
    if (PyFloat_Pack4(number, (char *)p, 0) < 0) return FAULT;
    b->at = p + 4;
    return 0;
}

static int write_text(Buffer *b, int tag, const void *data, Py_ssize_t size) {
    if (size > b->string || need(b, size + 6) < 0) return FAULT;
    uint8_t *p = b->at;
    if (size <= 0xFF) {
        p = store_head(p, tag, STRING1);
        *p++ = (uint8_t)size;
    } else {
        p = store32(store_head(p, tag, STRING4), (uint32_t)size);
    }
    memcpy(p, data, size);
    b->at = p + size;
    return 0;
}

static int write_string(Buffer *b, const Node *node, int tag, PyObject *value) {
    const char *charset = b->charset, *errors = b->errors;
    if (node->charset != NULL) {
        charset = PyBytes_AS_STRING(node->charset);
        errors = PyBytes_AS_STRING(node->errors);
    }
    if (!PyUnicode_CheckExact(value)) return FAULT;
    if (charset != NULL && strcmp(charset, "utf-8") != 0) return FAULT; /* may be Python code */
    if (PyUnicode_IS_COMPACT_ASCII(value))
        return write_text(b, tag, PyUnicode_1BYTE_DATA(value), PyUnicode_GET_LENGTH(value));
    PyObject *raw = PyUnicode_AsEncodedString(value, "utf-8", errors);
    if (raw == NULL) return FAULT;
    int state = write_text(b, tag, PyBytes_AS_STRING(raw), PyBytes_GET_SIZE(raw));
    Py_DECREF(raw);
    return state;
}

/* Head, element head and length of bytes, and room for them. */
static int open_bytes(Buffer *b, int tag, Py_ssize_t size) {
    if (size > b->string || size > INT32_MAX || need(b, size + 3 + LARGEST) < 0) return FAULT;
    uint8_t *p = store_head(b->at, tag, SIMPLE_LIST);
    *p++ = INT8;
    b->at = store_integer(p, 0, size);
    return 0;
}

static int write_bytes(Buffer *b, const Node *node, int tag, PyObject *value) {
    (void)node;
    if (!PyBytes_CheckExact(value)) return FAULT;
    Py_ssize_t size = PyBytes_GET_SIZE(value);
    if (open_bytes(b, tag, size) < 0) return FAULT;
    memcpy(b->at, PyBytes_AS_STRING(value), size);
    b->at += size;
    return 0;
}

static int write_numbers(Buffer *b, const Node *node, int tag, PyObject *value) {
    if (!PyList_CheckExact(value)) return FAULT;
    Py_ssize_t count = PyList_GET_SIZE(value);
    if (node->most >= 0 && count > node->most) return FAULT;
    if (open_bytes(b, tag, count) < 0) return FAULT;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PyList_GET_ITEM(value, i);
        int64_t number;
        if (as_int64(item, &number) < 0 || number != (int8_t)number) return FAULT;
        *b->at++ = (uint8_t)number;
    }
    return 0;
}

static int open_container(Buffer *b, int tag, int code, Py_ssize_t count) {
    if (--b->depth < 0 || count > INT32_MAX || need(b, 2 + LARGEST) < 0) return FAULT;
    b->at = store_integer(store_head(b->at, tag, code), 0, count);
    return 0;
}

static int write_vector(Buffer *b, const Node *node, int tag, PyObject *value) {
    if (!PyList_CheckExact(value)) return FAULT;
    Py_ssize_t count = PyList_GET_SIZE(value);
    if (node->most >= 0 && count > node->most) return FAULT;
    if (open_container(b, tag, LIST, count) < 0) return FAULT;
    for (Py_ssize_t i = 0; i < count; i++)
        if (write_value(b, node->a, 0, PyList_GET_ITEM(value, i)) < 0) return FAULT;
    b->depth++;
    return 0;
}

static int write_map(Buffer *b, const Node *node, int tag, PyObject *value) {
    PyObject *key, *item;
    Py_ssize_t at = 0;
    if (!PyDict_CheckExact(value)) return FAULT;
    if (open_container(b, tag, MAP, PyDict_GET_SIZE(value)) < 0) return FAULT;
    while (PyDict_Next(value, &at, &key, &item)) {
        if (write_value(b, node->a, 0, key) < 0) return FAULT;
        if (write_value(b, node->b, 1, item) < 0) return FAULT;
    }
    b->depth++;
    return 0;
}

/* Write the integer members from `i` on: the number of the first that is none, or FAULT.
 *
 * Most members are integers, so they are written without a call, and room is made once. */
static inline Py_ssize_t write_integers(Buffer *b, const Node *node, Py_ssize_t i, int elide,
                                        const char *object) {
    if (need(b, (node->count - i) * LARGEST) < 0) return FAULT;
    uint8_t *p = b->at;
    for (; i < node->count && node->members[i].whole; i++) {
        const Member *member = &node->members[i];
        PyObject *value = *(PyObject **)(object + member->place);
        int64_t number;
        if (value == NULL || as_int64(value, &number) < 0) return FAULT;
        if (elide && member->plain && number == member->number) continue;
        if ((uint64_t)number - (uint64_t)member->low > member->span) return FAULT;
        p = store_integer(p, member->tag, number);
    }
    b->at = p;
    return i;
}

static inline int write_member(Buffer *b, const Member *member, int elide, PyObject *value) {
    if (value == NULL) return FAULT;
    if (value == Py_None && !member->required && member->constant == Py_None) return 0;
    if (member->elided == NULL || !elide)
        return write_value(b, member->type, member->tag, value);
    Py_ssize_t before = buffer_size(b);
    if (write_value(b, member->type, member->tag, value) < 0) return FAULT;
    if (buffer_size(b) - before == member->elided_size &&
        memcmp(b->start + before, member->elided, member->elided_size) == 0)
        b->at = b->start + before;
    return 0;
}

static int write_members(Buffer *b, const Node *node, PyObject *value) {
    if (!Py_IS_TYPE(value, node->cls)) return FAULT;
    int elide = b->elide && !node->writes_all;
    for (Py_ssize_t i = 0;; i++) {
        i = write_integers(b, node, i, elide, (const char *)value);
        if (i < 0) return FAULT;
        if (i == node->count) return 0;
        const Member *member = &node->members[i];
        PyObject *item = *(PyObject **)((char *)value + member->place);
        if (write_member(b, member, elide, item) < 0) return FAULT;
    }
}

static int write_struct(Buffer *b, const Node *node, int tag, PyObject *value) {
    if (--b->depth < 0 || write_head(b, tag, STRUCT_BEGIN) < 0) return FAULT;
    if (write_members(b, node, value) < 0) return FAULT;
    b->depth++;
    return write_head(b, 0, STRUCT_END);
}

static int write_tuple(Buffer *b, const Node *node, PyObject *value) {
    if (!PyTuple_CheckExact(value) || PyTuple_GET_SIZE(value) != node->count) return FAULT;
    for (Py_ssize_t i = 0; i < node->count; i++) {
        const Member *member = &node->members[i];
        PyObject *item = PyTuple_GET_ITEM(value, member->place);
        if (write_member(b, member, 0, item) < 0) return FAULT;
    }
    return 0;
}

static int write_nothing(Buffer *b, const Node *node, int tag, PyObject *value) {
    (void)b, (void)node, (void)tag, (void)value;
    return FAULT; /* arguments are a message, never a value in one */
}

static const Write WRITES[KINDS] = {
    [KIND_INT] = write_int,         [KIND_BOOL] = write_bool,
    [KIND_FLOAT] = write_float,     [KIND_DOUBLE] = write_float,
    [KIND_BYTES] = write_bytes,     [KIND_STRING] = write_string,
    [KIND_ENUM] = write_enum,       [KIND_VECTOR] = write_vector,
    [KIND_NUMBERS] = write_numbers, [KIND_MAP] = write_map,
    [KIND_STRUCT] = write_struct,   [KIND_ARGUMENTS] = write_nothing,
};

int encode_message(const Table *table, Buffer *b, PyObject *value) {
    if (table->form == FORM_VOID) return value == Py_None ? 0 : FAULT;
    if (table->form == FORM_VALUE) return write_value(b, table->root, table->tag, value);
    if (table->root->kind == KIND_STRUCT) return write_members(b, table->root, value);
    return write_tuple(b, table->root, value);
}
