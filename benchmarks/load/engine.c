#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct buffer {
    unsigned char *bytes;
    size_t start, end, room;
};

struct connection {
    int socket;      /* -1: not dialled */
    int ready;       /* connected */
    int watched;     /* EPOLLOUT is on */
    unsigned busy;   /* requests in flight */
    unsigned oldest; /* the slot that an ordered protocol answers next */
    unsigned free_count;
    uint32_t *free_slots;
    uint64_t *started; /* per slot, nanoseconds; 0 = free */
    struct buffer in, out;
};

struct engine {
    const struct plan *plan;
    struct frames *frames;
    struct outcome *outcome;
    struct connection *connections;
    int epoll;
    size_t next_frame;
    unsigned next_connection;
    uint64_t sent, begun, measured_from;
    unsigned alive;
};

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *grab(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) {
        static const char text[] = "out of memory\n";
        (void)!write(2, text, sizeof text - 1);
        _exit(1);
    }
    return memory;
}

static void make_room(struct buffer *b, size_t more) {
    if (b->start == b->end) b->start = b->end = 0;
    if (b->room - b->end >= more) return;
    size_t kept = b->end - b->start, room = b->room ? b->room : 16384;
    while (room < kept + more) room *= 2;
    unsigned char *bytes = grab(room, 1);
    if (kept) memcpy(bytes, b->bytes + b->start, kept);
    free(b->bytes);
    *b = (struct buffer){bytes, 0, kept, room};
}

static void drop(struct engine *e, struct connection *c) {
    if (c->socket >= 0) close(c->socket);
    if (c->socket != -2) {
        e->outcome->broken++;
        e->alive--;
    }
    e->outcome->lost += c->busy;
    c->busy = 0;
    c->socket = -2;
}

static void watch(struct engine *e, struct connection *c, int operation, int output) {
    struct epoll_event event = {EPOLLIN | (output ? EPOLLOUT : 0), {.ptr = c}};
    epoll_ctl(e->epoll, operation, c->socket, &event);
    c->watched = output;
}

static int dial(struct engine *e, struct connection *c) {
    int on = 1;
    c->socket = socket(e->plan->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->socket < 0) return 0;
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->socket, (const struct sockaddr *)&e->plan->address, e->plan->address_length) &&
        errno != EINPROGRESS)
        return 0;
    watch(e, c, EPOLL_CTL_ADD, 1);
    return 1;
}

static void flush_out(struct engine *e, struct connection *c) {
    struct buffer *b = &c->out;
    while (c->ready && b->start < b->end) {
        ssize_t n = send(c->socket, b->bytes + b->start, b->end - b->start, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) {
            drop(e, c);
            return;
        }
        if (n < 0) break;
        b->start += (size_t)n;
    }
    int wanted = !c->ready || b->start < b->end;
    if (wanted != c->watched) watch(e, c, EPOLL_CTL_MOD, wanted);
}

static int may_send(const struct engine *e) {
    return !e->plan->count || e->sent < e->plan->count;
}

/* Put one request into the connection's buffer; `due` is when its time begins. */
static void enqueue(struct engine *e, struct connection *c, uint64_t due) {
    struct frame *frame = &e->frames->items[e->next_frame];
    if (++e->next_frame == e->frames->count) e->next_frame = 0;
    uint32_t slot;
    if (e->plan->protocol == TARS) {
        slot = c->free_slots[--c->free_count];
        frame_set_id(frame, slot + 1);
    } else {
        slot = (c->oldest + c->busy) % e->plan->inflight;
    }
    c->started[slot] = due;
    c->busy++;
    e->sent++;
    make_room(&c->out, frame->length);
    memcpy(c->out.bytes + c->out.end, frame->bytes, frame->length);
    c->out.end += frame->length;
}

static void fill(struct engine *e, struct connection *c) {
    uint64_t at = now();
    while (c->busy < e->plan->inflight && may_send(e)) enqueue(e, c, at);
    flush_out(e, c);
}

static void note_reply(struct engine *e, struct connection *c, const struct reply *reply, uint64_t at) {
    uint32_t slot;
    if (e->plan->protocol == TARS) {
        slot = (uint32_t)reply->id - 1;
        if (slot >= e->plan->inflight || !c->started[slot]) return; /* a push, or a stray reply */
        c->free_slots[c->free_count++] = slot;
    } else {
        if (!c->busy) return;
        slot = c->oldest;
        c->oldest = (c->oldest + 1) % e->plan->inflight;
    }
    uint64_t took = at - c->started[slot];
    c->started[slot] = 0;
    c->busy--;
    e->outcome->total++;
    if (at < e->measured_from) return;
    e->outcome->replies++;
    e->outcome->failed += reply->result != 0;
    e->outcome->late += e->plan->timeout > 0 && (double)took > e->plan->timeout * 1e9;
    histogram_add(&e->outcome->latency, took);
}

/* Take what came. Returns the number of replies, -1 when the connection is gone. */
static int receive(struct engine *e, struct connection *c) {
    make_room(&c->in, 65536);
    ssize_t n = recv(c->socket, c->in.bytes + c->in.end, c->in.room - c->in.end, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n <= 0) return -1;
    c->in.end += (size_t)n;
    uint64_t at = now();
    for (int replies = 0;; replies++) {
        struct reply reply =
            reply_parse(e->plan->protocol, c->in.bytes + c->in.start, c->in.end - c->in.start);
        if (reply.bad) return -1;
        if (!reply.length) return replies;
        c->in.start += reply.length;
        note_reply(e, c, &reply, at);
    }
}

static int connected(struct connection *c) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->socket, SOL_SOCKET, SO_ERROR, &error, &size);
    return !error;
}

static void on_event(struct engine *e, struct connection *c, uint32_t events) {
    if (c->socket < 0) return;
    if (!c->ready && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
        if (!connected(c)) {
            drop(e, c);
            return;
        }
        c->ready = 1;
    }
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP) && receive(e, c) < 0) {
        drop(e, c);
        return;
    }
    if (e->plan->rate > 0)
        flush_out(e, c);
    else
        fill(e, c);
}

/* Send what a fixed rate has made due, round robin over connections with room. */
static void send_due(struct engine *e) {
    uint64_t at = now();
    uint64_t due = (uint64_t)((double)(at - e->begun) * 1e-9 * e->plan->rate) + 1;
    for (unsigned full = 0; e->sent < due && may_send(e) && full < e->plan->connections;) {
        struct connection *c = &e->connections[e->next_connection];
        e->next_connection = (e->next_connection + 1) % e->plan->connections;
        if (c->socket == -1 && !dial(e, c)) drop(e, c);
        if (c->socket < 0 || c->busy == e->plan->inflight) {
            full++;
            continue;
        }
        full = 0;
        enqueue(e, c, e->begun + (uint64_t)((double)e->sent / e->plan->rate * 1e9));
        flush_out(e, c);
    }
}

static void open_all(struct engine *e) {
    for (unsigned i = 0; i < e->plan->connections; i++) {
        struct connection *c = &e->connections[i];
        c->socket = -1;
        c->free_slots = grab(e->plan->inflight, sizeof *c->free_slots);
        c->started = grab(e->plan->inflight, sizeof *c->started);
        for (unsigned slot = 0; slot < e->plan->inflight; slot++)
            c->free_slots[c->free_count++] = slot;
        if (!e->plan->lazy && !dial(e, c)) drop(e, c);
    }
}

/* How long the loop may sleep: until the next request is due, at most 50 ms. */
static struct timespec patience(const struct engine *e) {
    uint64_t wait = 50000000;
    if (e->plan->rate > 0 && may_send(e)) {
        uint64_t due = e->begun + (uint64_t)((double)e->sent / e->plan->rate * 1e9), at = now();
        wait = due <= at ? 1000000 : due - at < wait ? due - at : wait;
    }
    return (struct timespec){0, (long)wait};
}

static int finished(const struct engine *e, uint64_t end) {
    if (now() >= end || !e->alive) return 1;
    return e->plan->count && e->outcome->total + e->outcome->lost >= e->plan->count;
}

static void close_all(struct engine *e) {
    for (unsigned i = 0; i < e->plan->connections; i++) {
        struct connection *c = &e->connections[i];
        if (e->plan->count || e->plan->timeout > 0) e->outcome->lost += c->busy;
        if (c->socket >= 0) close(c->socket);
        free(c->free_slots);
        free(c->started);
        free(c->in.bytes);
        free(c->out.bytes);
    }
    free(e->connections);
    close(e->epoll);
}

const char *engine_run(const struct plan *plan, struct frames *frames, struct outcome *outcome) {
    struct epoll_event events[256];
    struct engine e = {.plan = plan, .frames = frames, .outcome = outcome, .alive = plan->connections};
    e.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (e.epoll < 0) return strerror(errno);
    e.connections = grab(plan->connections, sizeof *e.connections);
    e.begun = now();
    e.measured_from = e.begun + (uint64_t)(plan->warmup * 1e9);
    uint64_t end = e.measured_from + (uint64_t)(plan->seconds * 1e9);
    open_all(&e);
    while (!finished(&e, end)) {
        if (plan->rate > 0) send_due(&e);
        struct timespec wait = patience(&e);
        int n = epoll_pwait2(e.epoll, events, 256, &wait, NULL);
        for (int i = 0; i < n; i++) on_event(&e, events[i].data.ptr, events[i].events);
    }
    outcome->seconds = (double)(now() - e.measured_from) * 1e-9;
    close_all(&e);
    return NULL;
}
