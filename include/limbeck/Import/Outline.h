// What a model file says of itself, without its ops being understood: also of one whose ops are beyond this version.
#pragma once
#include "limbeck/Import/Importer.h"

namespace limbeck::importer {

struct Outline {
  struct Port {
    std::string name;
    DType dtype = DType::F32;
    std::optional<Shape> shape;       ///< none where the file gives none
    std::vector<std::string> symbols; ///< per dimension; "" where none
  };
  std::string name; ///< file name without its folder
  int64_t opset = 0, irVersion = 0;
  std::string producer, sha256;
  std::vector<Port> inputs, outputs;
  std::map<std::string, int64_t> ops; ///< nodes by their op, those in branches and functions included
  int64_t parameters = 0, parameterBytes = 0;
};

/// Reads names, types and numbers only. Errors are those of bytes that are no model, and of types that are none.
Expected<Outline> outlineFile(const std::string &path, const Limits &limits);

} // namespace limbeck::importer
