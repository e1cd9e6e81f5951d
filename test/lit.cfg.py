# IR tests: lit runs the RUN lines of test/**/*.mlir with the tools of the build folder and LLVM's FileCheck and not.
# From the root: .venv/bin/lit -sv test, or one folder or file. LIMBECK_BUILD names another build folder.
import os
import shutil
import subprocess
from pathlib import Path

import lit.formats

source = Path(__file__).resolve().parent
build = Path(os.environ.get("LIMBECK_BUILD", source.parent / "build")).resolve()

config.name = "limbeck"
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "lint", "unit", "malformed", "fuzz"]
config.test_format = lit.formats.ShTest(execute_external=False)
config.test_source_root = str(source)
config.test_exec_root = str(build / "test-results" / "lit")

llvm_config = shutil.which("llvm-config-22")
if not llvm_config:
    lit_config.fatal("expected the program llvm-config-22, found none; scripts/setup installs it")
llvm_tools = subprocess.run([llvm_config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
config.environment["PATH"] = os.pathsep.join([str(build / "bin"), llvm_tools, config.environment["PATH"]])
python = str(source.parent / ".venv" / "bin" / "python")
# Longer names first: lit replaces in this order.
# `%make_model KIND PATH` writes a tiny ONNX model; `%exits CODE COMMAND..` passes when the command ends with just that code.
config.substitutions.append(("%limbeck_build", str(build)))
config.substitutions.append(("%make_model", f"{python} {source / 'support' / 'make_model.py'}"))
config.substitutions.append(("%exits", f"{python} {source / 'support' / 'exits.py'}"))
config.substitutions.append(("%check_schema", f"{python} {source / 'support' / 'check_schema.py'}"))
config.substitutions.append(("%near", f"{python} {source / 'support' / 'near.py'}"))
config.substitutions.append(("%include", str(source.parent / "include")))
runtime = build / "lib" / "Runtime"
config.substitutions.append(("%runtime", f"{runtime / 'liblimbeck_runtime.so'} -Wl,-rpath,{runtime}"))
config.substitutions.append(("%python", python))
