"""Where oneDNN can make nothing more on a thread, the work goes on on another, and nothing else is different there."""

from __future__ import annotations

import threading

import pytest
import torch

from reverie.server.dream.sound_thread import on_a_sound_thread


def test_work_leaves_a_thread_that_memory_ran_out_on_and_stays_away() -> None:
    scarred: set[threading.Thread] = set()
    seen: list[tuple[threading.Thread, bool]] = []

    @on_a_sound_thread
    def work(dry: bool = False) -> threading.Thread:
        here = threading.current_thread()
        seen.append((here, torch.is_grad_enabled()))
        if dry:
            scarred.add(here)
        if here in scarred:
            raise RuntimeError("could not create a primitive")
        return here

    def life() -> None:
        own = threading.current_thread()
        assert work() == own, "a thread that is sound is left"
        for _ in range(3):
            with pytest.raises(RuntimeError, match="primitive"):
                work(dry=True)
            with torch.no_grad():
                assert work() not in scarred
            assert not seen[-1][1], "gradients are kept where none are wanted"
            assert work() != own and seen[-1][1]

    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            life()
        except BaseException as error:
            failed.append(error)

    # On a thread of its own: whoever tests next is to work where he is.
    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    assert not failed, failed


def test_other_errors_change_nothing() -> None:
    @on_a_sound_thread
    def work() -> threading.Thread:
        if threading.current_thread() in told:
            raise RuntimeError("shapes do not fit")
        return threading.current_thread()

    told: set[threading.Thread] = set()
    own = work()
    told.add(own)
    with pytest.raises(RuntimeError, match="shapes"):
        work()
    told.clear()
    assert work() == own
