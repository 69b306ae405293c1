"""Filters over words, against torch's own convolution; and what the vectors know."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.errors import SettingsError
from core.recipes import words as recipe
from core.words import nearest, neighbours, read, respond, vectors, vocabulary

SENTENCE = "the film was very good but the soup was really awful"


def test_a_filter_over_words_is_torchs_conv1d():
    random = np.random.default_rng(0)
    rows, kernel = random.standard_normal((9, 12)), random.standard_normal((3, 12))
    found = respond(["a", "b", "c"], rows, kernel)
    truth = F.conv1d(torch.from_numpy(rows.T.copy())[None], torch.from_numpy(found.kernel.T.copy())[None])[0, 0]
    assert np.allclose(found.values, truth.numpy())
    assert found.best == truth.argmax()


def test_a_phrase_answers_to_itself_with_1_and_to_its_kind_with_more_than_to_strangers():
    good, soup = read(SENTENCE, "very good, bread").responses
    assert good.values[good.best] == pytest.approx(1)
    assert good.best == 3
    assert np.argsort(-good.values)[1] == 9  # "really awful": a degree and a judgement
    assert soup.best == 7
    assert soup.values[soup.best] > 0.7


def test_words_that_are_not_known_are_left_out_and_named():
    found = read("The FILM, was zany!", "film")
    assert found.words == ["the", "film", "was"]
    assert found.unknown == ["zany"]


@pytest.mark.parametrize(
    ("reason", "sentence", "filters"),
    [
        ("no_known_words", "zany zebras 12", "film"),
        ("no_known_words", SENTENCE, " , "),
        ("unknown_word", SENTENCE, "film, zebra"),
        ("phrase_too_long", "the film", "the film was"),
        ("phrase_too_long", SENTENCE, "the film was very good"),
        ("phrase_too_long", "the film " * 13, "film"),
        ("too_many_phrases", SENTENCE, "the, film, was, very, good"),
    ],
)
def test_what_cannot_be_read_has_a_reason(reason, sentence, filters):
    with pytest.raises(SettingsError) as raised:
        read(sentence, filters)
    assert raised.value.reason == reason


def test_neighbours_are_of_the_same_kind_and_language():
    for word, kind in (("dog", "animal"), ("soup", "food"), ("good", "good"), ("cachorro", "animal"), ("ruim", "bad")):
        grammar = recipe.KINDS if word in recipe.KINDS[kind].split() else recipe.PORTUGUESE
        assert neighbours(word, 1)[0][0] in grammar[kind].split()
    assert np.linalg.norm(vectors(), axis=1) == pytest.approx(1, abs=1e-5)
    assert len(vocabulary()) == len(vectors()) == len(set(vocabulary()))


def test_nearest_is_by_angle():
    table = np.array([[1.0, 0.0], [5.0, 0.5], [0.9, 0.9], [-1.0, 0.0]])
    assert [word for word, _ in nearest("a", ["a", "b", "c", "d"], table, 3)] == ["b", "c", "d"]


def test_the_recipes_figures_in_closed_form():
    words = recipe.vocabulary()
    model = recipe.WordVectors(words, 4)
    rows = recipe.pairs([["the", "dog", "is"]], words)
    assert len(rows) == 6
    with torch.no_grad():
        model.middle.zero_()
    assert float(recipe.doubt(model, rows).detach()) == pytest.approx(np.log(len(words)))
    assert recipe.sentences(3, 4) == recipe.sentences(3, 4)
    assert recipe.sentences(3, 4) != recipe.sentences(4, 4)
    known = set(words)
    assert all(word in known for text in recipe.sentences(5, 200) for word in text)
