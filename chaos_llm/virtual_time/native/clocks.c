/* The functions that replace the C library's clock functions during an outage.

   They are compiled ahead of time (clocks-x86_64.bin; a test compiles them again where the same gcc is
   installed) and copied into memory of the process; the table below follows the code. A clock of kind
   REAL is the system's; one of kind SHIFTED is the system's plus an offset. The others have the time
   that Python wrote last.

   Waits stay real: virtual time cannot move while native code waits, and does not stop for it. So a
   deadline on the virtual clock is converted to the real clock before the system sees it: the wait
   lasts its real duration, and not hours. After a wait that timed out, the thread reads at least its
   deadline; otherwise `while (now < deadline) wait(deadline - now)` would never end on a clock that
   stands still. For the same reason the time of a thread that reads the clock again and again at one
   instant moves by a microsecond at each reading. */

typedef long long i64;
typedef unsigned long long u64;
struct timespec { i64 sec, ns; };
struct timeval { i64 sec, us; };

enum { REAL, WALL, MONOTONIC, SHIFTED };
enum { CLOCKS = 12, THREADS = 256, PROBES = 16, CREEP = 1000, SECOND = 1000000000 };
enum { CLOCK_REALTIME, CLOCK_MONOTONIC };
enum { ETIMEDOUT = 110, TIMER_ABSTIME = 1 };
enum { FUTEX_WAIT = 0, FUTEX_WAIT_BITSET = 9, FUTEX_COMMAND = 127, FUTEX_CLOCK_REALTIME = 256 };
#if defined(__x86_64__)
enum { SYS_FUTEX = 202 };
#elif defined(__aarch64__)
enum { SYS_FUTEX = 98 };
#endif

#define FUNCTIONS(X)                                                                                \
  X(clock_gettime) X(time) X(gettimeofday) X(timespec_get)                                           \
  X(_ZNSt6chrono3_V212system_clock3nowEv) X(_ZNSt6chrono3_V212steady_clock3nowEv)                     \
  X(nanosleep) X(clock_nanosleep) X(usleep) X(sleep)                                                 \
  X(epoll_wait) X(epoll_pwait) X(poll) X(ppoll) X(select) X(pselect) X(syscall)                       \
  X(pthread_cond_timedwait) X(pthread_mutex_timedlock) X(sem_timedwait)                               \
  X(pthread_cond_clockwait) X(pthread_mutex_clocklock) X(sem_clockwait)
enum {
#define INDEX(name) I_##name,
  FUNCTIONS(INDEX) N_FUNCTIONS
};

struct thread { u64 pointer; i64 instant, readings, floor; };
struct table {
  u64 version;                       /* its last bit is the index of the valid row of `now` */
  i64 now[2][2];                     /* nanoseconds: monotonic, wall */
  i64 readings;                      /* by one thread at one instant, before its time moves */
  struct { i64 kind, offset; } clocks[CLOCKS];
  int *(*errno_location)(void);
  void *real[N_FUNCTIONS];
  struct thread threads[THREADS];
};
extern struct table table __attribute__((visibility("hidden")));

#define REALLY(name, type, ...) ((type(*)(__VA_ARGS__))table.real[I_##name])

/* The calling thread's row, or 0 where the table is full. A new thread may get the row of one that has
   ended: a floor, the least time that the thread reads, has no effect once time has passed it. */
static __attribute__((noinline)) struct thread *here(void) {
  u64 me = (u64)__builtin_thread_pointer();
  u64 first = me * 0x9E3779B97F4A7C15u >> 56;
  for (int n = 0; n < PROBES; n++) {
    struct thread *row = &table.threads[(first + n) % THREADS];
    if (row->pointer == me) return row;
    if (!row->pointer && __sync_bool_compare_and_swap(&row->pointer, 0, me)) return row;
    if (row->pointer == me) return row;
  }
  return 0;
}

struct instant { i64 monotonic, wall; };

static __attribute__((noinline)) struct instant now(int reads) {
  struct instant seen;
  u64 version;
  do {
    version = __atomic_load_n(&table.version, __ATOMIC_ACQUIRE);
    seen.monotonic = __atomic_load_n(&table.now[version & 1][0], __ATOMIC_RELAXED);
    seen.wall = __atomic_load_n(&table.now[version & 1][1], __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
  } while (version != __atomic_load_n(&table.version, __ATOMIC_RELAXED));
  struct thread *me = here();
  if (!me) return seen;
  if (me->instant != seen.monotonic) {
    me->instant = seen.monotonic;
    me->readings = 0;
  } else if (reads && ++me->readings > table.readings) {
    if (me->floor < seen.monotonic) me->floor = seen.monotonic;
    me->floor += CREEP;
  }
  if (me->floor > seen.monotonic) {
    seen.wall += me->floor - seen.monotonic;
    seen.monotonic = me->floor;
  }
  return seen;
}

static i64 shown(int id, int reads) {
  if (table.clocks[id].kind == SHIFTED) {
    struct timespec real;
    REALLY(clock_gettime, int, u64, struct timespec *)(id, &real);
    return real.sec * SECOND + real.ns + table.clocks[id].offset;
  }
  struct instant seen = now(reads);
  return (table.clocks[id].kind == WALL ? seen.wall : seen.monotonic) + table.clocks[id].offset;
}

static int moved(u64 id) { return id < CLOCKS && table.clocks[id].kind != REAL; }
static i64 span(const struct timespec *t) { return t->sec * SECOND + t->ns; }
static void put(struct timespec *t, i64 ns) {
  i64 sec = ns / SECOND;
  if (ns % SECOND < 0) sec--;
  t->sec = sec;
  t->ns = ns - sec * SECOND;
}

/* The calling thread has waited until `deadline`, monotonic nanoseconds. */
static void reached(i64 deadline) {
  struct thread *me = here();
  if (me && me->floor < deadline) me->floor = deadline;
}

/* Convert a deadline to the real clock; returns the same deadline on the virtual monotonic clock. */
static __attribute__((noinline)) i64 rebase(u64 id, const struct timespec *deadline, struct timespec *real) {
  i64 left = span(deadline) - shown(id, 0);
  REALLY(clock_gettime, int, u64, struct timespec *)(id, real);
  put(real, span(real) + left);
  return now(0).monotonic + left;
}

/* The clock of a deadline, where the call does not name one: only the wall clock has run for 30 years. */
static u64 clock_of(const struct timespec *deadline) {
  return deadline->sec > SECOND ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

static int my_clock_gettime(u64 id, struct timespec *t) {
  if (!moved(id)) return REALLY(clock_gettime, int, u64, struct timespec *)(id, t);
  put(t, shown(id, 1));
  return 0;
}

static i64 my_time(i64 *t) {
  if (!moved(CLOCK_REALTIME)) return REALLY(time, i64, i64 *)(t);
  struct timespec seen;
  put(&seen, shown(CLOCK_REALTIME, 1));
  if (t) *t = seen.sec;
  return seen.sec;
}

static int my_gettimeofday(struct timeval *t, void *zone) {
  int result = REALLY(gettimeofday, int, struct timeval *, void *)(t, zone);
  if (result || !t || !moved(CLOCK_REALTIME)) return result;
  struct timespec seen;
  put(&seen, shown(CLOCK_REALTIME, 1));
  t->sec = seen.sec;
  t->us = seen.ns / 1000;
  return 0;
}

static int my_timespec_get(struct timespec *t, int base) {
  if (base != 1 || !moved(CLOCK_REALTIME)) return REALLY(timespec_get, int, struct timespec *, int)(t, base);
  put(t, shown(CLOCK_REALTIME, 1));
  return base;
}

static i64 my__ZNSt6chrono3_V212system_clock3nowEv(void) {
  if (!moved(CLOCK_REALTIME)) return REALLY(_ZNSt6chrono3_V212system_clock3nowEv, i64, void)();
  return shown(CLOCK_REALTIME, 1);
}

static i64 my__ZNSt6chrono3_V212steady_clock3nowEv(void) {
  if (!moved(CLOCK_MONOTONIC)) return REALLY(_ZNSt6chrono3_V212steady_clock3nowEv, i64, void)();
  return shown(CLOCK_MONOTONIC, 1);
}

static int my_nanosleep(const struct timespec *t, struct timespec *rest) {
  i64 since = now(0).monotonic;
  int result = REALLY(nanosleep, int, const struct timespec *, struct timespec *)(t, rest);
  if (!result && moved(CLOCK_MONOTONIC)) reached(since + span(t));
  return result;
}

static int my_clock_nanosleep(u64 id, int flags, const struct timespec *t, struct timespec *rest) {
  struct timespec real;
  const struct timespec *asked = t;
  i64 deadline;
  if (!moved(id)) return REALLY(clock_nanosleep, int, u64, int, const struct timespec *, struct timespec *)(id, flags, t, rest);
  if (flags & TIMER_ABSTIME) {
    deadline = rebase(id, t, &real);
    asked = &real;
  } else {
    deadline = now(0).monotonic + span(t);
  }
  int result = REALLY(clock_nanosleep, int, u64, int, const struct timespec *, struct timespec *)(id, flags, asked, rest);
  if (!result) reached(deadline);
  return result;
}

static int my_usleep(unsigned us) {
  i64 since = now(0).monotonic;
  int result = REALLY(usleep, int, unsigned)(us);
  if (!result && moved(CLOCK_MONOTONIC)) reached(since + us * 1000LL);
  return result;
}

static unsigned my_sleep(unsigned seconds) {
  i64 since = now(0).monotonic;
  unsigned rest = REALLY(sleep, unsigned, unsigned)(seconds);
  if (!rest && moved(CLOCK_MONOTONIC)) reached(since + seconds * (i64)SECOND);
  return rest;
}

/* Calls that return 0 when they time out. */
#define WAITS(call, lasts)                                                                           \
  i64 length = (lasts), since = length > 0 ? now(0).monotonic : 0;                                     \
  int result = (call);                                                                                \
  if (!result && length > 0 && moved(CLOCK_MONOTONIC)) reached(since + length);                        \
  return result

static int my_epoll_wait(int fd, void *events, int many, int ms) {
  WAITS(REALLY(epoll_wait, int, int, void *, int, int)(fd, events, many, ms), ms * 1000000LL);
}

static int my_epoll_pwait(int fd, void *events, int many, int ms, const void *mask) {
  WAITS(REALLY(epoll_pwait, int, int, void *, int, int, const void *)(fd, events, many, ms, mask), ms * 1000000LL);
}

static int my_poll(void *fds, u64 many, int ms) {
  WAITS(REALLY(poll, int, void *, u64, int)(fds, many, ms), ms * 1000000LL);
}

static int my_ppoll(void *fds, u64 many, const struct timespec *t, const void *mask) {
  WAITS(REALLY(ppoll, int, void *, u64, const struct timespec *, const void *)(fds, many, t, mask), t ? span(t) : -1);
}

static int my_select(int many, void *r, void *w, void *e, struct timeval *t) {
  WAITS(REALLY(select, int, int, void *, void *, void *, struct timeval *)(many, r, w, e, t), t ? t->sec * SECOND + t->us * 1000 : -1);
}

static int my_pselect(int many, void *r, void *w, void *e, const struct timespec *t, const void *mask) {
  WAITS(REALLY(pselect, int, int, void *, void *, void *, const struct timespec *, const void *)(many, r, w, e, t, mask), t ? span(t) : -1);
}

/* Rust's locks and channels wait with the system call itself. */
static long my_syscall(long number, long a, long b, long c, long d, long e, long f) {
  const struct timespec *t = (const struct timespec *)d;
  int command = b & FUTEX_COMMAND;
  if (number != SYS_FUTEX || !t || (command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET))
    return REALLY(syscall, long, long, long, long, long, long, long, long)(number, a, b, c, d, e, f);
  u64 id = b & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  struct timespec real;
  i64 deadline;
  if (!moved(id)) return REALLY(syscall, long, long, long, long, long, long, long, long)(number, a, b, c, d, e, f);
  if (command == FUTEX_WAIT_BITSET) {
    deadline = rebase(id, t, &real);
    if (real.sec < 0) real.sec = real.ns = 0;
    d = (long)&real;
  } else {
    deadline = now(0).monotonic + span(t);
  }
  long result = REALLY(syscall, long, long, long, long, long, long, long, long)(number, a, b, c, d, e, f);
  if (result < 0 && *table.errno_location() == ETIMEDOUT) reached(deadline);
  return result;
}

#define TIMED(id, deadline, call, timed_out)                                                         \
  struct timespec real;                                                                               \
  u64 clock = (id);                                                                                   \
  if (!moved(clock)) { const struct timespec *until = (deadline); return call; }                       \
  i64 end = rebase(clock, (deadline), &real);                                                          \
  const struct timespec *until = &real;                                                               \
  int result = call;                                                                                  \
  if (timed_out) reached(end);                                                                        \
  return result

static int my_pthread_cond_timedwait(void *condition, void *mutex, const struct timespec *t) {
  TIMED(clock_of(t), t, REALLY(pthread_cond_timedwait, int, void *, void *, const struct timespec *)(condition, mutex, until), result == ETIMEDOUT);
}

static int my_pthread_mutex_timedlock(void *mutex, const struct timespec *t) {
  TIMED(CLOCK_REALTIME, t, REALLY(pthread_mutex_timedlock, int, void *, const struct timespec *)(mutex, until), result == ETIMEDOUT);
}

static int my_sem_timedwait(void *semaphore, const struct timespec *t) {
  TIMED(CLOCK_REALTIME, t, REALLY(sem_timedwait, int, void *, const struct timespec *)(semaphore, until),
        result && *table.errno_location() == ETIMEDOUT);
}

static int my_pthread_cond_clockwait(void *condition, void *mutex, int id, const struct timespec *t) {
  TIMED(id, t, REALLY(pthread_cond_clockwait, int, void *, void *, int, const struct timespec *)(condition, mutex, id, until), result == ETIMEDOUT);
}

static int my_pthread_mutex_clocklock(void *mutex, int id, const struct timespec *t) {
  TIMED(id, t, REALLY(pthread_mutex_clocklock, int, void *, int, const struct timespec *)(mutex, id, until), result == ETIMEDOUT);
}

static int my_sem_clockwait(void *semaphore, int id, const struct timespec *t) {
  TIMED(id, t, REALLY(sem_clockwait, int, void *, int, const struct timespec *)(semaphore, id, until),
        result && *table.errno_location() == ETIMEDOUT);
}

/* The offset of each function from here: the code is linked as if it began at address 0. */
#define ENTRY(name) (void *)my_##name,
__attribute__((section(".entries"), used)) void *const entries[N_FUNCTIONS] = {FUNCTIONS(ENTRY)};
