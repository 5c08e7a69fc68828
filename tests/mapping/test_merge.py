"""Who is right when two sides hold different values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mapping.merge import Merge, first_meeting, merge
from mapping.spec import Values

FIELDS = ("name", "email", "phone")
SIDES = st.fixed_dictionaries({field: st.sampled_from(["", "a", "b", "c"]) for field in FIELDS})


def test_nothing_moved_means_nothing_to_do() -> None:
    same = {"email": "a"}
    merged = merge(same, same, same)
    assert merged == Merge(agreed=same)


def test_what_moved_there_is_taken_over_and_what_moved_here_is_to_be_sent() -> None:
    merged = merge({"email": "a", "phone": "1"}, {"email": "a", "phone": "2"}, {"email": "b", "phone": "1"})
    assert (merged.pull, merged.push, merged.conflicts) == ({"email": "b"}, {"phone": "2"}, {})


def test_the_same_edit_on_both_sides_is_agreement() -> None:
    assert not merge({"email": "a"}, {"email": "b"}, {"email": "b"}).conflicts


def test_different_edits_on_both_sides_are_a_conflict() -> None:
    assert merge({"email": "a"}, {"email": "b"}, {"email": "c"}).conflicts == {"email": ("b", "c")}


def test_a_phone_cleared_there_is_cleared_here() -> None:
    assert merge({"phone": "1"}, {"phone": "1"}, {"phone": ""}).pull == {"phone": ""}


@given(SIDES, SIDES, SIDES)
def test_no_edit_is_dropped_silently(base: Values, ours: Values, theirs: Values) -> None:
    merged = merge(base, ours, theirs)
    for field in FIELDS:
        if theirs[field] != base[field] and theirs[field] != ours[field]:
            assert merged.pull.get(field) == theirs[field] or field in merged.conflicts
        if ours[field] != base[field] and theirs[field] != ours[field]:
            assert merged.push.get(field) == ours[field] or field in merged.conflicts


@given(SIDES, SIDES, SIDES)
def test_carrying_out_a_merge_leaves_only_its_conflicts(base: Values, ours: Values, theirs: Values) -> None:
    merged = merge(base, ours, theirs)
    ours_after, theirs_after = {**ours, **merged.pull}, {**theirs, **merged.push}
    assert {field for field in FIELDS if ours_after[field] != theirs_after[field]} == set(merged.conflicts)


@given(SIDES, SIDES)
def test_at_a_first_meeting_quickbooks_is_believed_where_it_says_something(
    ours: Values, theirs: Values
) -> None:
    """CV-38, CV-39."""
    after = {**ours, **first_meeting(ours, theirs).take}
    assert after == {field: theirs[field] or ours[field] for field in FIELDS}
