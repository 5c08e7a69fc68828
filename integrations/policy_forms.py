"""What people send from Sync settings, read and refused in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from integrations.models import Schedule
from mapping.policy import Direction, FieldRule, NewHere, NewThere, Policy, Trigger, Updates, Winner
from mapping.policywords import CHOICES, SETTINGS, choices
from mapping.spec import Entity, Flow

if TYPE_CHECKING:
    ScheduleForm = forms.ModelForm[Schedule]
else:
    ScheduleForm = forms.ModelForm

LIKE_THE_REST = ("", "Like the rest")
_ONE_WAY = {Flow.PULL: (Direction.OFF, Direction.PULL), Flow.PUSH: (Direction.OFF, Direction.PUSH)}


def _choices(entity: Entity, setting: str) -> list[tuple[str, str]]:
    return [(value.value, words) for value, words in choices(entity, setting).items()]


class PolicyForm(forms.Form):
    """One kind of record: what holds for all of it, and where single fields differ."""

    direction = forms.ChoiceField()
    updates = forms.ChoiceField()
    conflict = forms.ChoiceField()
    new_there = forms.ChoiceField()
    new_here = forms.ChoiceField()
    needs_email = forms.BooleanField(
        help_text="They are kept out of the sync in both directions, and said to be.",
        required=False,
    )

    def __init__(self, entity: Entity, policy: Policy, data: Any = None, *, is_open: bool = True) -> None:
        self.entity, self.policy = entity, policy
        super().__init__(data, initial=_initial(entity, policy))
        self._call_by_its_words()
        for field in entity.fields:
            ways = _ONE_WAY.get(field.flow)
            directions = [
                (value, words)
                for value, words in _choices(entity, "direction")
                if not ways or Direction(value) in ways
            ]
            for what, offered in (("direction", directions), ("conflict", _choices(entity, "conflict"))):
                # Named for the screen reader: the table's headings are far away.
                label = f"{field.label}: {'which way it travels' if what == 'direction' else 'where both changed'}"
                self.fields[f"{what}-{field.local}"] = forms.ChoiceField(
                    label=label,
                    choices=[LIKE_THE_REST, *offered],
                    required=False,
                    widget=forms.Select(attrs={"aria-label": label}),
                )
        for each in self.fields.values():
            each.disabled = not is_open

    def _call_by_its_words(self) -> None:
        """Speak of the kind of record that it is, and offer what makes sense for it."""
        for setting in CHOICES:
            self.fields[setting] = forms.ChoiceField(
                label=self.entity.say(SETTINGS[setting]), choices=_choices(self.entity, setting)
            )
        if self.entity.email_field is None:
            del self.fields["needs_email"]
        else:
            self.fields["needs_email"].label = self.entity.say(
                "Leave {customers} without an e-mail address alone"
            )

    @property
    def rows(self) -> list[tuple[str, Any, Any]]:
        """(field's name, direction, conflict) for the table."""
        return [
            (field.label, self[f"direction-{field.local}"], self[f"conflict-{field.local}"])
            for field in self.entity.fields
        ]

    @property
    def own_fields(self) -> list[str]:
        """Names of the fields that differ from the rest."""
        return sorted(self.policy.fields)

    def chosen(self) -> Policy:
        """Return the policy as it is to be; what looks when stays as it is."""
        data = self.cleaned_data
        direction, conflict = Direction(data["direction"]), Winner(data["conflict"])
        return Policy(
            direction=direction,
            updates=Updates(data["updates"]),
            conflict=conflict,
            new_there=NewThere(data["new_there"]),
            new_here=NewHere(data["new_here"]),
            needs_email=data.get("needs_email", False),
            triggers=self.policy.triggers,
            fields={
                field.local: FieldRule(
                    Direction(data[f"direction-{field.local}"] or direction),
                    Winner(data[f"conflict-{field.local}"] or conflict),
                )
                for field in self.entity.fields
            },
        )


def _initial(entity: Entity, policy: Policy) -> dict[str, Any]:
    initial: dict[str, Any] = {setting: getattr(policy, setting).value for setting in CHOICES} | {
        "needs_email": policy.needs_email
    }
    for name, rule in policy.fields.items():
        if rule.direction is not policy.direction:
            initial[f"direction-{name}"] = rule.direction.value
        if rule.conflict is not policy.conflict:
            initial[f"conflict-{name}"] = rule.conflict.value
    return initial


def _o_clock(hour: int) -> str:
    return f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}"


DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class WhenForm(ScheduleForm):
    """When QuickBooks is looked at without anybody asking: the policy's triggers and the firm's hours."""

    webhook = forms.BooleanField(
        label="When QuickBooks announces a change",
        help_text="Usually within seconds of it.",
        required=False,
    )
    view = forms.BooleanField(
        help_text="The page shows at once and brings itself up to date.",
        required=False,
    )
    night_hour = forms.TypedChoiceField(
        label="Hour of the night", choices=[(hour, _o_clock(hour)) for hour in range(24)], coerce=int
    )
    week_day = forms.TypedChoiceField(label="Day of the week", choices=list(enumerate(DAYS)), coerce=int)
    stale_after_min = forms.IntegerField(
        label="If what is known is older than", min_value=1, max_value=1440, help_text="Minutes."
    )

    class Meta:
        model = Schedule
        fields = ("is_nightly", "night_hour", "is_weekly", "week_day", "stale_after_min")
        labels = {"is_nightly": "Every night", "is_weekly": "Every week, everything"}
        help_texts = {
            "is_nightly": "Reads what has changed, at a moment of its own within the hour.",
            "is_weekly": "In that night’s place: counts and compares all records. If changes had been missed, Partners and Admins get a mail that names them.",
        }

    def __init__(
        self, schedule: Schedule, entity: Entity, policy: Policy, data: Any = None, *, is_open: bool = True
    ) -> None:
        initial = {
            "is_nightly": schedule.is_nightly and Trigger.NIGHTLY in policy.triggers,
            "webhook": Trigger.WEBHOOK in policy.triggers,
            "view": Trigger.VIEW in policy.triggers,
            "stale_after_min": schedule.stale_after_min or 15,
        }
        super().__init__(data, instance=schedule, initial=initial)
        self.fields["view"].label = entity.say("When somebody opens {clients} or Manage")
        for each in self.fields.values():
            each.disabled = not is_open

    def triggers(self) -> frozenset[Trigger]:
        data = self.cleaned_data
        wanted = {
            Trigger.NIGHTLY: data["is_nightly"],
            Trigger.WEBHOOK: data["webhook"],
            Trigger.VIEW: data["view"],
        }
        return frozenset(trigger for trigger, is_wanted in wanted.items() if is_wanted)
