"""Whom a customer's name stands for."""

from __future__ import annotations

from mapping.matching import Found, Nobody, Unsure, by_exact_name

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
