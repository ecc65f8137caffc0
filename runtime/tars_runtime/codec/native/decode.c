/* From bytes to values: one function per kind of type, in a table at the end. */
#include "decode.h"

#define AHEAD 4096 /* elements that a vector makes room for before they are read */

typedef PyObject *(*Read)(Cursor *c, const Node *node, int code);
static const Read READS[KINDS];

static inline PyObject *read_value(Cursor *c, const Node *node, int code) {
    return READS[node->kind](c, node, code);
}

static PyObject *read_int(Cursor *c, const Node *node, int code) {
    int64_t value;
    if (code > node->widest && code != ZERO) return NULL;
    if (read_number(c, code, &value) < 0) return NULL;
    if (value < node->low || value > node->high) return NULL;
    return PyLong_FromLongLong(value);
}

static PyObject *read_bool(Cursor *c, const Node *node, int code) {
    (void)node;
    int64_t value;
    if ((code != INT8 && code != ZERO) || read_number(c, code, &value) < 0) return NULL;
    return PyBool_FromLong(value != 0);
}

static PyObject *read_enum(Cursor *c, const Node *node, int code) {
    int64_t value;
    if ((code > INT32 && code != ZERO) || read_number(c, code, &value) < 0) return NULL;
    PyObject *number = PyLong_FromLongLong(value);
    if (number == NULL) return NULL;
    PyObject *member = PyDict_GetItemWithError(node->known, number);
    if (member == NULL) return PyErr_Occurred() ? (Py_DECREF(number), NULL) : number;
    Py_DECREF(number);
    return Py_NewRef(member);
}

static PyObject *read_float(Cursor *c, const Node *node, int code) {
    if (code == ZERO) return PyFloat_FromDouble(0.0);
    if (code == FLOAT32 && left(c) >= 4) {
        double value = PyFloat_Unpack4((const char *)c->at, 0);
        c->at += 4;
        return PyFloat_FromDouble(value);
    }
    if (code == FLOAT64 && node->kind == KIND_DOUBLE && left(c) >= 8) {
        double value = PyFloat_Unpack8((const char *)c->at, 0);
        c->at += 8;
        return PyFloat_FromDouble(value);
    }
    return NULL;
}

static int is_ascii(const uint8_t *p, Py_ssize_t size) {
    uint64_t word, seen = 0;
    for (; size >= 8; p += 8, size -= 8) {
        memcpy(&word, p, 8);
        seen |= word;
    }
    for (; size > 0; p++, size--) seen |= *p;
    return (seen & 0x8080808080808080u) == 0;
}

static PyObject *text(const Cursor *c, const Node *node, const uint8_t *p, Py_ssize_t size) {
    if (node->charset != NULL)
        return PyUnicode_Decode((const char *)p, size, PyBytes_AS_STRING(node->charset),
                                PyBytes_AS_STRING(node->errors));
    if (c->charset != NULL) return PyUnicode_Decode((const char *)p, size, c->charset, c->errors);
    if (size < 2 || !is_ascii(p, size)) return PyUnicode_DecodeUTF8((const char *)p, size, NULL);
    PyObject *made = PyUnicode_New(size, 127);
    if (made != NULL) memcpy(PyUnicode_1BYTE_DATA(made), p, size);
    return made;
}

static PyObject *read_string(Cursor *c, const Node *node, int code) {
    if (code != STRING1 && code != STRING4) return NULL;
    Py_ssize_t size = read_length(c, code);
    if (size < 0) return NULL;
    PyObject *value = text(c, node, c->at, size);
    c->at += size;
    return value;
}

/* Bytes from a LIST of numbers; the result is `size` long. */
static PyObject *bytes_from_list(Cursor *c) {
    if (enter(c) < 0) return NULL;
    Py_ssize_t count = read_count(c, 1);
    if (count < 0) return NULL;
    PyObject *value = PyBytes_FromStringAndSize(NULL, count);
    if (value == NULL) return NULL;
    char *to = PyBytes_AS_STRING(value);
    for (Py_ssize_t i = 0; i < count; i++) {
        int64_t number;
        int code = expect(c, 0);
        if ((code != INT8 && code != ZERO) || read_number(c, code, &number) < 0) {
            Py_DECREF(value);
            return NULL;
        }
        to[i] = (char)number;
    }
    leave(c);
    return value;
}

static PyObject *read_bytes(Cursor *c, const Node *node, int code) {
    (void)node;
    if (code == LIST) return bytes_from_list(c);
    if (code != SIMPLE_LIST) return NULL;
    Py_ssize_t size = read_length(c, code);
    if (size < 0) return NULL;
    PyObject *value = PyBytes_FromStringAndSize((const char *)c->at, size);
    c->at += size;
    return value;
}

static PyObject *read_numbers(Cursor *c, const Node *node, int code) {
    PyObject *raw = read_bytes(c, node, code);
    if (raw == NULL) return NULL;
    Py_ssize_t count = PyBytes_GET_SIZE(raw);
    PyObject *list = node->most < 0 || count <= node->most ? PyList_New(count) : NULL;
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *number = PyLong_FromLong((signed char)PyBytes_AS_STRING(raw)[i]);
        if (number == NULL) Py_CLEAR(list);
        else PyList_SET_ITEM(list, i, number);
    }
    Py_DECREF(raw);
    return list;
}

static int fill(Cursor *c, const Node *node, PyObject *list, Py_ssize_t count) {
    Py_ssize_t ready = PyList_GET_SIZE(list);
    for (Py_ssize_t i = 0; i < count; i++) {
        int code = expect(c, 0);
        PyObject *item = code < 0 ? NULL : read_value(c, node, code);
        if (item == NULL) return FAULT;
        if (i < ready) {
            PyList_SET_ITEM(list, i, item);
            continue;
        }
        int state = PyList_Append(list, item);
        Py_DECREF(item);
        if (state < 0) return FAULT;
    }
    return 0;
}

static PyObject *read_vector(Cursor *c, const Node *node, int code) {
    if (code != LIST || enter(c) < 0) return NULL;
    Py_ssize_t count = read_count(c, 1);
    if (count < 0 || (node->most >= 0 && count > node->most)) return NULL;
    PyObject *list = PyList_New(count < AHEAD ? count : AHEAD);
    if (list != NULL && fill(c, node->a, list, count) < 0) Py_CLEAR(list);
    leave(c);
    return list;
}

static int read_pair(Cursor *c, const Node *node, PyObject *dict) {
    int code = expect(c, 0), state = FAULT;
    PyObject *key = code < 0 ? NULL : read_value(c, node->a, code);
    if (key == NULL) return FAULT;
    if (!c->strict || PyDict_Contains(dict, key) == 0) {
        code = expect(c, 1);
        PyObject *value = code < 0 ? NULL : read_value(c, node->b, code);
        if (value != NULL) {
            state = PyDict_SetItem(dict, key, value) < 0 ? FAULT : 0;
            Py_DECREF(value);
        }
    }
    Py_DECREF(key);
    return state;
}

static PyObject *read_map(Cursor *c, const Node *node, int code) {
    if (code != MAP || enter(c) < 0) return NULL;
    Py_ssize_t count = read_count(c, 2);
    PyObject *dict = count < 0 ? NULL : PyDict_New();
    for (Py_ssize_t i = 0; dict != NULL && i < count; i++)
        if (read_pair(c, node, dict) < 0) Py_CLEAR(dict);
    leave(c);
    return dict;
}

/* A member that is absent: its default. */
static PyObject *default_of(const Member *member) {
    if (member->required) return NULL;
    if (member->constant != NULL) return Py_NewRef(member->constant);
    if (member->factory == (PyObject *)&PyList_Type) return PyList_New(0);
    if (member->factory == (PyObject *)&PyDict_Type) return PyDict_New();
    return PyObject_CallNoArgs(member->factory);
}

static inline PyObject *read_member(Cursor *c, const Member *member) {
    int code = find(c, member->tag);
    if (code == FAULT) return NULL;
    return code == ABSENT ? default_of(member) : read_value(c, member->type, code);
}

static PyObject *read_members(Cursor *c, const Node *node) {
    PyObject *made = node->cls->tp_alloc(node->cls, 0);
    if (made == NULL) return NULL;
    for (Py_ssize_t i = 0; i < node->count; i++) {
        const Member *member = &node->members[i];
        PyObject *value = read_member(c, member);
        if (value == NULL) {
            Py_DECREF(made);
            return NULL;
        }
        *(PyObject **)((char *)made + member->place) = value;
    }
    return made;
}

static PyObject *read_struct(Cursor *c, const Node *node, int code) {
    if (code != STRUCT_BEGIN || enter(c) < 0) return NULL;
    int last = c->last;
    c->last = -1;
    PyObject *made = read_members(c, node);
    if (made != NULL) {
        if (c->at < c->end && *c->at == STRUCT_END) c->at++;
        else if (skip_struct(c) < 0) Py_CLEAR(made);
    }
    c->last = last;
    leave(c);
    return made;
}

static PyObject *read_tuple(Cursor *c, const Node *node) {
    PyObject *tuple = PyTuple_New(node->count);
    for (Py_ssize_t i = 0; tuple != NULL && i < node->count; i++) {
        PyObject *value = read_member(c, &node->members[i]);
        if (value == NULL) Py_CLEAR(tuple);
        else PyTuple_SET_ITEM(tuple, node->members[i].place, value);
    }
    return tuple;
}

static PyObject *read_nothing(Cursor *c, const Node *node, int code) {
    (void)c, (void)node, (void)code;
    return NULL; /* arguments are a message, never a value in one */
}

static const Read READS[KINDS] = {
    [KIND_INT] = read_int,         [KIND_BOOL] = read_bool,
    [KIND_FLOAT] = read_float,     [KIND_DOUBLE] = read_float,
    [KIND_BYTES] = read_bytes,     [KIND_STRING] = read_string,
    [KIND_ENUM] = read_enum,       [KIND_VECTOR] = read_vector,
    [KIND_NUMBERS] = read_numbers, [KIND_MAP] = read_map,
    [KIND_STRUCT] = read_struct,   [KIND_ARGUMENTS] = read_nothing,
};

PyObject *decode_message(const Table *table, Cursor *c) {
    PyObject *value;
    if (table->form == FORM_VOID) return Py_NewRef(Py_None);
    if (table->form == FORM_VALUE) {
        int code = find(c, table->tag);
        value = code < 0 ? NULL : read_value(c, table->root, code);
        if (value != NULL && c->strict && c->at < c->end) Py_CLEAR(value);
        return value;
    }
    value = table->root->kind == KIND_STRUCT ? read_members(c, table->root)
                                             : read_tuple(c, table->root);
    if (value != NULL && c->strict && skip_members(c) < 0) Py_CLEAR(value);
    return value;
}
