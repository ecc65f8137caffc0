/* What the generator knows of protocols: where a request's id stands, where a reply ends, how it went. */
#ifndef LOAD_FRAMES_H
#define LOAD_FRAMES_H

#include <stddef.h>
#include <stdint.h>

enum protocol { TARS, FRAMED, HTTP };

struct frame {
    unsigned char *bytes;
    size_t length;
    size_t id_offset; /* of the 4 bytes of iRequestId; 0 when the protocol has none */
};

struct frames {
    struct frame *items;
    size_t count;
    unsigned char *memory;
};

struct reply {
    size_t length;  /* whole bytes that it takes, 0 when more must be read */
    int32_t id;     /* TARS only */
    int64_t result; /* 0 is success: TARS iRet, else HTTP status other than 200 */
    int bad;        /* the bytes are no reply of this protocol */
};

/* Cut `length` bytes at `memory` into requests. Returns an error text or NULL. */
const char *frames_load(struct frames *frames, enum protocol protocol, unsigned char *memory,
                        size_t length);
void frame_set_id(struct frame *frame, uint32_t id);
struct reply reply_parse(enum protocol protocol, const unsigned char *bytes, size_t length);

#endif
