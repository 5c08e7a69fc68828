"""The query language itself, without a server."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_simulator.faults import Fault
from qbo_simulator.query.grammar import Condition, Order, Today, parse

PLAIN = "SELECT * FROM Customer"


def refusal(statement: str) -> Fault:
    with pytest.raises(Fault) as caught:
        parse(statement)
    return caught.value


def test_keywords_may_be_written_in_any_case() -> None:
    query = parse("select * from customer where Active = true orderby Id desc startposition 3 maxresults 7")
    assert (query.entity, query.start, query.rows) == ("customer", 3, 7)
    assert query.conditions == (Condition("Active", "=", (True,)),)
    assert query.orders == (Order("Id", descending=True),)


@pytest.mark.parametrize("words", ["ORDERBY", "ORDER BY", "order  by", "Order\nBy"])
def test_order_by_is_one_word_or_two(words: str) -> None:
    query = parse(f"{PLAIN} {words} FamilyName, GivenName DESC")
    assert query.orders == (Order("FamilyName"), Order("GivenName", descending=True))


def test_a_page_without_a_size_has_a_hundred_rows_and_no_page_more_than_a_thousand() -> None:
    assert parse(PLAIN).rows == 100
    assert parse(f"{PLAIN} MAXRESULTS 5000").rows == 1000


def test_counting_and_columns() -> None:
    assert parse("SELECT COUNT(*) FROM Item").counting
    assert parse("select count ( * ) from Item").counting
    assert parse("SELECT Id, MetaData.CreateTime FROM Item").columns == ("Id", "MetaData.CreateTime")
    with_sku = parse("SELECT *, Sku FROM Item")
    assert with_sku.everything
    assert with_sku.columns == ("Sku",)


def test_values_may_be_texts_numbers_booleans_and_today() -> None:
    query = parse(f"{PLAIN} WHERE A = 'x' AND B < -1.50 AND C IN (true, false) AND D >= CURRENT_DATE")
    assert [c.values for c in query.conditions] == [
        ("x",),
        (Decimal("-1.50"),),
        (True, False),
        (Today(),),
    ]


def test_an_apostrophe_is_escaped_by_a_backslash_and_not_by_doubling() -> None:
    assert parse(rf"{PLAIN} WHERE DisplayName = 'O\'Brien'").conditions[0].values == ("O'Brien",)
    assert refusal(f"{PLAIN} WHERE DisplayName = 'O''Brien'").code == "4000"


def test_a_condition_may_stand_in_parentheses() -> None:
    query = parse(f"{PLAIN} WHERE (Active = true) AND ((Id = '1'))")
    assert len(query.conditions) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "SELECT",
        "SELECT * FROM",
        "DELETE FROM Customer",
        "SELECT * Customer",
        f"{PLAIN} WHERE",
        f"{PLAIN} WHERE Active",
        f"{PLAIN} WHERE Active != true",
        f"{PLAIN} WHERE Active = true OR Id = '1'",
        f"{PLAIN} WHERE NOT Active = true",
        f"{PLAIN} WHERE Id IN ()",
        f"{PLAIN} WHERE DisplayName = 'open",
        f'{PLAIN} WHERE DisplayName = "double"',
        f"{PLAIN} WHERE DisplayName = \u2018typographic\u2019",
        f"{PLAIN}; DROP TABLE objects",
        f"{PLAIN} MAXRESULTS ten",
        f"{PLAIN} MAXRESULTS 10 MAXRESULTS 20",
        f"{PLAIN} GROUP BY Active",
    ],
)
def test_what_is_not_in_the_grammar_is_refused_as_unparsable(statement: str) -> None:
    fault = refusal(statement)
    assert fault.code == "4000"
    assert fault.complaints[0].kind.message == "Error parsing query"
    assert fault.complaints[0].detail.startswith("QueryParserError: ")


def test_the_refusal_tells_the_place() -> None:
    assert 'Encountered " <IDENTIFIER> "Or "" at line 1, column 44.' in str(
        refusal(f"{PLAIN} WHERE Active = true Or Id = '1'")
    )
    assert "Lexical error at line 2, column 11." in str(refusal("SELECT *\nFROM Item ;"))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(texts)
def test_any_text_can_be_asked_for(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    assert parse(f"{PLAIN} WHERE DisplayName = '{escaped}'").conditions[0].values == (text,)


@given(st.lists(texts, min_size=1, max_size=5), st.integers(1, 10**6), st.integers(0, 1000))
def test_lists_and_pages_are_read_back_as_written(names: list[str], start: int, rows: int) -> None:
    listed = ",".join("'" + n.replace("\\", "\\\\").replace("'", "\\'") + "'" for n in names)
    query = parse(f"{PLAIN} WHERE DisplayName IN ({listed}) STARTPOSITION {start} MAXRESULTS {rows}")
    assert query.conditions[0].values == tuple(names)
    assert (query.start, query.rows) == (start, rows)


FRAGMENTS = (
    "SELECT * FROM Customer WHERE Active = true AND ( ) , IN LIKE 'x' 12 ORDERBY ORDER BY DESC "
    "STARTPOSITION MAXRESULTS COUNT(*) ' \\ ; -- < >= CURRENT_DATE MetaData.CreateTime"
)
fragments = st.sampled_from(FRAGMENTS.split())


@given(st.one_of(texts, st.lists(fragments, max_size=25).map(" ".join)))
def test_any_statement_is_either_read_or_refused_with_a_code(statement: str) -> None:
    try:
        parse(statement)
    except Fault as refused:
        code = refused.code
    else:
        code = "read"
    assert code in ("read", "4000", "4001")
