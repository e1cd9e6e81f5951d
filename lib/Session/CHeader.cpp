// The header is text around one name.
#include "limbeck/Session/CHeader.h"
#include "limbeck/Support/Status.h"
#include <filesystem>

namespace limbeck::session {

std::string cSymbol(const std::string &path) {
  std::string name = "limbeck_" + std::filesystem::path(path).stem().string();
  for (char &c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
      c = '_';
  return name;
}

std::string cHeaderPath(const std::string &path) {
  return std::filesystem::path(path).replace_extension(".h").string();
}

std::string cHeader(const std::string &symbol) {
  return message("/* Written by limbeck compile. Link the object and the runtime: -llimbeck_runtime */\n"
                 "#pragma once\n"
                 "#include <limbeck-c/Runtime.h>\n\n"
                 "#ifdef __cplusplus\n"
                 "extern \"C\" {\n"
                 "#endif\n"
                 "extern const unsigned char ",
                 symbol, "[];\nextern const uint64_t ", symbol,
                 "_size;\n\n"
                 "/* The model; destroy it with limbeck_model_destroy. */\n"
                 "static inline limbeck_status ",
                 symbol, "_load(limbeck_model **model) {\n  return limbeck_model_load_memory(", symbol, ", ",
                 symbol,
                 "_size, model);\n}\n"
                 "#ifdef __cplusplus\n"
                 "}\n"
                 "#endif\n");
}

} // namespace limbeck::session
