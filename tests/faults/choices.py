"""What histories are made of: who edits what, which way of working holds, and what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import strategies as st

from mapping.policy import Direction, FieldRule, NewHere, NewThere, Policy, Winner
from tests.faults.sides import FIELDS

NAMES = ("Amy", "Bo", " Cy  Dee ", "Éva", "O'Brien", "Bo:Jo")
VALUES: Mapping[str, tuple[str, ...]] = {
    "name": NAMES,
    "email": ("a@b.co", "c@d.co", "a@b.co, c@d.co", ""),
    "phone": ("1", "2", " 3 ", ""),
    "address_2": ("a", "b", "a\n\nb", "a\nb\nc\nd\ne", ""),
}
TEXTS = ("x", "y", " z ", "x  y", "")

WHICH = st.integers(0, 11)
EDIT = st.sampled_from(FIELDS).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(VALUES.get(name, TEXTS)))
)
FAULT = st.tuples(
    st.sampled_from(["429", "429_json", "500", "502", "503", "cut", "cut", "500", "hang"]),
    st.sampled_from(["before", "after"]),
    st.integers(1, 4),
)
Fault = tuple[str, str, int]
Meanwhile = tuple[str, int, tuple[str, str]]
Trouble = tuple[str, int, Fault, Meanwhile]
TROUBLE = st.tuples(
    st.sampled_from(
        [
            "none",
            *("faults", "faults", "meanwhile", "meanwhile"),
            *("dies at a statement", "dies at a statement", "dies before a call", "dies after a call"),
        ]
    ),
    st.integers(1, 80),
    FAULT,
    st.tuples(st.sampled_from(["here", "there"]), WHICH, EDIT),
)
DEEDS_HERE = (
    *("adds", "takes a name", "archives or restores"),
    *("excludes or includes", "maps", "maps", "pauses or resumes"),
)
SPANS = (timedelta(seconds=1), timedelta(minutes=6), timedelta(hours=2), timedelta(days=31))
POLICIES = st.builds(
    Policy,
    direction=st.just(Direction.BOTH),
    conflict=st.sampled_from(Winner),
    new_there=st.sampled_from([NewThere.WAIT, NewThere.CREATE]),
    new_here=st.sampled_from([NewHere.WAIT, NewHere.CREATE]),
    fields=st.dictionaries(
        st.sampled_from(["phone", "city", "zip"]),
        st.builds(
            FieldRule,
            st.sampled_from([Direction.BOTH, Direction.PULL, Direction.PUSH]),
            st.sampled_from(Winner),
        ),
        max_size=2,
    ),
)
