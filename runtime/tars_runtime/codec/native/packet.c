/* Making the objects: what varies from the bytes, the rest as in the packet that was given. */
#include "packet.h"

#include "table.h"

enum { ID, BODY, SERVANT, FUNCTION, TIMEOUT };
enum { VARY_IN_REQUEST = 5, VARY_IN_RESPONSE = 2 };
static const char *const REQUEST[] = {"request_id",  "body",         "servant", "function",
                                      "timeout_ms",  "version",      "packet_type",
                                      "message_type", "context",     "status",  NULL};
static const char *const RESPONSE[] = {"request_id",   "body", "version", "packet_type",
                                       "message_type", "ret",  "status",  "text",
                                       "context",      NULL};

static int learn_member(Class *class, PyObject *packet, const char *member) {
    PyObject *name = PyUnicode_FromString(member);
    if (name == NULL) return -1;
    Py_ssize_t place = class->places[class->count] = slot_offset(class->cls, name);
    Py_DECREF(name);
    if (place < 0) {
        if (!PyErr_Occurred()) PyErr_Format(PyExc_TypeError, "expected a slot for %s", member);
        return -1;
    }
    if (class->count < class->vary) return 0;
    PyObject *value = *(PyObject **)((char *)packet + place);
    if (value == NULL) PyErr_Format(PyExc_TypeError, "expected a value of %s", member);
    class->constants[class->count] = Py_XNewRef(value);
    return value == NULL ? -1 : 0;
}

static int learn(Class *class, PyObject *packet, const char *const *members, int vary) {
    class->cls = (PyTypeObject *)Py_NewRef(Py_TYPE(packet));
    class->vary = vary;
    for (; members[class->count] != NULL; class->count++)
        if (learn_member(class, packet, members[class->count]) < 0) return -1;
    return 0;
}

int packets_build(Packets *packets, PyObject *request, PyObject *response) {
    if (learn(&packets->request, request, REQUEST, VARY_IN_REQUEST) < 0) return -1;
    if (learn(&packets->response, response, RESPONSE, VARY_IN_RESPONSE) < 0) return -1;
    packets->ready = 1;
    return 0;
}

static void forget(Class *class) {
    Py_CLEAR(class->cls);
    for (int i = 0; i < MEMBERS; i++) Py_CLEAR(class->constants[i]);
}

void packets_clear(Packets *packets) {
    packets->ready = 0;
    forget(&packets->request);
    forget(&packets->response);
    names_clear(&packets->names);
}

static int visit_class(const Class *class, visitproc visit, void *arg) {
    Py_VISIT(class->cls);
    for (int i = 0; i < MEMBERS; i++) Py_VISIT(class->constants[i]);
    return 0;
}

int packets_traverse(const Packets *packets, visitproc visit, void *arg) {
    int state = visit_class(&packets->request, visit, arg);
    return state != 0 ? state : visit_class(&packets->response, visit, arg);
}

/* A new packet without what varies. */
static inline PyObject *new_packet(const Class *class) {
    PyObject *made = class->cls->tp_alloc(class->cls, 0);
    if (made == NULL) return NULL;
    for (int i = class->vary; i < class->count; i++)
        *(PyObject **)((char *)made + class->places[i]) = Py_NewRef(class->constants[i]);
    return made;
}

/* Put a member that varies, a new reference; FAULT for NULL. */
static inline int put(const Class *class, PyObject *packet, int member, PyObject *value) {
    *(PyObject **)((char *)packet + class->places[member]) = value;
    return value == NULL ? FAULT : 0;
}

static inline PyObject *bytes_of(Span span) {
    return PyBytes_FromStringAndSize((const char *)span.start, span.size);
}

PyObject *read_request(Packets *packets, const uint8_t *at, const uint8_t *end) {
    PlainRequest found;
    PyObject *servant, *function;
    const Class *class = &packets->request;
    if (plain_request(at, end, &found) < 0) return NULL;
    if (names_of(&packets->names, &found, &servant, &function) < 0) {
        if (PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) PyErr_Clear();
        return NULL;
    }
    PyObject *made = new_packet(class);
    if (made == NULL) {
        Py_DECREF(servant);
        Py_DECREF(function);
        return NULL;
    }
    put(class, made, SERVANT, servant);
    put(class, made, FUNCTION, function);
    if (put(class, made, ID, PyLong_FromLong(found.id)) < 0 ||
        put(class, made, TIMEOUT, PyLong_FromLong(found.timeout)) < 0 ||
        put(class, made, BODY, bytes_of(found.body)) < 0)
        Py_CLEAR(made);
    return made;
}

PyObject *read_response(Packets *packets, const uint8_t *at, const uint8_t *end) {
    PlainResponse found;
    const Class *class = &packets->response;
    if (plain_response(at, end, &found) < 0) return NULL;
    PyObject *made = new_packet(class);
    if (made != NULL && (put(class, made, ID, PyLong_FromLong(found.id)) < 0 ||
                         put(class, made, BODY, bytes_of(found.body)) < 0))
        Py_CLEAR(made);
    return made;
}
