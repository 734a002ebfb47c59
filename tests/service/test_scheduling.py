"""Whose turn it is."""

from __future__ import annotations

import itertools
import os

from hypothesis import given
from hypothesis import strategies as st

from reverie.server.service.ledger import Job, Request
from reverie.server.service.scheduling import Turns


class Client:
    """Somebody with jobs."""


def jobs(plan: list[tuple[int, str]]) -> list[tuple[Job, Client]]:
    clients = [Client() for _ in range(4)]
    return [
        (Job(os.urandom(16), Request("still", {}, {}, urgency), place=place), clients[client])
        for place, (client, urgency) in enumerate(plan)
    ]


def served(waiting: list[tuple[Job, Client]]) -> list[tuple[Job, Client]]:
    turns, order, waiting = Turns(), [], list(waiting)
    while waiting:
        job = turns.choose(waiting)
        index = next(i for i, (candidate, _) in enumerate(waiting) if candidate is job)
        order.append(waiting.pop(index))
    return order


plans = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["interactive", "batch"])), max_size=20)


@given(plans)
def test_interactive_comes_first_and_each_client_is_served_in_order(plan: list[tuple[int, str]]) -> None:
    order = served(jobs(plan))
    assert len(order) == len(plan)
    urgencies = [job.request.urgency for job, _ in order]
    assert urgencies == sorted(urgencies, reverse=True)
    for client, urgency in itertools.product({client for _, client in order}, ("interactive", "batch")):
        places = [job.place for job, owner in order if owner is client and job.request.urgency == urgency]
        assert places == sorted(places)


@given(plans)
def test_nobody_waits_for_two_jobs_of_another(plan: list[tuple[int, str]]) -> None:
    order = served(jobs([(client, "batch") for client, _ in plan]))
    for index, (_, client) in enumerate(order):
        while_waiting = [owner for _, owner in order[:index]]
        since = len(while_waiting) - while_waiting[::-1].index(client) if client in while_waiting else 0
        others = [owner for owner in while_waiting[since:] if owner is not client]
        assert all(others.count(other) <= 1 for other in others)


def test_nothing_waits() -> None:
    assert Turns().choose([]) is None
