"""Parts of a program that are made when they are first used, once."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    part = cached_property
else:

    class part(cached_property):  # noqa: N801  # it stands where `property` does
        """A part that is made once, also when several threads want it at the same time: Python 3.12 took that out."""

        _making = threading.RLock()  # one for all parts, since they need each other

        def __get__(self, instance, owner=None):
            with self._making:
                return super().__get__(instance, owner)
