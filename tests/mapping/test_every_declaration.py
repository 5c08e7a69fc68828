"""What holds of each declaration's own side: found, matched, brought in and steered without a word of whose rows they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from integrations.policy_forms import PolicyForm
from mapping import free
from mapping.entities import ENTITIES
from mapping.matching import Found
from mapping.models import CHANGES, Book, EntityPolicy, RemoteRecord, RunKind
from mapping.policy import DEFAULT, PRESETS, Direction, NewThere, Policy, fits, presets_of
from mapping.policywords import SETTINGS, differences
from mapping.services import drafts, exact, mirroring, policies, runs
from mapping.services.bringing_in import bring_in
from mapping.spec import Entity
from tests.shop import item

KINDS = {**ENTITIES, "item of a shop": item.ENTITY}
OURS = {name: entity for name, entity in KINDS.items() if not entity.is_mirror_only}
of_each_kind = pytest.mark.parametrize("entity", KINDS.values(), ids=KINDS)
of_each_with_rows = pytest.mark.parametrize("entity", OURS.values(), ids=OURS)


@pytest.fixture(autouse=True)
def declared(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    entity: Entity = request.getfixturevalue("entity")
    monkeypatch.setitem(ENTITIES, entity.name, entity)


def ours(entity: Entity, book: Book, *names: str) -> list[int]:
    """Add rows that are tied to nothing."""
    rows = [{**entity.defaults({}), entity.name_field: name} for name in names]
    made = list(entity.local.create(book.firm_id, rows))
    entity.local.mark_linked(made, linked=False)
    return made


def theirs(entity: Entity, book: Book, *names: str) -> list[RemoteRecord]:
    known = RemoteRecord.objects.count()
    payloads: list[dict[str, Any]] = [
        {"Id": str(number), "SyncToken": "0", entity.title: name}
        for number, name in enumerate(names, known + 1)
    ]
    mirroring.store(book, entity, payloads)
    return [RemoteRecord.objects.get(entity=entity.name, name=name) for name in names]


@of_each_kind
def test_its_words_are_all_there(entity: Entity) -> None:
    assert entity.say("{customer}{customers}") == entity.label + entity.plural
    assert bool(entity.local_label and entity.local_plural) is not entity.is_mirror_only


@pytest.mark.django_db
@of_each_kind
def test_without_rows_every_question_has_an_answer(entity: Entity, book: Book) -> None:
    local = entity.local
    assert (dict(local.shown([1])), list(local.suggested("x", limit=5)), local.has_any()) == ({}, [], False)
    assert local.last_touched() is None
    assert not local.keeps(Book)


@pytest.mark.django_db
@of_each_with_rows
def test_its_free_rows_are_found_and_named(entity: Entity, book: Book) -> None:
    one, two = ours(entity, book, "Ann  One", "Bob Two")
    assert entity.local.has_any()
    assert entity.local.last_touched()
    assert free.count(entity) == 2
    assert [row.pk for row in free.named(entity, ["ann one"])] == [one]
    assert {pk: row.name for pk, row in entity.local.shown([one, two]).items()} == {
        one: "Ann  One",
        two: "Bob Two",
    }
    assert [row.pk for row in entity.local.suggested("bob", limit=5)] == [two]
    entity.local.mark_linked([one], linked=True)
    entity.local.withdraw([two])
    assert free.count(entity) == 0
    assert entity.local.shown([two])[two].is_archived
    assert entity.local.page("a-firm", one) == "" or str(one) in entity.local.page("a-firm", one)


@pytest.mark.django_db
@of_each_with_rows
def test_names_that_are_the_only_ones_on_each_side_match(entity: Entity, book: Book) -> None:
    """CV-32."""
    ann, *_ = ours(entity, book, "Ann", "Twin", "twin")
    records = theirs(entity, book, "ANN", "Twin", "Nobody")
    assert list(exact.pairs(book, entity.name)) == [(records[0].pk, ann)]
    known = exact.known(book, entity.name)
    assert (known.unmapped, list(known.pairs)) == (3, [(records[0].pk, ann)])
    said = drafts.matches(entity, records)
    assert [isinstance(said[record.pk], Found) for record in records] == [True, False, False]


@pytest.mark.django_db
@of_each_with_rows
def test_new_ones_come_in_and_who_looks_like_ours_waits(entity: Entity, book: Book) -> None:
    """KP-6."""
    stored = EntityPolicy(firm_id=book.firm_id, book=book, entity=entity.name)
    stored.take(Policy(direction=Direction.BOTH, new_there=NewThere.CREATE))
    stored.save()
    ours(entity, book, "Ann")
    ann, new = theirs(entity, book, "Ann", "New")
    run = runs.start_run(book, RunKind.REFRESH, CHANGES, by=None)
    with transaction.atomic():
        assert bring_in(run, entity, [ann.pk, new.pk]) == [new.pk]
    assert policies.forecast(book, entity.name, DEFAULT).unmapped_here == 1


@of_each_with_rows
def test_its_ways_of_working_make_sense_for_it(entity: Entity) -> None:
    offered = presets_of(entity)
    assert {"two_way", "new_only", "push_ours"} <= offered.keys()
    for preset in offered.values():
        assert policies.contradictions(entity, preset.policy) == {}
        assert policies.tidy(entity, preset.policy) == preset.policy
        assert policies.preset_of(entity, preset.policy) == preset
        assert "{" not in entity.say(preset.says)
        assert all("{" not in one.field + one.after for one in differences(entity, DEFAULT, preset.policy))
    for name in PRESETS.keys() - offered.keys():
        with pytest.raises(policies.Unfit):
            policies.named(entity, name)


@of_each_with_rows
def test_its_settings_speak_of_it_and_offer_nothing_it_cannot_follow(entity: Entity) -> None:
    form = PolicyForm(entity, DEFAULT)
    assert entity.plural in str(form["updates"].label_tag()) + str(form["updates"])
    for setting in SETTINGS.keys() & form.fields.keys() - {"needs_email"}:
        field: Any = form.fields[setting]
        assert all("{" not in str(words) for _, words in field.choices)
    assert ("needs_email" in form.fields) is (entity.email_field is not None)
    assert fits(entity, Policy(needs_email=True)) is (entity.email_field is not None)
