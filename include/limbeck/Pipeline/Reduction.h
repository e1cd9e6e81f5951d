// How limbeck-reduce makes a module smaller without making it invalid.
#pragma once

namespace limbeck::pipeline {

/// `--limbeck-drop-ops="test=SCRIPT"`.
void registerReductionPass();

} // namespace limbeck::pipeline
