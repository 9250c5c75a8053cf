// SPDX-License-Identifier: Apache-2.0
#include "directory_watch.h"

#include <palyra/base/file.h>

#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace palyra::cli {
namespace {

namespace fs = std::filesystem;

bool is_ignored(const fs::path& path) {
  return path.filename().string().starts_with('.') || path.extension() == ".palyra-skill";
}

// What cannot be looked at is left out: somebody is just removing it.
template <class Visit>
void visit(const std::string& directory, Visit&& each_entry) {
  std::error_code error;
  fs::recursive_directory_iterator each(directory, error);
  for (const fs::recursive_directory_iterator end; !error && each != end; each.increment(error)) {
    if (is_ignored(each->path())) {
      each.disable_recursion_pending();
      continue;
    }
    each_entry(*each);
  }
}

}  // namespace

DirectorySnapshot take_snapshot(const std::string& directory) {
  DirectorySnapshot snapshot;
  visit(directory, [&](const fs::directory_entry& entry) {
    std::error_code error;
    if (!entry.is_regular_file(error)) return;
    const fs::file_time_type time = entry.last_write_time(error);
    const std::uintmax_t size = entry.file_size(error);
    if (!error) snapshot.emplace(entry.path().lexically_relative(directory).string(), std::pair(time, size));
  });
  return snapshot;
}

std::set<std::string> changed_paths(const DirectorySnapshot& before, const DirectorySnapshot& after) {
  std::set<std::string> changed;
  for (const auto& [path, facts] : before) {
    const auto now = after.find(path);
    if (now == after.end() || now->second != facts) changed.insert(path);
  }
  for (const auto& [path, facts] : after) {
    if (!before.contains(path)) changed.insert(path);
  }
  return changed;
}

Result<DirectoryWatch> DirectoryWatch::open(std::string directory) {
  const int descriptor = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (descriptor < 0) return std::unexpected(file_error(errno, "watch", directory));
  DirectoryWatch watch(std::move(directory), descriptor);
  PALYRA_TRY(watch.watch_all());
  return watch;
}

DirectoryWatch::DirectoryWatch(DirectoryWatch&& other) noexcept
    : directory_(std::move(other.directory_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryWatch::~DirectoryWatch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<> DirectoryWatch::watch_all() {
  constexpr std::uint32_t kEvents =
      IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
  std::set<std::string> directories{directory_};
  visit(directory_, [&](const fs::directory_entry& entry) {
    std::error_code error;
    if (entry.is_directory(error)) directories.insert(entry.path().string());
  });
  for (const std::string& each : directories) {
    if (::inotify_add_watch(descriptor_, each.c_str(), kEvents) >= 0) continue;
    // One below it may have gone since it was listed.
    if (each == directory_ || errno != ENOENT) return std::unexpected(file_error(errno, "watch", each));
  }
  return {};
}

bool DirectoryWatch::drain() const {
  std::array<char, 4096> events{};
  bool any = false;
  while (::read(descriptor_, events.data(), events.size()) > 0) any = true;
  return any;
}

Result<Wakeup> DirectoryWatch::wait(const DirectorySnapshot& seen, std::chrono::milliseconds quiet, int interruption) {
  while (true) {
    // Before looking: what comes after it is noticed.
    PALYRA_TRY(watch_all());
    static_cast<void>(drain());
    const bool changed = !changed_paths(seen, take_snapshot(directory_)).empty();
    std::array<pollfd, 2> waited{
        {{.fd = descriptor_, .events = POLLIN, .revents = 0}, {.fd = interruption, .events = POLLIN, .revents = 0}}};
    const int ready = ::poll(waited.data(), waited.size(), changed ? static_cast<int>(quiet.count()) : -1);
    if (ready < 0 && errno != EINTR) return std::unexpected(file_error(errno, "watch", directory_));
    if (ready > 0 && waited[1].revents != 0) return Wakeup::kInterrupted;
    if (ready == 0) return Wakeup::kChanged;
  }
}

}  // namespace palyra::cli
