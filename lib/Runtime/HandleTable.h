// Handles that can be checked: a handle is a number never given twice, so one that was destroyed or is of
// another kind is found out, whatever the caller does.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace limbeck::runtime {

/// One sequence for all kinds of handles.
inline uintptr_t nextHandle() {
  static std::atomic<uintptr_t> next = 1;
  return next.fetch_add(1);
}

/// `Handle` is the opaque type of the C API that stands for an `Object`.
template <class Handle, class Object> class HandleTable {
public:
  /// Never destroyed, because threads may run until the process ends.
  static HandleTable &global() {
    static auto *table = new HandleTable();
    return *table;
  }
  Handle *insert(std::shared_ptr<Object> object) {
    uintptr_t number = nextHandle();
    std::lock_guard lock(mutex);
    objects.emplace(number, std::move(object));
    return reinterpret_cast<Handle *>(number);
  }
  std::shared_ptr<Object> find(const Handle *handle) {
    std::lock_guard lock(mutex);
    auto place = objects.find(reinterpret_cast<uintptr_t>(handle));
    return place == objects.end() ? nullptr : place->second;
  }
  /// The object, which dies with the last user that still holds it; null when the handle is not alive.
  std::shared_ptr<Object> remove(const Handle *handle) {
    std::lock_guard lock(mutex);
    auto node = objects.extract(reinterpret_cast<uintptr_t>(handle));
    return node.empty() ? nullptr : std::move(node.mapped());
  }

private:
  std::mutex mutex;
  std::unordered_map<uintptr_t, std::shared_ptr<Object>> objects;
};

} // namespace limbeck::runtime
