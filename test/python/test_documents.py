"""The examples of docstrings and of docs/python.md, run in a folder that holds what they name."""

import doctest
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import limbeck
import numpy as np
from artifacts import LIMBECK, ROOT, artifact
from PIL import Image

PAGE = ROOT / "docs" / "python.md"
ARTIFACTS = ["model", "batches"]
FENCE = re.compile(r"^```.*$", re.MULTILINE)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class WithoutFences(doctest.DocTestParser):
    """Markdown's fences are no output of an example."""

    def parse(self, string, name="<string>"):
        return super().parse(FENCE.sub("", string), name)


class Folder:
    """What examples find in the folder they run in: artifacts, a model, pictures, a table, arrays."""

    def enter(self, _=None):
        self.before, self.path = os.getcwd(), tempfile.mkdtemp()
        for name in ARTIFACTS:
            shutil.copy(artifact(name), self.path)
        shutil.copy(artifact("model").with_suffix(".onnx"), self.path)
        os.chdir(self.path)
        os.environ["LIMBECK"] = str(LIMBECK)
        random = np.random.default_rng(0)
        for index in range(20):
            folder = Path("photos", ["cats", "dogs"][index % 2])
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(random.integers(0, 256, (30, 40, 3), np.uint8)).save(folder / f"{index}.png")
        Path("table.csv").write_text("age,height,weight,sick\n20,1.5,50,no\n30,1.75,60.5,yes\n")
        np.save("images.npy", random.integers(0, 256, (25, 7, 9, 3), np.uint8))

    def enter_page(self, _=None):
        """Its commands come first, all in one shell."""
        self.enter()
        path = os.pathsep.join([str(ROOT / "build" / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        script = "".join(COMMANDS.findall(PAGE.read_text()))
        subprocess.run(["bash", "-euo", "pipefail", "-c", script], check=True, env={**os.environ, "PATH": path}, stderr=subprocess.PIPE)

    def leave(self, _=None):
        os.chdir(self.before)
        shutil.rmtree(self.path)


def load_tests(loader, tests, pattern):
    folder = Folder()
    names = {"np": np, "limbeck": limbeck, **{name: getattr(limbeck, name) for name in limbeck.__all__}}
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    modules = [limbeck, *(importlib.import_module(found.name) for found in pkgutil.walk_packages(limbeck.__path__, "limbeck."))]
    for module in modules:
        if module.__name__.endswith(("_runtime", "__main__")):
            continue
        globals_ = {**names, **vars(module)}
        tests.addTest(doctest.DocTestSuite(module, globs=globals_, setUp=folder.enter, tearDown=folder.leave, optionflags=options))
    options_of_page = {"setUp": folder.enter_page, "tearDown": folder.leave, "optionflags": options, "parser": WithoutFences()}
    tests.addTest(doctest.DocFileSuite(str(PAGE), module_relative=False, **options_of_page))
    return tests
