"""The examples of docstrings and of docs/python.md, run in a folder that holds what they name."""

import doctest
import importlib
import os
import pkgutil
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import limbeck
import numpy as np
from artifacts import ROOT, artifact

PAGE = ROOT / "docs" / "python.md"
ARTIFACTS = ["model", "batches"]
FENCE = re.compile(r"^```.*$", re.MULTILINE)


class WithoutFences(doctest.DocTestParser):
    """Markdown's fences are no output of an example."""

    def parse(self, string, name="<string>"):
        return super().parse(FENCE.sub("", string), name)


class Folder:
    """What examples find in the folder they run in."""

    def enter(self, _=None):
        self.before, self.path = os.getcwd(), tempfile.mkdtemp()
        for name in ARTIFACTS:
            shutil.copy(artifact(name), self.path)
        os.chdir(self.path)

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
    options_of_page = {"setUp": folder.enter, "tearDown": folder.leave, "optionflags": options, "parser": WithoutFences()}
    tests.addTest(doctest.DocFileSuite(str(PAGE), module_relative=False, **options_of_page))
    return tests
