"""The page of style by optimization: its figures are core's."""

from core.images import fit_within
from core.jobs import jobs
from core.style_optimization import Settings, about, optimized, view
from tests.pages.visit import finished, open_page
from ui.photo import _sample


def test_a_visit_has_a_run_of_its_photo_and_settings():
    at = open_page("style_optimization", style_optimization_steps="20", style_optimization_size_px="128")
    assert not at.exception
    job = jobs().find(at.session_state["style_optimization_run"])
    shown = view(_sample("chelsea").preview)
    assert max(shown.shape) <= max(fit_within(shown, 640).shape)
    assert job.about == about(shown, Settings(steps=20, size_px=128), {})


def test_the_table_holds_both_losses():
    at = open_page("style_optimization", style_optimization_steps="10", style_optimization_size_px="128")
    job = finished(at, "style_optimization")
    at.session_state["style_optimization_done"] = job.token
    at.run()
    assert not at.exception
    found = optimized(job)
    table = next(each.value for each in at.markdown if "| Loss |" in each.value)
    assert f"| Loss | {found.loss:.3f} | {found.fast_loss:.3f} |" in table


def test_their_picture_without_one_is_asked_for():
    at = open_page("style_optimization", style_optimization_style="Your picture")
    assert not at.exception
    assert "There is no picture of yours yet" in at.error[0].value
