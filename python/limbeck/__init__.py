"""Run models that Limbeck compiled, and prepare data for them. The whole interface is in docs/python.md of the project.

>>> import limbeck
>>> limbeck.Model("model.lmb").run({"x": np.zeros((1, 3, 7, 9), np.float32)})["y"].dtype
dtype('float32')
"""

from . import _interrupted  # noqa: F401, I001  in front of what takes its time
from ._runtime import version as _version
from .errors import Error
from .model import Model
from .program import command, compile, quantize
from .types import Entry, Port

__version__ = _version()
__all__ = ["Entry", "Error", "Model", "Port", "__version__", "command", "compile", "quantize"]
