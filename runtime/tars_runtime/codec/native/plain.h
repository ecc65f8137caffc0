/* The plain layouts of the two packets: where in the bytes what stands.
 *
 * One canonical layout each, which every runtime writes for a plain TARS call (TarsProtocol,
 * RequestF.tars). What is laid out otherwise is not refused: it is simply not plain, and goes
 * through its schema.
 */
#ifndef TARS_PLAIN_H
#define TARS_PLAIN_H

#include "cursor.h"

typedef struct {
    const uint8_t *start;
    Py_ssize_t size;
} Span;

/* version 1, two-way, no message type; id, object, function, body, time; no context, no status */
typedef struct {
    int32_t id;
    Span names; /* tags 5 and 6 as they stand, `servant` and `function` within */
    Span servant, function, body;
    int32_t timeout;
} PlainRequest;

/* version 1, an answer without message type; id, success, body; no status, text and context */
typedef struct {
    int32_t id;
    Span body;
} PlainResponse;

/* 0, or FAULT: the bytes from `at` to `end` are not just that. */
int plain_request(const uint8_t *at, const uint8_t *end, PlainRequest *found);
int plain_response(const uint8_t *at, const uint8_t *end, PlainResponse *found);

/* A whole frame, its length first, as a new bytes object; NULL with OverflowError if that is
 * longer than an int can tell. */
PyObject *plain_request_frame(int32_t id, Span names, Span body, int32_t timeout);
PyObject *plain_success_frame(int32_t id, Span body);

#endif
