/* Making the table from Python's rows, and letting it go. */
#include "table.h"

#include <structmember.h>

static int refuse(const char *what) {
    PyErr_Format(PyExc_ValueError, "the native engine does not serve %s", what);
    return -1;
}

static PyObject *keep(PyObject *object) {
    return object == Py_None ? NULL : Py_NewRef(object);
}

Py_ssize_t slot_offset(PyTypeObject *cls, PyObject *name) {
    PyObject *descriptor = PyObject_GetAttr((PyObject *)cls, name);
    if (descriptor == NULL) return -1;
    Py_ssize_t offset = -1;
    if (Py_IS_TYPE(descriptor, &PyMemberDescr_Type) &&
        PyType_IsSubtype(cls, PyDescr_TYPE(descriptor))) {
        PyMemberDef *member = ((PyMemberDescrObject *)descriptor)->d_member;
        if (member->type == T_OBJECT_EX && member->flags == 0) offset = member->offset;
    }
    Py_DECREF(descriptor);
    return offset;
}

static int build_member(Member *member, Table *table, PyTypeObject *cls, PyObject *row,
                        PyObject *no_constant) {
    PyObject *where, *constant, *factory, *elided;
    Py_ssize_t type;
    if (!PyArg_ParseTuple(row, "iOnpOOO", &member->tag, &where, &type, &member->required,
                          &constant, &factory, &elided))
        return -1;
    if (type < 0 || type >= table->count) return refuse("a row out of range");
    member->type = &table->nodes[type];
    member->place = cls != NULL ? slot_offset(cls, where) : PyLong_AsSsize_t(where);
    if (member->place < 0) {
        PyErr_Clear();
        return refuse("classes without slots");
    }
    member->constant = constant == no_constant ? NULL : Py_NewRef(constant);
    member->factory = keep(factory);
    member->keeps = keep(elided);
    if (member->keeps != NULL &&
        PyBytes_AsStringAndSize(elided, (char **)&member->elided, &member->elided_size) < 0)
        return -1;
    return 0;
}

/* Whether a member's integers can be compared with its default as numbers; its type is built. */
static void settle_integer(Member *member) {
    if (member->type->kind != KIND_INT || member->constant == Py_None) return;
    member->low = member->type->low;
    member->span = (uint64_t)member->type->high - (uint64_t)member->type->low;
    member->whole = member->keeps == NULL;
    if (member->keeps == NULL || member->constant == NULL) return;
    if (!PyLong_CheckExact(member->constant)) return;
    member->number = PyLong_AsLongLong(member->constant);
    member->plain = member->whole = !PyErr_Occurred();
    PyErr_Clear();
}

static int build_members(Node *node, Table *table, PyObject *rows, PyObject *no_constant) {
    Py_ssize_t count = PyTuple_GET_SIZE(rows);
    node->members = PyMem_Calloc(count ? count : 1, sizeof(Member));
    if (node->members == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    node->count = count;
    for (Py_ssize_t i = 0; i < count; i++)
        if (build_member(&node->members[i], table, node->cls, PyTuple_GET_ITEM(rows, i),
                         no_constant) < 0)
            return -1;
    return 0;
}

static int build_struct(Node *node, Table *table, PyObject *row, PyObject *no_constant) {
    PyObject *cls, *members;
    int kind;
    if (!PyArg_ParseTuple(row, "iO!pO!", &kind, &PyType_Type, &cls, &node->writes_all,
                          &PyTuple_Type, &members))
        return -1;
    node->cls = (PyTypeObject *)Py_NewRef(cls);
    if (node->cls->tp_itemsize != 0 || (node->cls->tp_flags & Py_TPFLAGS_IS_ABSTRACT))
        return refuse("this class");
    return build_members(node, table, members, no_constant);
}

static const Node *node_at(Table *table, Py_ssize_t number) {
    if (number < 0 || number >= table->count) {
        refuse("a row out of range");
        return NULL;
    }
    return &table->nodes[number];
}

static int build_container(Node *node, Table *table, PyObject *row) {
    Py_ssize_t a, b = 0;
    int kind;
    if (!PyArg_ParseTuple(row, "inn", &kind, &a, &b)) return -1;
    if ((node->a = node_at(table, a)) == NULL) return -1;
    if (node->kind == KIND_VECTOR)
        node->most = b;
    else if ((node->b = node_at(table, b)) == NULL)
        return -1;
    return 0;
}

static int build_string(Node *node, PyObject *row) {
    PyObject *charset, *errors;
    int kind;
    if (!PyArg_ParseTuple(row, "iOO", &kind, &charset, &errors)) return -1;
    node->charset = keep(charset);
    node->errors = keep(errors);
    return 0;
}

static int build_node(Node *node, Table *table, PyObject *row, PyObject *no_constant) {
    PyObject *members;
    int kind = PyTuple_Check(row) && PyTuple_GET_SIZE(row) > 0
                   ? (int)PyLong_AsLong(PyTuple_GET_ITEM(row, 0)) : KINDS;
    if (kind < 0 || kind >= KINDS) return refuse("a row of this kind");
    node->kind = (Kind)kind;
    switch (node->kind) {
    case KIND_INT:
        return PyArg_ParseTuple(row, "iiLL", &kind, &node->widest, &node->low, &node->high)
                   ? 0 : -1;
    case KIND_STRING: return build_string(node, row);
    case KIND_ENUM:
        if (!PyArg_ParseTuple(row, "iO!", &kind, &PyDict_Type, &members)) return -1;
        node->known = Py_NewRef(members);
        return 0;
    case KIND_VECTOR:
    case KIND_MAP: return build_container(node, table, row);
    case KIND_NUMBERS: return PyArg_ParseTuple(row, "in", &kind, &node->most) ? 0 : -1;
    case KIND_STRUCT: return build_struct(node, table, row, no_constant);
    case KIND_ARGUMENTS:
        if (!PyArg_ParseTuple(row, "iO!", &kind, &PyTuple_Type, &members)) return -1;
        return build_members(node, table, members, no_constant);
    default: return 0;
    }
}

int table_build(Table *table, PyObject *rows, PyObject *form, PyObject *no_constant) {
    Py_ssize_t root;
    int kind;
    if (!PyArg_ParseTuple(form, "iin", &kind, &table->tag, &root)) return -1;
    table->form = (Form)kind;
    Py_ssize_t count = PyTuple_GET_SIZE(rows);
    table->nodes = PyMem_Calloc(count ? count : 1, sizeof(Node));
    if (table->nodes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    table->count = count;
    for (Py_ssize_t i = 0; i < count; i++)
        if (build_node(&table->nodes[i], table, PyTuple_GET_ITEM(rows, i), no_constant) < 0)
            return -1;
    for (Py_ssize_t i = 0; i < count; i++)
        for (Py_ssize_t j = 0; j < table->nodes[i].count; j++)
            settle_integer(&table->nodes[i].members[j]);
    if (table->form == FORM_VOID) return 0;
    table->root = node_at(table, root);
    return table->root == NULL ? -1 : 0;
}

static void clear_node(Node *node) {
    for (Py_ssize_t i = 0; i < node->count; i++) {
        Py_CLEAR(node->members[i].constant);
        Py_CLEAR(node->members[i].factory);
        Py_CLEAR(node->members[i].keeps);
    }
    PyMem_Free(node->members);
    Py_CLEAR(node->charset);
    Py_CLEAR(node->errors);
    Py_CLEAR(node->known);
    Py_CLEAR(node->cls);
}

void table_clear(Table *table) {
    Node *nodes = table->nodes;
    Py_ssize_t count = table->count;
    table->nodes = NULL;
    table->root = NULL;
    table->count = 0;
    for (Py_ssize_t i = 0; i < count; i++) clear_node(&nodes[i]);
    PyMem_Free(nodes);
}

int table_traverse(const Table *table, visitproc visit, void *arg) {
    for (Py_ssize_t i = 0; i < table->count; i++) {
        const Node *node = &table->nodes[i];
        for (Py_ssize_t j = 0; j < node->count; j++) {
            Py_VISIT(node->members[j].constant);
            Py_VISIT(node->members[j].factory);
        }
        Py_VISIT(node->known);
        Py_VISIT(node->cls);
    }
    return 0;
}
