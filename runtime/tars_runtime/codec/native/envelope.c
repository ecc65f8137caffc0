/* The type `Envelope`: plain packets from bytes, and frames of them, without their schemas.
 *
 * It is given one packet of each class, and knows nothing else of the classes. What is not plain,
 * it leaves to others: as None, or as the bytes that it is.
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

static PyObject *read_one(Envelope *self, PyObject *data, Read read) {
    char *start;
    Py_ssize_t size;
    if (!is_ready(self) || PyBytes_AsStringAndSize(data, &start, &size) < 0) return NULL;
    const uint8_t *at = (const uint8_t *)start;
    PyObject *packet = read(&self->packets, at, at + size);
    return packet == NULL && !PyErr_Occurred() ? Py_NewRef(Py_None) : packet;
}

static PyObject *one_request(Envelope *self, PyObject *data) {
    return read_one(self, data, read_request);
}

static PyObject *one_response(Envelope *self, PyObject *data) {
    return read_one(self, data, read_response);
}

#define LENGTH 4          /* bytes of a frame's length */
#define LEAST (LENGTH + 1) /* a frame's: a packet is not empty */

/* Append a packet to the list; -1 with an exception. */
static int append(Envelope *self, PyObject *list, const uint8_t *at, const uint8_t *end,
                  Read read) {
    PyObject *packet = read(&self->packets, at, end);
    if (packet == NULL && !PyErr_Occurred())
        packet = PyBytes_FromStringAndSize((const char *)at, end - at);
    if (packet == NULL) return -1;
    int state = PyList_Append(list, packet);
    Py_DECREF(packet);
    return state;
}

static PyObject *cut(Envelope *self, PyObject *args, Read read) {
    const char *data;
    Py_ssize_t size, limit;
    if (!is_ready(self) || !PyArg_ParseTuple(args, "y#n", &data, &size, &limit)) return NULL;
    PyObject *list = PyList_New(0);
    if (list == NULL) return NULL;
    const uint8_t *start = (const uint8_t *)data, *at = start, *end = start + size;
    Py_ssize_t want = LENGTH;
    while (end - at >= LENGTH) {
        want = load32(at);
        if (want < LEAST || want > limit || want > end - at) break;
        if (append(self, list, at + LENGTH, at + want, read) < 0) {
            Py_DECREF(list);
            return NULL;
        }
        at += want;
        want = LENGTH;
    }
    return Py_BuildValue("Nnn", list, (Py_ssize_t)(at - start), want);
}

static PyObject *cut_requests(Envelope *self, PyObject *args) {
    return cut(self, args, read_request);
}

static PyObject *cut_responses(Envelope *self, PyObject *args) {
    return cut(self, args, read_response);
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

static int takes(Py_ssize_t given, Py_ssize_t wanted) {
    if (given == wanted) return 0;
    PyErr_Format(PyExc_TypeError, "expected %zd arguments, got %zd", wanted, given);
    return -1;
}

static inline Span span_of(const Py_buffer *buffer) {
    return (Span){.start = buffer->buf, .size = buffer->len};
}

static PyObject *write_request(Envelope *self, PyObject *const *args, Py_ssize_t count) {
    (void)self;
    int32_t id, timeout;
    Py_buffer names, body;
    PyObject *frame = NULL;
    if (takes(count, 4) < 0 || narrow(args[0], &id) < 0 || narrow(args[3], &timeout) < 0)
        return NULL;
    if (PyObject_GetBuffer(args[1], &names, PyBUF_SIMPLE) < 0) return NULL;
    if (PyObject_GetBuffer(args[2], &body, PyBUF_SIMPLE) == 0) {
        frame = plain_request_frame(id, span_of(&names), span_of(&body), timeout);
        PyBuffer_Release(&body);
    }
    PyBuffer_Release(&names);
    return frame;
}

static PyObject *write_success(Envelope *self, PyObject *const *args, Py_ssize_t count) {
    (void)self;
    int32_t id;
    Py_buffer body;
    if (takes(count, 2) < 0 || narrow(args[0], &id) < 0) return NULL;
    if (PyObject_GetBuffer(args[1], &body, PyBUF_SIMPLE) < 0) return NULL;
    PyObject *frame = plain_success_frame(id, span_of(&body));
    PyBuffer_Release(&body);
    return frame;
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
    {"read_request", CALL(one_request), METH_O, "A plain request, or None."},
    {"read_response", CALL(one_response), METH_O, "A plain answer, or None."},
    {"cut_requests", CALL(cut_requests), METH_VARARGS,
     "(data, limit): packets of whole frames, where the rest begins, the length it states."},
    {"cut_responses", CALL(cut_responses), METH_VARARGS, "Likewise, of a client."},
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
