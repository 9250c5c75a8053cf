// SPDX-License-Identifier: Apache-2.0
#pragma once
// A value that can be reached only while its mutex is held.

#include <mutex>
#include <utility>

namespace palyra {

template <class T>
class Guarded {
 public:
  class [[nodiscard]] Locked {
   public:
    T& operator*() const { return *value_; }
    T* operator->() const { return value_; }
    // For a condition variable's wait.
    std::unique_lock<std::mutex>& lock() { return lock_; }

   private:
    friend class Guarded;
    Locked(std::mutex& mutex, T& value) : lock_(mutex), value_(&value) {}
    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() = default;

  // Const because sharing a Guarded between threads is the point of it: in this codebase a const member function may be
  // called from any thread.
  Locked lock() const { return Locked(mutex_, value_); }

 private:
  mutable std::mutex mutex_;
  mutable T value_;
};

}  // namespace palyra
