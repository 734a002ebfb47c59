"""What may be typed as a target, and what is said of what may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.shared.declaration import SettingError
from reverie.shared.target import (
    GUIDINGS,
    STRENGTHS,
    ByStrength,
    Channels,
    Class,
    Direction,
    Guided,
    Layer,
    RandomDirection,
    Target,
    Term,
    parse,
    spell,
)

numbers = st.integers(0, 5000)
weights = st.floats(-1e6, 1e6, allow_nan=False)
names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_./]{0,20}", fullmatch=True)
selections = st.one_of(
    st.none(),
    st.builds(Channels, st.sets(numbers, min_size=1, max_size=20).map(lambda s: tuple(sorted(s))), st.booleans()),
    st.builds(ByStrength, st.sampled_from(STRENGTHS), st.integers(1, 999), st.booleans()),
    st.builds(Direction, st.lists(st.tuples(numbers, weights), min_size=1, max_size=5).map(tuple)),
    st.builds(RandomDirection, st.integers(0, 2**29)),
)
places = st.none() | st.tuples(st.floats(0, 1), st.floats(0, 1))
whats = st.one_of(
    st.builds(Layer, names, selections, places),
    st.builds(Class, st.from_regex(r"[a-z0-9][a-z0-9' -]{0,20}[a-z0-9]", fullmatch=True)),
    st.builds(Guided, st.sampled_from(GUIDINGS), names),
)
targets = st.lists(st.builds(Term, whats, weights), max_size=6).map(tuple)


@given(targets)
def test_what_is_spelled_is_read_as_it_was(target: Target) -> None:
    assert parse(spell(target)) == target


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        target = parse(text)
    except SettingError as error:
        assert error.field == "layers" and error.allowed
    else:
        assert parse(spell(target)) == target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("", ()),
        (" inception4c, ,inception3b ", (Term(Layer("inception4c")), Term(Layer("inception3b")))),
        ("inception_4c/output", (Term(Layer("inception_4c/output")),)),
        ("inception_3b/5x5_reduce", (Term(Layer("inception_3b/5x5_reduce")),)),
        ("layer3.2,features.5/pre", (Term(Layer("layer3.2")), Term(Layer("features.5/pre")))),
        ("2*conv1", (Term(Layer("conv1"), 2.0),)),
        ("- .5 * conv2", (Term(Layer("conv2"), -0.5),)),
        ("-conv2", (Term(Layer("conv2"), -1.0),)),
        ("a[12,40-42, 7]", (Term(Layer("a", Channels((7, 12, 40, 41, 42)))),)),
        ("a[not 3-4], b", (Term(Layer("a", Channels((3, 4), True))), Term(Layer("b")))),
        ("a[strong 8]", (Term(Layer("a", ByStrength("strong", 8))),)),
        ("a[not weak 2]", (Term(Layer("a", ByStrength("weak", 2, True))),)),
        ("a [7] @ .5 : 1", (Term(Layer("a", Channels((7,)), (0.5, 1.0))),)),
        ("a@0.25:0.75", (Term(Layer("a", None, (0.25, 0.75))),)),
        ("a[12*0.7 + 40*-0.3 - 5*2]", (Term(Layer("a", Direction(((12, 0.7), (40, -0.3), (5, -2.0))))),)),
        ("a[random 7]", (Term(Layer("a", RandomDirection(7))),)),
        ("3*class(black-footed ferret)", (Term(Class("black-footed ferret"), 3.0),)),
        ("logit(7)", (Term(Class("7", alone=True)),)),
        ("match(a), style( b ), -statistics(c)",
         (Term(Guided("match", "a")), Term(Guided("style", "b")), Term(Guided("statistics", "c"), -1.0))),
    ],
)  # fmt: skip
def test_people_type_it_like_this(text: str, target: Target) -> None:
    assert parse(text) == target


@pytest.mark.parametrize(
    ("text", "piece", "words"),
    [
        ("a, b[", "b[", "can't be read"),
        ("a[]", "a[]", "names no channels"),
        ("a[x]", "a[x]", "names no channels"),
        ("a[7-3]", "a[7-3]", "backwards"),
        ("a[1 2]", "a[1 2]", "names no channels"),
        ("a[strong 0]", "a[strong 0]", "no channel"),
        ("a[99999999]", "a[99999999]", "no layer has"),
        ("a[0-70000]", "a[0-70000]", "no layer has"),
        ("a[12*]", "a[12*]", "no direction"),
        ("a[1*2 3*4]", "a[1*2 3*4]", "no direction"),
        ("a@0.5:1.5", "a@0.5:1.5", "outside the picture"),
        ("a@0.5", "a@0.5", "can't be read"),
        ("2*", "2*", "can't be read"),
        ("-", "-", "can't be read"),
        ("a*2", "a*2", "can't be read"),
        ("conv1, klass(daisy)", "klass(daisy)", "there is no klass"),
        ("class()", "class()", "nothing stands"),
        ("9999999999*a", "9999999999*a", "too large"),
        ("a]b, c", "a]b", "can't be read"),
    ],
)  # fmt: skip
def test_the_bad_piece_is_pointed_at(text: str, piece: str, words: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse(text)
    assert caught.value.field == "layers"
    assert repr(piece) in caught.value.problem and words in caught.value.problem
