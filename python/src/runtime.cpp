// The extension module limbeck._runtime: handles of the C API as Python objects, buffers as tensors, failures as limbeck.Error.
// Names of inputs, element types and new arrays are the business of model.py.
#include "limbeck-c/Runtime.h"
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <string>
#include <vector>

namespace nb = nanobind;

namespace {

/// Names come from files: what is no UTF-8 is replaced.
nb::str text(const char *bytes) {
  PyObject *decoded =
      PyUnicode_DecodeUTF8(bytes, static_cast<Py_ssize_t>(std::char_traits<char>::length(bytes)), "replace");
  if (!decoded)
    throw nb::python_error();
  return nb::steal<nb::str>(decoded);
}

/// Raises limbeck.Error with what the runtime says of the last failure on this thread.
void check(limbeck_status status) {
  if (status == LIMBECK_OK)
    return;
  nb::object type = nb::module_::import_("limbeck.errors").attr("Error");
  nb::object error = type(text(limbeck_last_error_code()), text(limbeck_last_error_message()),
                          text(limbeck_last_error_hint()));
  PyErr_SetObject(type.ptr(), error.ptr());
  throw nb::python_error();
}

/// Memory that Python objects lend, given back in the end.
class Buffers {
public:
  Buffers(nb::list objects, nb::tuple dtypes, int flags) : views(nb::len(objects)) {
    if (nb::len(dtypes) != views.size())
      throw nb::value_error("expected an element type for each array");
    for (size_t i = 0; i < views.size(); ++i) {
      Py_buffer &view = views[i];
      if (PyObject_GetBuffer(nb::handle(objects[i]).ptr(), &view, flags) != 0) {
        release();
        throw nb::python_error();
      }
      ++taken;
      static_assert(sizeof(Py_ssize_t) == sizeof(int64_t));
      tensors.push_back({view.buf, nb::cast<int32_t>(dtypes[i]), view.ndim,
                         reinterpret_cast<const int64_t *>(view.shape), static_cast<uint64_t>(view.len)});
    }
  }
  ~Buffers() { release(); }
  Buffers(const Buffers &) = delete;
  Buffers &operator=(const Buffers &) = delete;

  const limbeck_tensor *data() const { return tensors.data(); }
  uint64_t size() const { return tensors.size(); }

private:
  void release() {
    while (taken > 0)
      PyBuffer_Release(&views[--taken]);
  }

  std::vector<Py_buffer> views; ///< never moved: some point into themselves
  size_t taken = 0;
  std::vector<limbeck_tensor> tensors;
};

class Model {
public:
  Model(nb::bytes path, bool map) {
    const char *name = path.c_str();
    check(withoutLock([&] {
      return map ? limbeck_model_map_file(name, &handle) : limbeck_model_load_file(name, &handle);
    }));
  }
  explicit Model(nb::bytes artifact) {
    check(withoutLock([&] { return limbeck_model_load_memory(artifact.data(), artifact.size(), &handle); }));
  }
  ~Model() { limbeck_model_destroy(handle); }
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;

  /// Other threads of Python go on meanwhile. The text of a failure belongs to this thread, so it survives.
  template <class Call> static limbeck_status withoutLock(Call call) {
    nb::gil_scoped_release released;
    return call();
  }

  nb::str info() const {
    const char *json;
    check(limbeck_model_info(handle, &json));
    return text(json);
  }

  /// A list of (name, inputs, outputs); a port is (name, number of the element type, dimensions).
  nb::list entries() const {
    uint64_t count;
    check(limbeck_model_entry_count(handle, &count));
    nb::list list;
    for (uint64_t entry = 0; entry < count; ++entry) {
      const char *name;
      check(limbeck_model_entry_name(handle, entry, &name));
      list.append(nb::make_tuple(text(name), ports(entry, LIMBECK_INPUT), ports(entry, LIMBECK_OUTPUT)));
    }
    return list;
  }

  limbeck_model *get() const { return handle; }

private:
  nb::list ports(uint64_t entry, int32_t direction) const {
    uint64_t count;
    check(limbeck_model_port_count(handle, entry, direction, &count));
    nb::list list;
    for (uint64_t index = 0; index < count; ++index) {
      limbeck_port port;
      check(limbeck_model_port(handle, entry, direction, index, &port));
      nb::list dims;
      for (int32_t axis = 0; axis < port.rank; ++axis)
        dims.append(port.dims[axis]);
      list.append(nb::make_tuple(text(port.name), port.dtype, nb::tuple(dims)));
    }
    return list;
  }

  limbeck_model *handle = nullptr;
};

class Context {
public:
  Context(const Model &model, int32_t threads, int64_t spinMicroseconds, uint64_t memoryLimit) {
    limbeck_context_options options = LIMBECK_CONTEXT_OPTIONS;
    options.threads = threads;
    options.spin_us = spinMicroseconds;
    options.memory_limit = memoryLimit;
    check(Model::withoutLock([&] { return limbeck_context_create(model.get(), &options, &handle); }));
  }
  ~Context() { limbeck_context_destroy(handle); }
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  /// Without an entry, types and shapes of the inputs choose it.
  void run(std::optional<std::string> entry, nb::list inputs, nb::tuple inputTypes, nb::list outputs,
           nb::tuple outputTypes) {
    Buffers in(inputs, inputTypes, PyBUF_C_CONTIGUOUS),
        out(outputs, outputTypes, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE);
    const char *name = entry ? entry->c_str() : nullptr;
    check(Model::withoutLock(
        [&] { return limbeck_run(handle, name, in.data(), in.size(), out.data(), out.size()); }));
  }

private:
  limbeck_context *handle = nullptr;
};

} // namespace

NB_MODULE(_runtime, module) {
  module.def("version", [] { return text(limbeck_runtime_version()); });
  nb::set_leak_warnings(false); // models that live until the program ends are no mistake of it
  nb::class_<Model>(module, "Model")
      .def(nb::init<nb::bytes, bool>())
      .def(nb::init<nb::bytes>())
      .def("info", &Model::info)
      .def("entries", &Model::entries);
  nb::class_<Context>(module, "Context")
      .def(nb::init<const Model &, int32_t, int64_t, uint64_t>())
      .def("run", &Context::run, nb::arg("entry").none(), nb::arg("inputs"), nb::arg("input_types"),
           nb::arg("outputs"), nb::arg("output_types"));
}
