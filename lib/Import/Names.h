// Names from the file end up in messages, symbols and file names of others: they must be text.
#pragma once
#include "limbeck/Support/Limits.h"
#include "limbeck/Support/Status.h"
#include <onnx.pb.h>

namespace limbeck::importer {

/// A name as one word of a command line: quoted where a shell would read more into it.
std::string shellWord(const std::string &name);

/// E-NAME unless every name in the model is UTF-8 without NUL and within the limit.
Status checkNames(const onnx::ModelProto &model, const Limits &limits);

} // namespace limbeck::importer
