"""Whose turn it is."""

from __future__ import annotations

import itertools
import os

from hypothesis import given
from hypothesis import strategies as st

from reverie.server.service.ledger import Job, Request
from reverie.server.service.scheduling import Queue

Waiting = list[tuple[Job, str]]


def jobs(plan: list[tuple[int, str]]) -> Waiting:
    return [
        (Job(os.urandom(16), Request("still", {}, {}, urgency), place=place), str(client))
        for place, (client, urgency) in enumerate(plan)
    ]


def served(waiting: Waiting) -> Waiting:
    queue, owners = Queue(), {job.id: client for job, client in waiting}
    for job, client in waiting:
        queue.add(job, client)
    return [(job, owners[job.id]) for job in iter(queue.take, None)]


plans = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["interactive", "batch"])), max_size=20)


@given(plans)
def test_interactive_comes_first_and_each_client_is_served_in_order(plan: list[tuple[int, str]]) -> None:
    order = served(jobs(plan))
    assert len(order) == len(plan)
    urgencies = [job.request.urgency for job, _ in order]
    assert urgencies == sorted(urgencies, reverse=True)
    for client, urgency in itertools.product({client for _, client in order}, ("interactive", "batch")):
        places = [job.place for job, owner in order if owner == client and job.request.urgency == urgency]
        assert places == sorted(places)


@given(plans)
def test_nobody_waits_for_two_jobs_of_another(plan: list[tuple[int, str]]) -> None:
    order = served(jobs([(client, "batch") for client, _ in plan]))
    for index, (_, client) in enumerate(order):
        while_waiting = [owner for _, owner in order[:index]]
        since = len(while_waiting) - while_waiting[::-1].index(client) if client in while_waiting else 0
        others = [owner for owner in while_waiting[since:] if owner != client]
        assert all(others.count(other) <= 1 for other in others)


@given(plans, st.data())
def test_what_is_taken_back_is_not_served_and_what_changes_hands_is_served_once(
    plan: list[tuple[int, str]], data: st.DataObject
) -> None:
    queue, waiting = Queue(), jobs(plan)
    for job, client in waiting:
        queue.add(job, client)
    gone = data.draw(st.sets(st.sampled_from(range(len(plan))))) if plan else set()
    for index, (job, _) in enumerate(waiting):
        queue.discard(job)
        if index not in gone:
            queue.add(job, "another")
    assert [job.place for job in iter(queue.take, None)] == sorted(
        (place for place in range(len(plan)) if place not in gone), key=lambda place: plan[place][1] == "batch"
    )
    assert not list(queue)


def test_a_client_with_five_thousand_frames_starves_nobody() -> None:
    order = served(jobs([(0, "batch")] * 5000 + [(1, "batch")] * 3 + [(2, "interactive")]))
    assert [client for _, client in order[:7]].count("0") == 3
    assert order[0][1] == "2"


def test_nothing_waits() -> None:
    assert Queue().take() is None
