"""What may be typed as “Where”, and what is said of what may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.shared.declaration import SettingError
from reverie.shared.frames.where import (
    NAMED,
    NUMBERED,
    Alpha,
    Depth,
    Name,
    Named,
    Numbered,
    Soft,
    Term,
    Where,
    parse,
    spell,
)

numbers = st.integers(0, 32767)
names = st.one_of(
    st.builds(Name, st.text(min_size=1)),
    st.from_regex(r"[\w.]*[*?][\w.]*", fullmatch=True).map(lambda text: Name(text, pattern=True)),
)
distances = st.floats(0, 1e10)
whats = st.one_of(
    st.builds(Named, st.sampled_from(NAMED), st.lists(names, min_size=1, max_size=3).map(tuple)),
    st.builds(
        Numbered,
        st.sampled_from(NUMBERED),
        st.lists(st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair))), min_size=1, max_size=3).map(
            tuple
        ),
    ),
    st.tuples(distances, distances).map(lambda pair: Depth(min(pair), max(pair))),
    st.builds(Depth, distances),
    st.just(Alpha()),
)
terms = st.builds(Term, st.lists(whats, min_size=1, max_size=3).map(tuple), st.floats(0, 1), st.booleans())
wheres = st.builds(
    lambda first, rest: (first, *rest),
    terms,
    st.lists(st.one_of(terms, st.builds(Soft, st.floats(0, 4096))), max_size=4),
)


@given(wheres)
def test_what_is_spelled_is_read_as_it_was(where: Where) -> None:
    assert parse(spell(where)) == where


@given(st.one_of(st.text(max_size=60), st.text('ab*?-,&()"1. ', max_size=40).map(lambda text: f"object({text}")))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        where = parse(text)
    except SettingError as error:
        assert error.field == "where" and error.allowed
    else:
        assert parse(spell(where)) == where


def test_an_empty_text_is_everywhere() -> None:
    assert parse("") == parse(" , ") == ()


def test_names_may_hold_anything() -> None:
    (term,) = parse('object(Bob\'s hat (2), "Vase, blue", "5* ""hotel""", Column*)')
    assert isinstance(term, Term)
    assert term.whats == (
        Named("object", (Name("Bob's hat (2)"), Name("Vase, blue"), Name('5* "hotel"'), Name("Column*", pattern=True))),
    )


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [("Col*", "Column.001", "My Column"), ("Wing ?", "Wing 3", "Wing 12"), ("*[1]*", "a[1]b", "a1b")],
)
def test_stars_stand_for_letters_and_nothing_else_does(pattern: str, fitting: str, other: str) -> None:
    name = Name(pattern, pattern=True)
    assert name.fits(fitting) and not name.fits(other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Vase", "'Vase' can't be read"),
        ("objekt(Vase)", "there is no objekt(…)"),
        ("object()", "nothing stands between its brackets"),
        ("object(Vase,)", "a name is missing"),
        ('object("Vase)', "the quotes"),
        ("object(Vase) & ", "something is missing"),
        ("index(x)", "'x' is no pass index"),
        ("index(7-3)", "Allowed: 3-7"),
        ("index(99999)", "no pass index is that large"),
        ("depth(5-2)", "Allowed: depth(2-5)"),
        ("depth(5)", "no range of distances"),
        ("2*alpha", "weights from 0 to 1"),
        ("soft(8)", "nothing stands before it"),
        ("alpha, soft(wide)", "'wide' is no number of pixels"),
        ("alpha & soft(2)", "stands alone"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse(text)
    assert caught.value.field == "where" and said in str(caught.value)
