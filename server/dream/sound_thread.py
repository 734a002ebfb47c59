"""A thread that oneDNN can work on.

What makes its code (Xbyak, built without exceptions) notes in a variable of the thread that memory ran out, and never
clears it: from then on nothing new can be made on that thread, "could not create a primitive", however much memory
there is. So whatever meets that is done on a thread that is new, from then on.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import torch

# What oneDNN says on such a thread.
_SAYS = "could not create a primitive"

# So many numbers are more than one thread of torch adds up by itself.
_PARALLEL = 1 << 20

P = ParamSpec("P")
Result = TypeVar("Result")


class _Stead(threading.local):
    """What a thread works with in its own stead. stead: None as long as it is sound itself. spare: the next one."""

    stead: ThreadPoolExecutor | None = None
    spare: ThreadPoolExecutor | None = None


_here = _Stead()


def on_a_sound_thread(work: Callable[P, Result]) -> Callable[P, Result]:
    """Make a function that runs a network do so where oneDNN can. The call that memory runs out in raises as ever.

    The next thread is made while there is memory, after a call that went well: a thread that is started where there is
    none may die before it can say so, and would be waited for without end.
    """

    @functools.wraps(work)
    def working(*args: P.args, **kwargs: P.kwargs) -> Result:
        try:
            result = _done(_here.stead, lambda: work(*args, **kwargs))
        except RuntimeError as error:
            if _SAYS in str(error) and _here.spare:
                _here.stead, _here.spare = _here.spare, None
            raise
        if _here.spare is None:
            _here.spare = _started()
        return result

    return working


def _started() -> ThreadPoolExecutor | None:
    spare = ThreadPoolExecutor(1, thread_name_prefix="sound")
    try:
        # With the threads that OpenMP gives each thread for itself: without them it ends the process.
        spare.submit(lambda: torch.ones(_PARALLEL).sum()).result()
    except RuntimeError:  # there is no more room for a thread
        return None
    return spare


def _done(stead: ThreadPoolExecutor | None, work: Callable[[], Result]) -> Result:
    if stead is None:
        return work()
    # Whether gradients are wanted is the thread's own affair, too.
    wanted = torch.is_grad_enabled()
    return stead.submit(_with_gradients, wanted, work).result()


def _with_gradients(wanted: bool, work: Callable[[], Result]) -> Result:
    with torch.set_grad_enabled(wanted):
        return work()
