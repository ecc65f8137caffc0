/* The type `Envelope`: plain packets without their schemas. */
#ifndef TARS_ENVELOPE_H
#define TARS_ENVELOPE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Add the type to the module; -1 with an exception. */
int envelope_add(PyObject *module);

#endif
