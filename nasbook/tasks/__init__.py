"""What is searched: functions, trainings and tables. `nasbook.tasks()` lists the built-in ones.

The package is also that function, so that both `nasbook.tasks()` and `import nasbook.tasks.functions` work.
"""

from __future__ import annotations

import sys
from types import ModuleType

from nasbook import registry


class _Tasks(ModuleType):
    def __call__(self) -> list[registry.Entry]:
        """Every built-in task."""
        return registry.entries("task")


sys.modules[__name__].__class__ = _Tasks
