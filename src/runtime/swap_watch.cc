// SPDX-License-Identifier: Apache-2.0
#include "swap_watch.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/vfs.h>
#include <system_error>
#include <utility>

namespace palyra::runtime {
namespace {

constexpr int kLookMilliseconds = 1'000;
constexpr int kForever = -1;

// Containers put other files in the place of proc's, and those never report a change.
bool is_of_proc(int fd) {
  struct statfs facts{};
  return ::fstatfs(fd, &facts) == 0 && facts.f_type == PROC_SUPER_MAGIC;
}

// The embedder's signals go to the embedder's threads: a new thread begins with the mask of who makes it.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

std::unique_ptr<SwapWatch> SwapWatch::begin(const std::string& file) {
  // Opened before the facts are read: the kernel reports every change since then.
  UniqueFd swaps(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  if (!swaps.valid() || !stop.valid() || !is_of_proc(swaps.get())) return nullptr;
  SwapFacts facts = swap_facts();
  if (kept_pages(facts) != KeptPages::kFew) return nullptr;
  // Made here and not by make_unique: the constructor is private.
  std::unique_ptr<SwapWatch> watch(new SwapWatch(std::move(swaps), std::move(stop), std::move(facts)));
  return watch->start() ? std::move(watch) : nullptr;
}

SwapWatch::SwapWatch(UniqueFd swaps, UniqueFd stop, SwapFacts facts)
    : swaps_(std::move(swaps)), stop_(std::move(stop)), facts_(std::move(facts)) {}

SwapWatch::~SwapWatch() { (void)::eventfd_write(stop_.get(), 1); }

bool SwapWatch::start() {
  const NoSignals none;
  try {
    thread_ = std::jthread([this] { wait_for_swap(); });
  } catch (const std::system_error&) {
    return false;  // no room for a thread
  }
  return true;
}

void SwapWatch::wait_for_swap() {
  // Until this thread runs a slot may be used again; a system that refuses the priority loses only that.
  sched_param priority{};
  priority.sched_priority = 1;
  (void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);
  (void)pthread_setname_np(pthread_self(), "palyra-swap");
  while (true) {
    std::array<pollfd, 2> files{
        {{.fd = swaps_.get(), .events = POLLPRI, .revents = 0}, {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
    const int ready = ::poll(files.data(), files.size(), has_no_swap(facts_) ? kForever : kLookMilliseconds);
    if (ready < 0 && errno == EINTR) continue;
    if (files[1].revents != 0) return;
    if (ready >= 0 && may_still_be_kept(files[0].revents != 0)) continue;
    swap_came_.store(true, std::memory_order_release);
    return;
  }
}

bool SwapWatch::may_still_be_kept(bool told) {
  // Nothing is read when nothing could acquit it: the sooner it is known, the better.
  if (told && kept_pages_after_change(facts_) != KeptPages::kFew) return false;
  facts_ = swap_facts();
  return (told ? kept_pages_after_change(facts_) : kept_pages(facts_)) == KeptPages::kFew;
}

}  // namespace palyra::runtime
