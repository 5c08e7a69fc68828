"""Whom a customer's name stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.matching import Found, Nobody, Unsure, alike, by_exact_name, reasons, turned

COOL = Found(7, "Cool Cars")


def test_one_of_each_is_a_match() -> None:
    """CV-32."""
    assert by_exact_name("cool  cars ", ours=[COOL], rivals=1) == COOL


def test_nobody_of_that_name_is_nobody() -> None:
    assert by_exact_name("Cool Cars", ours=[], rivals=1) == Nobody()


def test_two_clients_of_one_name_are_a_question() -> None:
    twins = [COOL, Found(8, "Cool Cars")]
    assert by_exact_name("Cool Cars", ours=twins, rivals=1) == Unsure(tuple(twins), 1)


def test_two_customers_of_one_name_are_a_question() -> None:
    assert isinstance(by_exact_name("Cool Cars", ours=[COOL], rivals=2), Unsure)


def test_an_accent_makes_it_a_question() -> None:
    assert isinstance(by_exact_name("Jose", ours=[Found(1, "José")], rivals=1), Unsure)


@pytest.mark.parametrize(
    ("one", "other", "percent"),
    [
        ("Amy's Bird Sanctuary", "AMYS BIRD SANCTUARY", 100),
        ("Whelan, Kate", "Kate Whelan", 100),
        ("Cool Cars", "Cool Cars, LLC", 100),
        ("José Núñez", "Jose Nunez", 100),
        ("Inc.", "Ltd.", 0),
        ("Kookies by Kathy", "Cookies by Kathy", 94),
        ("Cool Cars", "Rago Travel", 30),
        ("", "", 0),
    ],
)
def test_likeness_is_told_in_per_cent(one: str, other: str, percent: int) -> None:
    """B-2: case, accents, punctuation, the order of words and what companies end in aside."""
    assert alike(one, other) == percent


@given(one=st.text(max_size=40), other=st.text(max_size=40))
def test_likeness_is_mutual_and_within_bounds(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 100


def test_what_is_alike_is_said_and_what_is_not_is_left_out() -> None:
    def said(name: str) -> list[str]:
        theirs = {"name": "Kookies by Kathy", "email": "", "city": ""}
        return reasons(theirs, {"name": name, "email": "", "city": ""})

    assert said("kookies  by kathy") == ["same name"]
    assert said("Kathy: Kookies by") == ["nearly the same name"]
    assert said("Cookies by Kathy") == ["name 94 % alike"]
    assert said("Rago Travel") == []


def test_a_name_is_looked_for_under_each_of_its_words() -> None:
    assert turned("kate ann whelan") == ["kate ann whelan", "ann whelan kate", "whelan kate ann"]
    assert turned("a b c d e") == ["a b c d e", "b c d e a", "c d e a b", "e a b c d"]
    assert turned("cher") == ["cher"]
    assert turned("") == [""]
