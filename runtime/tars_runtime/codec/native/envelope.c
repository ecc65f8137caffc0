/* The type `Envelope`: plain packets from bytes, and frames of them, without their schemas.
 *
 * It is given one packet of each class, and knows nothing else of the classes. What is not plain
 * it leaves to others.
 */
#include "envelope.h"

#include "packet.h"

typedef struct {
    PyObject_HEAD
    Packets packets;
} Envelope;

static int is_ready(const Envelope *self) {
    if (self->packets.ready) return 1;
    PyErr_SetString(PyExc_RuntimeError, "this Envelope is not ready for use");
    return 0;
}

/* Where bytes stand, as long as their object does; -1 with an exception. */
static int span_of(PyObject *bytes, Span *span) {
    char *start;
    if (PyBytes_AsStringAndSize(bytes, &start, &span->size) < 0) return -1;
    span->start = (const uint8_t *)start;
    return 0;
}

/* read_response(packet): an answer, or None if it is not plain. */
static PyObject *one_response(Envelope *self, PyObject *packet) {
    Span span;
    if (!is_ready(self) || span_of(packet, &span) < 0) return NULL;
    PyObject *response = read_response(&self->packets, span.start, span.start + span.size);
    return response == NULL && !PyErr_Occurred() ? Py_NewRef(Py_None) : response;
}

#define LENGTH 4 /* bytes of a frame's length, which counts itself */

/* The end of the frame that begins at `at`; NULL when that is not here, or too long. */
static const uint8_t *end_of_frame(const uint8_t *at, const uint8_t *end, Py_ssize_t limit) {
    if (end - at < LENGTH) return NULL;
    uint32_t size = load32(at);
    return size < LENGTH || size > end - at || size > limit ? NULL : at + size;
}

/* Append the plain requests that follow each other from `*at` on, and move it behind them. */
static int append_requests(Envelope *self, const uint8_t **at, const uint8_t *end,
                           Py_ssize_t limit, PyObject *list) {
    const uint8_t *next;
    while ((next = end_of_frame(*at, end, limit)) != NULL) {
        PyObject *request = read_request(&self->packets, *at + LENGTH, next);
        if (request == NULL) return PyErr_Occurred() ? -1 : 0;
        int state = PyList_Append(list, request);
        Py_DECREF(request);
        if (state < 0) return -1;
        *at = next;
    }
    return 0;
}

static int takes(Py_ssize_t given, Py_ssize_t wanted) {
    if (given == wanted) return 0;
    PyErr_Format(PyExc_TypeError, "expected %zd arguments, got %zd", wanted, given);
    return -1;
}

/* read_requests(data, at, limit, requests): where the plain ones end. */
static PyObject *read_requests(Envelope *self, PyObject *const *args, Py_ssize_t count) {
    Span data;
    if (!is_ready(self) || takes(count, 4) < 0 || span_of(args[0], &data) < 0) return NULL;
    Py_ssize_t from = PyLong_AsSsize_t(args[1]), limit = PyLong_AsSsize_t(args[2]);
    if (PyErr_Occurred()) return NULL;
    if (from < 0 || from > data.size || !PyList_Check(args[3])) {
        PyErr_SetString(PyExc_ValueError, "expected a place within the data, and a list");
        return NULL;
    }
    const uint8_t *at = data.start + from;
    if (append_requests(self, &at, data.start + data.size, limit, args[3]) < 0) return NULL;
    return PyLong_FromSsize_t(at - data.start);
}

/* An int of 32 bits; -1 with an exception. */
static int narrow(PyObject *value, int32_t *number) {
    long whole = PyLong_AsLong(value);
    if (whole == -1 && PyErr_Occurred()) return -1;
    *number = (int32_t)whole;
    if (*number == whole) return 0;
    PyErr_Format(PyExc_OverflowError, "expected a number of 32 bits, got %ld", whole);
    return -1;
}

/* write_request(request_id, names, body, timeout_ms): a frame. */
static PyObject *write_request(Envelope *self, PyObject *const *args, Py_ssize_t count) {
    (void)self;
    int32_t id, timeout;
    Span names, body;
    if (takes(count, 4) < 0 || narrow(args[0], &id) < 0 || narrow(args[3], &timeout) < 0)
        return NULL;
    if (span_of(args[1], &names) < 0 || span_of(args[2], &body) < 0) return NULL;
    return plain_request_frame(id, names, body, timeout);
}

/* write_success(request_id, body): a frame. */
static PyObject *write_success(Envelope *self, PyObject *const *args, Py_ssize_t count) {
    (void)self;
    int32_t id;
    Span body;
    if (takes(count, 2) < 0 || narrow(args[0], &id) < 0 || span_of(args[1], &body) < 0)
        return NULL;
    return plain_success_frame(id, body);
}

static int envelope_init(Envelope *self, PyObject *args, PyObject *keywords) {
    PyObject *request, *response;
    if (keywords != NULL || self->packets.request.cls != NULL) {
        PyErr_SetString(PyExc_TypeError, "an Envelope takes its arguments once, by position");
        return -1;
    }
    if (!PyArg_ParseTuple(args, "OO", &request, &response)) return -1;
    return packets_build(&self->packets, request, response);
}

static int envelope_traverse(Envelope *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    return packets_traverse(&self->packets, visit, arg);
}

static void envelope_dealloc(Envelope *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    packets_clear(&self->packets);
    type->tp_free(self);
    Py_DECREF(type);
}

#define CALL(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef methods[] = {
    {"read_requests", CALL(read_requests), METH_FASTCALL,
     "(data, at, limit, requests): add the plain requests from there on; where they end."},
    {"read_response", CALL(one_response), METH_O, "A plain answer, or None."},
    {"write_request", CALL(write_request), METH_FASTCALL,
     "(request_id, names, body, timeout_ms): the frame of a plain request."},
    {"write_success", CALL(write_success), METH_FASTCALL,
     "(request_id, body): the frame of a plain answer."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Plain packets, as the given request and response but for what varies."},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, envelope_init},
    {Py_tp_methods, methods},
    {Py_tp_traverse, envelope_traverse},
    {Py_tp_dealloc, envelope_dealloc},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "tars_runtime.codec._native.Envelope",
    .basicsize = sizeof(Envelope),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int envelope_add(PyObject *module) {
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    if (type == NULL) return -1;
    int state = PyModule_AddObjectRef(module, "Envelope", type);
    Py_DECREF(type);
    return state;
}
