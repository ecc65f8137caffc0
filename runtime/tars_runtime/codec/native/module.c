/* The module `_native`: a `Program` per schema, with `parse` and `build`, and an `Envelope`.
 *
 * A program that meets a fault calls the reference engine, which it was given, for the value or
 * the error. It holds no state between calls, and the module none outside its own object, so each
 * subinterpreter may have one. It relies on the global interpreter lock, and says so where Python
 * can be built without.
 */
#include "buffer.h"
#include "decode.h"
#include "encode.h"
#include "envelope.h"
#include "table.h"

typedef struct {
    PyObject_HEAD
    Table table;
    PyObject *decode; /* the reference engine */
    PyObject *encode;
    int depth;
    Py_ssize_t elements, string, message;
} Program;

/* A fault: clear what is set, unless it is no matter of the bytes. */
static int is_fault(void) {
    if (!PyErr_Occurred()) return 1;
    if (PyErr_ExceptionMatches(PyExc_MemoryError) || !PyErr_ExceptionMatches(PyExc_Exception))
        return 0;
    PyErr_Clear();
    return 1;
}

/* Without its reference engine a program is not made yet, or being let go. */
static int is_ready(const Program *self) {
    if (self->decode != NULL && self->table.count + (self->table.form == FORM_VOID) > 0) return 1;
    PyErr_SetString(PyExc_RuntimeError, "this Program is not ready for use");
    return 0;
}

static PyObject *parse(Program *self, PyObject *data) {
    if (!is_ready(self)) return NULL;
    if (PyBytes_CheckExact(data) && PyBytes_GET_SIZE(data) <= self->message) {
        const uint8_t *start = (const uint8_t *)PyBytes_AS_STRING(data);
        Cursor c = {.at = start, .end = start + PyBytes_GET_SIZE(data), .depth = self->depth,
                    .elements = self->elements, .string = self->string, .last = -1};
        PyObject *value = decode_message(&self->table, &c);
        if (value != NULL || !is_fault()) return value;
    }
    return PyObject_CallOneArg(self->decode, data);
}

static PyObject *finish(Program *self, Buffer *b, int state) {
    Py_ssize_t size = buffer_size(b);
    PyObject *made = NULL;
    if (state == 0 && size <= self->message)
        made = PyBytes_FromStringAndSize((const char *)b->start, size);
    buffer_close(b);
    return made;
}

static PyObject *build(Program *self, PyObject *value) {
    Buffer b;
    if (!is_ready(self)) return NULL;
    buffer_open(&b);
    b.depth = self->depth;
    b.string = self->string;
    b.charset = b.errors = NULL;
    b.elide = 1;
    PyObject *made = finish(self, &b, encode_message(&self->table, &b, value));
    if (made != NULL || !is_fault()) return made;
    return PyObject_CallOneArg(self->encode, value);
}

/* try_parse(data, charset, errors, strict, depth, string, elements): a tuple of one, or None. */
static PyObject *try_parse(Program *self, PyObject *args) {
    Py_buffer data;
    Cursor c = {.last = -1};
    if (!is_ready(self)) return NULL;
    if (!PyArg_ParseTuple(args, "y*zzpinn", &data, &c.charset, &c.errors, &c.strict, &c.depth,
                          &c.string, &c.elements))
        return NULL;
    c.at = data.buf;
    c.end = c.at + data.len;
    PyObject *value = decode_message(&self->table, &c);
    PyBuffer_Release(&data);
    if (value == NULL) return is_fault() ? Py_NewRef(Py_None) : NULL;
    PyObject *one = PyTuple_Pack(1, value);
    Py_DECREF(value);
    return one;
}

/* try_build(value, charset, errors, elide): bytes, or None for the reference engine. */
static PyObject *try_build(Program *self, PyObject *args) {
    PyObject *value;
    Buffer b;
    if (!is_ready(self)) return NULL;
    buffer_open(&b);
    b.depth = self->depth;
    b.string = self->string;
    if (!PyArg_ParseTuple(args, "Ozzp", &value, &b.charset, &b.errors, &b.elide)) return NULL;
    PyObject *made = finish(self, &b, encode_message(&self->table, &b, value));
    if (made == NULL && is_fault()) return Py_NewRef(Py_None);
    return made;
}

static int program_init(Program *self, PyObject *args, PyObject *keywords) {
    PyObject *rows, *form, *no_constant, *decode, *encode;
    if (keywords != NULL || self->table.nodes != NULL) {
        PyErr_SetString(PyExc_TypeError, "a Program takes its arguments once, by position");
        return -1;
    }
    if (!PyArg_ParseTuple(args, "O!O!OOOinnn", &PyTuple_Type, &rows, &PyTuple_Type, &form,
                          &no_constant, &decode, &encode, &self->depth, &self->string,
                          &self->elements, &self->message))
        return -1;
    self->decode = Py_NewRef(decode);
    self->encode = Py_NewRef(encode);
    return table_build(&self->table, rows, form, no_constant);
}

static int program_traverse(Program *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->decode);
    Py_VISIT(self->encode);
    return table_traverse(&self->table, visit, arg);
}

static int program_clear(Program *self) {
    Py_CLEAR(self->decode);
    Py_CLEAR(self->encode);
    return 0; /* the table goes with the object: a call may still be using it */
}

static void program_dealloc(Program *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    program_clear(self);
    table_clear(&self->table);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"parse", (PyCFunction)parse, METH_O, "A value from a whole message of bytes."},
    {"build", (PyCFunction)build, METH_O, "A whole message from a value."},
    {"try_parse", (PyCFunction)try_parse, METH_VARARGS, "With options: (value,) or None."},
    {"try_build", (PyCFunction)try_build, METH_VARARGS, "With options: bytes or None."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "The native engine for one schema: rows, form, no_constant, decode, encode, limits."},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, program_init},
    {Py_tp_methods, methods},
    {Py_tp_traverse, program_traverse},
    {Py_tp_clear, program_clear},
    {Py_tp_dealloc, program_dealloc},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "tars_runtime.codec._native.Program",
    .basicsize = sizeof(Program),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

static int module_exec(PyObject *module) {
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    if (type == NULL) return -1;
    int state = PyModule_AddObjectRef(module, "Program", type);
    Py_DECREF(type);
    return state < 0 ? -1 : envelope_add(module);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_native",
    .m_doc = "The native engine of the TARS codec.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&module); }
