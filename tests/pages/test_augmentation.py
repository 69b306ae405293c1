"""The page of augmentation: examples, changes of the pipeline, files of strangers."""

import json

import pytest

from core.augmentation import EXAMPLES, Settings, draws, sized, to_json
from tests.pages.visit import open_page


def texts(at) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption])


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_draws(name):
    at = open_page("augmentation")
    at.selectbox(key="augmentation_example").set_value(name).run()
    assert not at.exception
    assert not at.error
    assert at.session_state["augmentation_pipeline"] == EXAMPLES[name].get(
        "pipeline", Settings.model_fields["pipeline"].default
    )


def test_what_cannot_be_read_is_said():
    at = open_page("augmentation", augmentation_pipeline="Nothing at all")
    assert not at.exception
    assert "There is no augmenter “Nothing”" in at.error[0].value


def test_the_script_is_the_settings_own(sample):
    at = open_page("augmentation", augmentation_tab="Code", augmentation_seed="7", augmentation_pipeline="Fliplr p=1")
    assert "SEED = 7" in at.code[0].value
    assert "iaa.Fliplr(p=1.0)" in at.code[0].value


def give(at, data: bytes):
    return at.file_uploader(key="augmentation_file").set_value(("pipeline.json", data, "application/json")).run()


def test_a_file_sets_the_page(sample):
    wanted = Settings(**EXAMPLES["Bad weather"], seed=3, draws=2)
    at = give(open_page("augmentation", augmentation_tab="Files"), to_json(wanted.as_pipeline()).encode())
    assert not at.exception
    assert at.session_state["augmentation_pipeline"] == wanted.pipeline
    assert (at.session_state["augmentation_seed"], at.session_state["augmentation_draws"]) == (3, 2)
    assert len(draws(sized(sample, wanted), wanted)) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not json", "no JSON"),
        (json.dumps({"draws": 1_000_000}).encode(), "draws cannot be “1000000”"),
        (json.dumps({"entries": [{"name": "Lambda"}]}).encode(), "no augmenter “Lambda”"),
    ],
)
def test_a_file_of_a_stranger_gets_a_sentence_and_changes_nothing(data, said):
    at = open_page("augmentation", augmentation_tab="Files")
    before = at.session_state["augmentation_pipeline"]
    give(at, data)
    assert not at.exception
    assert said in at.error[0].value
    assert at.session_state["augmentation_pipeline"] == before
