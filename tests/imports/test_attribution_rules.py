"""The rule file: which rule fits, and what a mistake in it is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.errors import UnreadableFile
from ingest.imports.attribution_rules import AttributionRules, default_rules_path, load_rules
from ingest.settings import Home


def rules_of(folder: Path, text: str) -> AttributionRules:
    path = folder / "attribution.toml"
    path.write_text(text, encoding="utf-8")
    return load_rules(path)


def ebook_of(
    rules: AttributionRules,
    *,
    model: str = "google/gemini-2.5-flash-image",
    app_name: str | None = "Colouring studio",
    api_key_name: str | None = "press",
    started_at: datetime = datetime(2026, 4, 15, 12, tzinfo=UTC),
) -> str | None:
    return rules.purpose_of(
        model=model, app_name=app_name, api_key_name=api_key_name, started_at=started_at
    ).ebook_id


def test_the_first_rule_that_fits_wins(tmp_path: Path) -> None:
    rules = rules_of(
        tmp_path,
        '[[rule]]\nmodel = "google/*"\nebook_id = "first"\n[[rule]]\nebook_id = "rest"\n',
    )
    assert ebook_of(rules) == "first"
    assert ebook_of(rules, model="openai/gpt-5-nano") == "rest"


def test_all_conditions_of_a_rule_must_hold(tmp_path: Path) -> None:
    rules = rules_of(
        tmp_path, '[[rule]]\napp_name = "Col*"\napi_key_name = "pr?ss"\nebook_id = "forest"\n'
    )
    assert ebook_of(rules) == "forest"
    assert ebook_of(rules, api_key_name="shop") is None
    assert ebook_of(rules, app_name="colouring studio") is None


def test_a_call_without_an_app_has_the_empty_name(tmp_path: Path) -> None:
    rules = rules_of(
        tmp_path,
        '[[rule]]\napp_name = ""\nebook_id = "nameless"\n[[rule]]\napp_name = "*"\nstage = "any"\n',
    )
    assert ebook_of(rules, app_name=None) == "nameless"
    assert ebook_of(rules) is None


@pytest.mark.parametrize(
    ("bounds", "started_at", "fits"),
    [
        ("from = 2026-04-15", datetime(2026, 4, 15, tzinfo=UTC), True),
        ("from = 2026-04-15", datetime(2026, 4, 14, 23, 59, 59, tzinfo=UTC), False),
        ("until = 2026-04-15", datetime(2026, 4, 15, tzinfo=UTC), False),
        ("until = 2026-04-15", datetime(2026, 4, 14, 23, 59, 59, tzinfo=UTC), True),
        ("from = 2026-04-15T10:00:00+02:00", datetime(2026, 4, 15, 8, tzinfo=UTC), True),
        ("from = 2026-04-15T10:00:00", datetime(2026, 4, 15, 8, tzinfo=UTC), False),
    ],
)
def test_a_range_of_time_holds_its_first_instant_and_not_its_last(
    tmp_path: Path, bounds: str, started_at: datetime, fits: bool
) -> None:
    rules = rules_of(tmp_path, f'[[rule]]\n{bounds}\nebook_id = "forest"\n')
    assert ebook_of(rules, started_at=started_at) == ("forest" if fits else None)


def test_a_rule_may_say_stage_and_labels_and_no_ebook(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, '[[rule]]\nstage = "cover"\n[rule.labels]\nseries = "Woods"\n')
    purpose = rules.purpose_of(
        model="x", app_name=None, api_key_name=None, started_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert (purpose.ebook_id, purpose.stage, dict(purpose.labels)) == (
        None,
        "cover",
        {"series": "Woods"},
    )


GOOD = '[[rule]]\nebook_id = "forest"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + '[[rule]]\nebok_id = "x"\n', "rule 2, ebok_id: unknown key; a rule knows app_name"),
        ('[[rule]]\nebook_id = "unattributed"\n', "rule 1, ebook_id: 'unattributed' is the bucket"),
        (
            '[[rule]]\nebook_ids = ["x", "untracked"]\n',
            "rule 1, ebook_ids: 'untracked' is the line",
        ),
        (
            '[[rule]]\nebook_ids = ["x", "x"]\n',
            "rule 1, ebook_ids: name several; one is an ebook_id",
        ),
        ('[[rule]]\nebook_ids = "x"\n', "rule 1, ebook_ids: Input should be a valid frozenset"),
        (GOOD + 'ebook_ids = ["x", "y"]\n', "rule 1: give either ebook_id or ebook_ids, not both"),
        ("[[rule]]\nebook_id = 7\n", "rule 1, ebook_id: Input should be a valid string"),
        ('[[rule]]\nmodel = "x"\n', "rule 1: it says nothing: give ebook_id, ebook_ids, stage or"),
        (GOOD + 'from = "2026-04-01"\n', "rule 1, from: write a day or an instant without quotes"),
        (GOOD + "from = 2026-05-01\nuntil = 2026-04-01\n", "rule 1: `from` is not before `until`"),
        (GOOD + "from = 0001-01-01T00:00:00+14:00\n", "rule 1, from: is not in the calendar"),
        (GOOD + "from = 10:00:00\n", "rule 1, from: write a day or an instant"),
        (GOOD + "[rule.labels]\nseries = 1\n", "rule 1, labels.series: Input should be"),
        (GOOD + '[rule.labels]\nuser = "x"\n', "rule 1, labels: user come from the export"),
        ('[rule]\nebook_id = "x"\n', "rule is unknown; write each rule as [[rule]]"),
        ('[[rules]]\nebook_id = "x"\n', "rules is unknown; write each rule as [[rule]]"),
        ("rule = [1]\n", "rule 1: Input should be a valid dictionary"),
        ("[[rule]\n", "attribution.toml is not TOML"),
    ],
)
def test_a_mistake_is_told_by_rule_and_key(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        rules_of(tmp_path, text)
    assert sentence in str(refusal.value)


def test_no_file_means_no_rules(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert default_rules_path(home) is None
    assert not load_rules(None)


def test_a_rule_file_in_the_home_is_found(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, GOOD)
    assert default_rules_path(Home(tmp_path)) == tmp_path / "attribution.toml"
    assert ebook_of(rules) == "forest"


def test_a_rule_file_that_is_named_and_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read: No such file"):
        load_rules(tmp_path / "attribution.toml")
