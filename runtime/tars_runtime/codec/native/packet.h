/* Plain packets as Python objects. */
#ifndef TARS_PACKET_H
#define TARS_PACKET_H

#include "names.h"

#define MEMBERS 10

/* One of the two classes, and what its plain packets have in common. */
typedef struct {
    PyTypeObject *cls;
    int vary, count;              /* the first `vary` members differ from packet to packet */
    Py_ssize_t places[MEMBERS];   /* offsets of their slots */
    PyObject *constants[MEMBERS]; /* NULL for those that vary */
} Class;

typedef struct {
    Class request, response;
    NamesCache names;
    int ready;
} Packets;

/* Learn the classes from a packet of each; -1 with an exception. */
int packets_build(Packets *packets, PyObject *request, PyObject *response);
void packets_clear(Packets *packets);
int packets_traverse(const Packets *packets, visitproc visit, void *arg);

/* A new packet, or NULL: it is not plain, or there is a Python exception. */
PyObject *read_request(Packets *packets, const uint8_t *at, const uint8_t *end);
PyObject *read_response(Packets *packets, const uint8_t *at, const uint8_t *end);

#endif
