"""Errors go from process to process."""

import pickle

import pytest

from core import meters
from core.errors import CamadasError, ImageRejected, JobError, SettingsError


@pytest.mark.parametrize(
    "error",
    [
        JobError("full", n=3),
        SettingsError("variable", argument="A", value="b", rule="c"),
        ImageRejected("file_too_large", size_mb=31.4, limit_mb=20),
    ],
)
def test_an_error_comes_out_as_it_went_in(error):
    other = pickle.loads(pickle.dumps(error))
    assert isinstance(other, CamadasError)
    assert (type(other), other.reason, other.details, str(other)) == (
        type(error),
        error.reason,
        error.details,
        str(error),
    )


def test_what_was_counted_in_one_process_is_not_counted_again_in_another():
    error = ImageRejected("empty")
    counter = meters.REJECTED.labels("ImageRejected.empty")
    before = counter._value.get()
    pickle.loads(pickle.dumps(error))
    assert counter._value.get() == before
