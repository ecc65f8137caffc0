#include "frames.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { INT8 = 0, INT16 = 1, INT32 = 2, INT64 = 3, ZERO = 12 };

static uint32_t big32(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static size_t width_of(unsigned type) {
    return type <= INT64 ? (size_t)1 << type : 0;
}

/* One whole number below tag 15. Returns the bytes taken, 0 when this is none. */
static size_t read_number(const unsigned char *p, const unsigned char *end, unsigned *tag,
                          int64_t *value) {
    if (p >= end) return 0;
    unsigned type = *p & 15;
    size_t width = width_of(type);
    *tag = *p >> 4;
    if ((type > INT64 && type != ZERO) || *tag == 15 || (size_t)(end - p) < 1 + width) return 0;
    int64_t number = width && (p[1] & 0x80) ? -1 : 0;
    for (size_t i = 0; i < width; i++) number = (int64_t)((uint64_t)number << 8 | p[1 + i]);
    *value = number;
    return 1 + width;
}

/* RequestPacket: tags 1 to 3 are numbers, tag 4 is the id, which must be 32 bits wide to be set. */
static size_t find_request_id(const unsigned char *bytes, size_t length) {
    const unsigned char *p = bytes + 4, *end = bytes + length;
    unsigned tag;
    int64_t value;
    for (size_t taken; (taken = read_number(p, end, &tag, &value)); p += taken)
        if (tag == 4) return (*p & 15) == INT32 ? (size_t)(p + 1 - bytes) : 0;
    return 0;
}

static const char *add(struct frames *frames, struct frame frame) {
    if ((frames->count & (frames->count - 1)) == 0) {
        size_t room = frames->count ? frames->count * 2 : 1;
        void *grown = realloc(frames->items, room * sizeof *frames->items);
        if (!grown) return "out of memory";
        frames->items = grown;
    }
    frames->items[frames->count++] = frame;
    return NULL;
}

static const char *add_tars(struct frames *frames, unsigned char *memory, size_t length) {
    for (size_t at = 0; at < length;) {
        if (length - at < 5 || big32(memory + at) < 5 || big32(memory + at) > length - at)
            return "expected whole TARS frames, each after its 4-byte length";
        struct frame frame = {memory + at, big32(memory + at), 0};
        frame.id_offset = find_request_id(frame.bytes, frame.length);
        if (!frame.id_offset) return "expected iRequestId (tag 4) written as 32 bits in each frame";
        const char *error = add(frames, frame);
        if (error) return error;
        at += frame.length;
    }
    return NULL;
}

const char *frames_load(struct frames *frames, enum protocol protocol, unsigned char *memory,
                        size_t length) {
    frames->memory = memory;
    if (!length) return "expected at least one request, got none";
    if (protocol == TARS) return add_tars(frames, memory, length);
    return add(frames, (struct frame){memory, length, 0});
}

void frame_set_id(struct frame *frame, uint32_t id) {
    unsigned char *p = frame->bytes + frame->id_offset;
    p[0] = (unsigned char)(id >> 24);
    p[1] = (unsigned char)(id >> 16);
    p[2] = (unsigned char)(id >> 8);
    p[3] = (unsigned char)id;
}

/* ResponsePacket: version 1, packet type 2, id 3, message type 4, iRet 5: all numbers. */
static struct reply parse_tars(const unsigned char *bytes, size_t length) {
    struct reply reply = {0, 0, -1, 0};
    if (length < 4) return reply;
    uint32_t whole = big32(bytes);
    if (whole < 5 || whole > 104857600u) {
        reply.bad = 1;
        return reply;
    }
    if (length < whole) return reply;
    const unsigned char *p = bytes + 4, *end = bytes + whole;
    unsigned tag;
    int64_t value;
    for (size_t taken; (taken = read_number(p, end, &tag, &value)); p += taken) {
        if (tag == 3) reply.id = (int32_t)value;
        if (tag == 5) reply.result = value;
    }
    reply.length = whole;
    return reply;
}

static struct reply parse_framed(const unsigned char *bytes, size_t length) {
    struct reply reply = {0, 0, 0, 0};
    if (length >= 4 && length - 4 >= big32(bytes)) reply.length = 4 + (size_t)big32(bytes);
    return reply;
}

static struct reply parse_http(const unsigned char *bytes, size_t length) {
    static const char name[] = "\r\ncontent-length:";
    struct reply reply = {0, 0, 0, 0};
    const unsigned char *body = memmem(bytes, length, "\r\n\r\n", 4);
    if (!body) return reply;
    if (length < 12 || memcmp(bytes, "HTTP/1.", 7)) {
        reply.bad = 1;
        return reply;
    }
    long content = -1;
    for (const unsigned char *p = bytes; p + sizeof name < body; p++)
        if (!strncasecmp((const char *)p, name, sizeof name - 1))
            content = strtol((const char *)p + sizeof name - 1, NULL, 10);
    if (content < 0) {
        reply.bad = 1;
        return reply;
    }
    size_t whole = (size_t)(body - bytes) + 4 + (size_t)content;
    long status = strtol((const char *)bytes + 9, NULL, 10);
    reply.result = status == 200 ? 0 : status;
    reply.length = length >= whole ? whole : 0;
    return reply;
}

struct reply reply_parse(enum protocol protocol, const unsigned char *bytes, size_t length) {
    if (protocol == TARS) return parse_tars(bytes, length);
    return protocol == HTTP ? parse_http(bytes, length) : parse_framed(bytes, length);
}
