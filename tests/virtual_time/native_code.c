/* Functions as in compiled libraries: they read clocks, wait, and work in their own threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef long long ns_t;
#define SECOND 1000000000LL

static ns_t span(struct timespec t) { return t.tv_sec * SECOND + t.tv_nsec; }
static struct timespec moment(ns_t ns) { return (struct timespec){ns / SECOND, ns % SECOND}; }

ns_t read_clock(int id) {
  struct timespec t;
  clock_gettime(id, &t);
  return span(t);
}
ns_t read_time(void) { return time(NULL) * SECOND; }
ns_t read_gettimeofday(void) {
  struct timeval t;
  gettimeofday(&t, NULL);
  return t.tv_sec * SECOND + t.tv_usec * 1000;
}
ns_t read_timespec_get(void) {
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return span(t);
}

/* Ways to wait for `ms`, each repeated until a deadline. */
#define UNTIL_DEADLINE(id, ...)                        \
  ns_t deadline = read_clock(id) + ms * 1000000LL, left; \
  while ((left = deadline - read_clock(id)) > 0) { __VA_ARGS__; } \
  return deadline

ns_t wait_nanosleep(int ms) {
  UNTIL_DEADLINE(CLOCK_MONOTONIC, struct timespec t = moment(left); nanosleep(&t, NULL));
}
ns_t wait_usleep(int ms) { UNTIL_DEADLINE(CLOCK_MONOTONIC, usleep(left / 1000 + 1)); }
ns_t wait_clock_nanosleep(int ms) {
  UNTIL_DEADLINE(CLOCK_MONOTONIC, struct timespec t = moment(deadline); clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
}
ns_t wait_clock_nanosleep_relative(int ms) {
  UNTIL_DEADLINE(CLOCK_REALTIME, struct timespec t = moment(left); clock_nanosleep(CLOCK_REALTIME, 0, &t, NULL));
}
ns_t wait_poll(int ms) { UNTIL_DEADLINE(CLOCK_MONOTONIC, poll(NULL, 0, left / 1000000 + 1)); }
ns_t wait_ppoll(int ms) {
  UNTIL_DEADLINE(CLOCK_MONOTONIC, struct timespec t = moment(left); ppoll(NULL, 0, &t, NULL));
}
ns_t wait_select(int ms) {
  UNTIL_DEADLINE(CLOCK_MONOTONIC, struct timeval t = {left / SECOND, left % SECOND / 1000 + 1}; select(0, NULL, NULL, NULL, &t));
}
ns_t wait_pselect(int ms) {
  UNTIL_DEADLINE(CLOCK_MONOTONIC, struct timespec t = moment(left); pselect(0, NULL, NULL, NULL, &t, NULL));
}
ns_t wait_epoll(int ms) {
  struct epoll_event event;
  int fd = epoll_create1(EPOLL_CLOEXEC);
  ns_t deadline = read_clock(CLOCK_MONOTONIC) + ms * 1000000LL, left;
  while ((left = deadline - read_clock(CLOCK_MONOTONIC)) > 0) epoll_wait(fd, &event, 1, left / 1000000 + 1);
  close(fd);
  return deadline;
}
static int word;
ns_t wait_futex(int ms) { /* as Rust's standard library waits, until a time of the monotonic clock */
  UNTIL_DEADLINE(CLOCK_MONOTONIC, struct timespec t = moment(deadline);
                 syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, &t, NULL, ~0));
}
ns_t wait_futex_relative(int ms) { /* as parking_lot does */
  UNTIL_DEADLINE(CLOCK_MONOTONIC, struct timespec t = moment(left);
                 syscall(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &t));
}
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
ns_t wait_cond(int ms) {
  pthread_mutex_lock(&mutex);
  ns_t deadline = read_clock(CLOCK_REALTIME) + ms * 1000000LL;
  struct timespec t = moment(deadline);
  while (deadline > read_clock(CLOCK_REALTIME)) pthread_cond_timedwait(&condition, &mutex, &t);
  pthread_mutex_unlock(&mutex);
  return deadline;
}
ns_t wait_cond_clockwait(int ms) { /* as C++'s condition variables wait */
  pthread_mutex_lock(&mutex);
  ns_t deadline = read_clock(CLOCK_MONOTONIC) + ms * 1000000LL;
  struct timespec t = moment(deadline);
  while (deadline > read_clock(CLOCK_MONOTONIC)) pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &t);
  pthread_mutex_unlock(&mutex);
  return deadline;
}
ns_t wait_sem(int ms) {
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  ns_t deadline = read_clock(CLOCK_REALTIME) + ms * 1000000LL;
  struct timespec t = moment(deadline);
  while (deadline > read_clock(CLOCK_REALTIME)) sem_timedwait(&semaphore, &t);
  sem_destroy(&semaphore);
  return deadline;
}
ns_t wait_mutex(int ms) {
  pthread_mutex_t taken = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&taken);
  ns_t deadline = read_clock(CLOCK_REALTIME) + ms * 1000000LL;
  struct timespec t = moment(deadline);
  while (deadline > read_clock(CLOCK_REALTIME)) pthread_mutex_timedlock(&taken, &t);
  pthread_mutex_unlock(&taken);
  return deadline;
}
ns_t wait_spin(int ms) {
  UNTIL_DEADLINE(CLOCK_MONOTONIC, );
}

/* Threads. Each calls a function when its work is done, as a Rust library calls Python. */
typedef void (*done_t)(void);
struct job { int ms, fd; done_t done; };
static void begin(void *(*run)(void *), struct job given) {
  pthread_t thread;
  struct job *job = malloc(sizeof *job);
  *job = given;
  pthread_create(&thread, NULL, run, job);
  pthread_detach(thread);
}
static void *sleeping(void *job) {
  usleep(((struct job *)job)->ms * 1000);
  ((struct job *)job)->done();
  free(job);
  return NULL;
}
static void *computing(void *job) {
  while (read_clock(CLOCK_THREAD_CPUTIME_ID) < ((struct job *)job)->ms * 1000000LL) {}
  ((struct job *)job)->done();
  free(job);
  return NULL;
}
static void *waking_the_next(void *job) { /* each thread wakes the next one, as a pool's workers do */
  struct job *mine = job;
  usleep(100);
  if (mine->ms-- > 0) begin(waking_the_next, *mine);
  else mine->done();
  free(mine);
  return NULL;
}
static void *idling(void *job) { /* until it gets a job */
  char byte;
  if (read(((struct job *)job)->fd, &byte, 1) < 0) abort();
  free(job);
  return NULL;
}
static volatile int ticking;
static void *ticks(void *job) {
  while (ticking) usleep(((struct job *)job)->ms * 1000);
  free(job);
  return NULL;
}
static void *spins(void *job) {
  while (ticking) {}
  free(job);
  return NULL;
}
void sleep_in_thread(int ms, done_t done) { begin(sleeping, (struct job){ms, -1, done}); }
void compute_in_thread(int ms, done_t done) { begin(computing, (struct job){ms, -1, done}); }
void hand_on_in_threads(int hops, done_t done) { begin(waking_the_next, (struct job){hops, -1, done}); }
void idle_in_thread(int fd) { begin(idling, (struct job){0, fd, NULL}); }
void start_ticking(int ms) { ticking = 1; begin(ticks, (struct job){ms, -1, NULL}); }
void start_spinning(void) { ticking = 1; begin(spins, (struct job){0, -1, NULL}); }
void stop(void) { ticking = 0; }
