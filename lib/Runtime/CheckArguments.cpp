// Each check names the tensor, what the artifact expects and what came.
#include "CheckArguments.h"
#include <algorithm>

namespace limbeck::runtime {

using artifact::Entry;
using artifact::Port;

uint64_t byteSize(const TensorType &type) {
  uint64_t bytes = storageBytes(type.dtype);
  for (int64_t dim : type.shape)
    bytes *= static_cast<uint64_t>(dim);
  return bytes;
}

/// `main(f32[1x3], u8[4])`.
static std::string callText(std::string_view name, size_t count, auto type) {
  std::string text(name);
  for (size_t i = 0; i < count; ++i)
    text += message(i ? ", " : "(", type(i));
  return text + (count ? ")" : "()");
}

static std::string callText(std::span<const TensorView> views) {
  return callText("", views.size(), [&](size_t i) {
    return message(name(views[i].dtype), "[", shapeText(views[i].shape), "]");
  });
}

static std::string compiledEntries(const std::vector<Entry> &entries) {
  std::string text;
  for (const Entry &entry : entries)
    text += (text.empty() ? "" : ", ") + callText(entry.name, entry.inputs.size(), [&](size_t i) {
              const TensorType &type = entry.inputs[i].type;
              return message(name(type.dtype), "[", shapeText(type.shape), "]");
            });
  return text;
}

/// Which property of the inputs, in the order of this list, an entry is the first to differ in.
enum class Mismatch { Count, DataType, Rank, Shape, None };

static Mismatch compare(const std::vector<Port> &ports, std::span<const TensorView> views) {
  if (ports.size() != views.size())
    return Mismatch::Count;
  Mismatch least = Mismatch::None;
  for (size_t i = 0; i < ports.size(); ++i) {
    const TensorType &type = ports[i].type;
    if (type.dtype != views[i].dtype)
      least = std::min(least, Mismatch::DataType);
    else if (type.shape.size() != views[i].shape.size())
      least = std::min(least, Mismatch::Rank);
    else if (!std::ranges::equal(type.shape, views[i].shape))
      least = std::min(least, Mismatch::Shape);
  }
  return least;
}

static Diagnostic noEntry(Mismatch closest, const std::vector<Entry> &entries,
                          std::span<const TensorView> views) {
  constexpr std::pair<Code, std::string_view> kReasons[] = {{Code::Arity, "as many inputs"},
                                                            {Code::DataType, "inputs of these types"},
                                                            {Code::Rank, "inputs of these ranks"},
                                                            {Code::Shape, "inputs of these shapes"}};
  auto [code, what] = kReasons[static_cast<size_t>(closest)];
  return error(code, "nothing was compiled for ", what, ": found ", callText(views), ", compiled are ",
               compiledEntries(entries));
}

Expected<size_t> matchEntry(const std::vector<Entry> &entries, std::string_view name,
                            std::span<const TensorView> inputs) {
  Mismatch closest = Mismatch::Count;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!name.empty() && entries[i].name == name)
      return i;
    Mismatch mismatch = compare(entries[i].inputs, inputs);
    if (name.empty() && mismatch == Mismatch::None)
      return i;
    closest = std::max(closest, mismatch);
  }
  if (!name.empty())
    return error(Code::Name, "expected the name of an entry, found '", name, "'; compiled are ",
                 compiledEntries(entries));
  return noEntry(closest, entries, inputs);
}

static Status checkPort(std::string_view kind, const Port &port, const TensorView &view) {
  auto bad = [&](Code code, auto... what) { return error(code, kind, " '", port.name, "': ", what...); };
  const TensorType &type = port.type;
  if (view.dtype != type.dtype)
    return bad(Code::DataType, "expected ", name(type.dtype), ", found ", name(view.dtype));
  if (view.shape.size() != type.shape.size())
    return bad(Code::Rank, "expected ", type.shape.size(), " dimensions, found ", view.shape.size());
  if (!std::ranges::equal(view.shape, type.shape))
    return bad(Code::Shape, "expected shape ", shapeText(type.shape), ", found ", shapeText(view.shape));
  if (view.byteSize != byteSize(type))
    return bad(Code::DataSize, "expected ", byteSize(type), " bytes, found ", view.byteSize);
  if (view.byteSize > 0 && !view.data)
    return bad(Code::Argument, "expected memory, found a null pointer");
  if (reinterpret_cast<uintptr_t>(view.data) % storageBytes(type.dtype) != 0)
    return bad(Code::Argument, "expected memory aligned to ", storageBytes(type.dtype), " bytes");
  return {};
}

static Status checkPorts(std::string_view kind, const std::vector<Port> &ports,
                         std::span<const TensorView> views) {
  if (ports.size() != views.size())
    return error(Code::Arity, "expected ", ports.size(), " ", kind, "s, found ", views.size());
  for (size_t i = 0; i < ports.size(); ++i)
    LIMBECK_TRY(checkPort(kind, ports[i], views[i]));
  return {};
}

static bool overlap(const TensorView &a, const TensorView &b) {
  auto beginA = reinterpret_cast<uintptr_t>(a.data), beginB = reinterpret_cast<uintptr_t>(b.data);
  return a.byteSize > 0 && b.byteSize > 0 && beginA < beginB + b.byteSize && beginB < beginA + a.byteSize;
}

Status checkArguments(const Entry &entry, std::span<const TensorView> inputs,
                      std::span<const TensorView> outputs) {
  LIMBECK_TRY(checkPorts("input", entry.inputs, inputs));
  LIMBECK_TRY(checkPorts("output", entry.outputs, outputs));
  for (size_t i = 0; i < outputs.size(); ++i) {
    auto shared = [&](std::string_view kind, const Port &other) {
      return error(Code::Argument, "output '", entry.outputs[i].name, "' shares memory with ", kind, " '",
                   other.name, "'");
    };
    for (size_t k = 0; k < inputs.size(); ++k)
      if (overlap(outputs[i], inputs[k]))
        return shared("input", entry.inputs[k]);
    for (size_t k = 0; k < i; ++k)
      if (overlap(outputs[i], outputs[k]))
        return shared("output", entry.outputs[k]);
  }
  return {};
}

} // namespace limbeck::runtime
